"""The bistable calcium learning rule, from equations to silicon.

What is named here is the public interface. It is loaded when it is first used: `import bicall` alone reads and writes
nothing, and what needs an extra is looked for only then.

Every function raises `BadInput`, a ValueError of one line that names the field, the value and the limit, where its
input cannot be used. Nothing is printed; `reported_by` shows how far long work is.
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.2.0"

# module below `bicall`: what is public of it, under its own name or another
_WHERE = {
    "backends": {"run": "run"},
    "emulator.data.load": {"load_data": "load"},
    "emulator.data.mnist": {"load_digits": "load"},
    "emulator.data.samples": {"Data": "Data", "Split": "Split"},
    "emulator.digits.classifier": {"Classifier": "Classifier"},
    "emulator.digits.comparison": {"compare": "compare"},
    "emulator.digits.training": {"evaluate": "evaluate", "train": "train"},
    "emulator.network.network": {"Network": "Network"},
    "emulator.network.network_file": {"load_network": "load", "save_network": "save"},
    "emulator.network.rates": {"measure_rates": "measure_rates"},
    "emulator.network.recording": {"PopulationRecorder": "PopulationRecorder"},
    "emulator.network.state": {"RunState": "RunState"},
    "emulator.configuration.description": {
        "Description": "Description",
        "configurations": "names",
        "load_description": "load",
    },
    "emulator.rule.description": {"Rule": "Rule", "load_rule": "load_rule", "with_values": "with_values"},
    "emulator.rule.recording": {
        "Difference": "Difference",
        "Recorder": "Recorder",
        "Recording": "Recording",
        "diff": "compare",
    },
    "emulator.rule.state": {"LayerState": "LayerState", "SpikeTrain": "SpikeTrain"},
    "emulator.support.errors": {"BadInput": "BadInput"},
    "emulator.support.reporting": {"Reporter": "Reporter", "reported_by": "reported_by"},
    "lava_procs.compare.check": {"check_in_lava": "compare_network"},
    "mapping.chips.chip": {"Chip": "Chip", "chips": "names", "load_chip": "load", "with_chip_values": "with_values"},
    "mapping.machine.backend": {"OnChip": "OnChip"},
    "mapping.mapper.mapper": {"Mapping": "Mapping", "map_network": "map_network"},
    "rtl.verify.cosim": {"check_in_verilog": "check_synapse"},
    "rtl.verify.lockstep": {"check_core_in_verilog": "check_core"},
}
_MODULE_OF = {name: (module, own) for module, names in _WHERE.items() for name, own in names.items()}

__all__ = [
    "__version__",
    "BadInput",
    "Chip",
    "Classifier",
    "Data",
    "Description",
    "Difference",
    "LayerState",
    "Mapping",
    "Network",
    "PopulationRecorder",
    "RunState",
    "OnChip",
    "Recorder",
    "Recording",
    "Reporter",
    "Rule",
    "SpikeTrain",
    "Split",
    "check_core_in_verilog",
    "check_in_lava",
    "check_in_verilog",
    "chips",
    "compare",
    "configurations",
    "diff",
    "evaluate",
    "load_chip",
    "load_data",
    "load_description",
    "load_digits",
    "load_network",
    "load_rule",
    "map_network",
    "measure_rates",
    "reported_by",
    "run",
    "save_network",
    "train",
    "with_chip_values",
    "with_values",
]

if TYPE_CHECKING:  # the same for type checkers and editors; a test holds both together
    from bicall.backends import run
    from bicall.emulator.configuration.description import Description
    from bicall.emulator.configuration.description import load as load_description
    from bicall.emulator.configuration.description import names as configurations
    from bicall.emulator.data.load import load as load_data
    from bicall.emulator.data.mnist import load as load_digits
    from bicall.emulator.data.samples import Data, Split
    from bicall.emulator.digits.classifier import Classifier
    from bicall.emulator.digits.comparison import compare
    from bicall.emulator.digits.training import evaluate, train
    from bicall.emulator.network.network import Network
    from bicall.emulator.network.network_file import load as load_network
    from bicall.emulator.network.network_file import save as save_network
    from bicall.emulator.network.rates import measure_rates
    from bicall.emulator.network.recording import PopulationRecorder
    from bicall.emulator.network.state import RunState
    from bicall.emulator.rule.description import Rule, load_rule, with_values
    from bicall.emulator.rule.recording import Difference, Recorder, Recording
    from bicall.emulator.rule.recording import compare as diff
    from bicall.emulator.rule.state import LayerState, SpikeTrain
    from bicall.emulator.support.errors import BadInput
    from bicall.emulator.support.reporting import Reporter, reported_by
    from bicall.lava_procs.compare.check import compare_network as check_in_lava
    from bicall.mapping.chips.chip import Chip
    from bicall.mapping.chips.chip import load as load_chip
    from bicall.mapping.chips.chip import names as chips
    from bicall.mapping.chips.chip import with_values as with_chip_values
    from bicall.mapping.machine.backend import OnChip
    from bicall.mapping.mapper.mapper import Mapping, map_network
    from bicall.rtl.verify.cosim import check_synapse as check_in_verilog
    from bicall.rtl.verify.lockstep import check_core as check_core_in_verilog


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'bicall' has no attribute {name!r}")
    module, own = _MODULE_OF[name]
    try:
        found = getattr(importlib.import_module(f"bicall.{module}"), own)
    except ModuleNotFoundError as error:
        from bicall.emulator.support.extras import missing

        raise (missing(error.name) or error) from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
