"""The command `bicall`: joins the subcommands of the rooms; bad input ends in one line and exit code 2."""

import sys
from typing import Any

import typer

from bicall.chip.commands import app as chip_app
from bicall.demo.commands import app as demo_app
from bicall.emulator.commands.app import app as emulator_app
from bicall.emulator.commands.bench import app as emulator_bench
from bicall.emulator.commands.bench_schemes import app as schemes_bench
from bicall.emulator.commands.scale import app as scale_app
from bicall.emulator.commands.schemes import app as schemes_app
from bicall.emulator.support.errors import BadInput, Interrupted
from bicall.emulator.support.extras import missing
from bicall.emulator.support.reporting import reported_by
from bicall.emulator.support.terminal import Terminal, messages
from bicall.fitting.commands import app as fit_app
from bicall.generate import app as generate_app
from bicall.lava_procs.commands import app as lava_app
from bicall.mapped_cosim import app as mapped_cosim_app
from bicall.mapping.commands.app import app as mapping_app
from bicall.mapping.commands.bench import app as mapping_bench
from bicall.rtl.commands.app import app as rtl_app

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for room in (fit_app, demo_app, emulator_app, rtl_app, mapping_app, generate_app, mapped_cosim_app):
    app.add_typer(room)
app.add_typer(lava_app, name="lava")
app.add_typer(schemes_app, name="schemes")
app.add_typer(chip_app, name="chip")
app.add_typer(scale_app, name="scale")
bench = typer.Typer(
    help="Measurements: time, memory and cost, beside peers where they are installed.", no_args_is_help=True
)
for room in (emulator_bench, schemes_bench, mapping_bench):
    bench.add_typer(room)
app.add_typer(bench, name="bench")


@app.callback()
def shown_here(context: typer.Context) -> None:
    """The bistable calcium learning rule, from equations to silicon."""
    context.with_resource(reported_by(Terminal()))


# typer names only this error's descendants in its public interface
UsageError: Any = typer.BadParameter.__base__
INTERRUPTED = 130  # the shell's code for Ctrl-C; typer returns it without a word


def main() -> None:
    """Entry point: bad input and interruption end with a line, not with a traceback."""
    try:
        code = app(standalone_mode=False)
        if code != INTERRUPTED:
            sys.exit(code)
        message = "interrupted"
    except BadInput as error:
        message, code = str(error), 2
    except ModuleNotFoundError as error:
        if not (absent := missing(error.name)):
            raise
        message, code = str(absent), 2
    except UsageError as error:  # an unknown option, a value of the wrong type
        message, code = error.format_message(), 2
    except Interrupted as error:
        message, code = str(error), INTERRUPTED
    except (KeyboardInterrupt, typer.Abort):
        message, code = "interrupted", INTERRUPTED
    messages.print(f"bicall: {' '.join(message.split())}", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)
