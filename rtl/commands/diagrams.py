"""The subcommand `diagrams`: pictures of the core, from its netlist and from a simulation."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.terminal import messages, print_result


def diagrams(
    folder: Annotated[Path, typer.Option(help="Where the pictures go.")] = Path("docs/pictures"),
) -> None:
    """Draw the core: a block diagram from its netlist, timing diagrams from a simulation."""
    from bicall.rtl.diagrams import block_diagram, timing_diagram
    from bicall.rtl.synth.figures import save

    drawn = {"rtl_block": block_diagram.draw, "rtl_row_update": timing_diagram.row_update,
             "rtl_barrier": timing_diagram.barrier}  # fmt: skip
    for name, draw in drawn.items():
        path = folder / f"{name}.svg"
        with messages.status(f"drawing {path.name}"):
            save(draw(), path)
        print_result({}, [str(path)], as_json=False)
