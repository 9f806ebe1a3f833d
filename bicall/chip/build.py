"""The Verilog of a planned chip in a folder, with what `bicall map` writes beside it."""

import shutil
from pathlib import Path

from bicall.chip.plan import Planned
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.files import write_text
from bicall.mapping.configuration.writer import write_configuration
from bicall.rtl.driver import simulator
from bicall.rtl.driver.chip_top import TOP, modules_of, verilog


def build_chip(planned: Planned, folder: Path) -> list[str]:
    """Write all Verilog files of a chip and its configuration; the top module last.

    Returns:
        the names of the Verilog files.

    Raises:
        BadInput: the folder cannot be written to.
    """
    paths = [*sorted(simulator.ROOM.glob("*.vh")), *modules_of(planned.chip)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            shutil.copy(path, folder / path.name)
        configuration = folder / "configuration"
        configuration.mkdir(exist_ok=True)
    except OSError as error:
        raise BadInput(f"folder {folder}: {error.strerror}") from None
    write_configuration(planned.network, planned.configuration, configuration)
    write_text(folder / f"{TOP}.v", verilog(planned.chip))
    return [*(path.name for path in paths), f"{TOP}.v"]
