"""The command `bicall`: joins the subcommands of the rooms; bad input ends in one line and exit code 2."""

import sys

import typer

from emulator.commands import app as emulator_app
from emulator.errors import BadInput
from emulator.terminal import messages
from lava_procs.commands import app as lava_app
from mapping.commands import app as mapping_app
from rtl.commands import app as rtl_app

app = typer.Typer(
    help="The bistable calcium learning rule, from equations to silicon.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for room in (emulator_app, rtl_app, mapping_app):
    app.add_typer(room)
app.add_typer(lava_app, name="lava")


def main() -> None:
    """Entry point: bad input and interruption end with a line, not with a traceback."""
    try:
        app()
    except BadInput as error:
        messages.print(f"bicall: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        messages.print("bicall: interrupted")
        sys.exit(130)
