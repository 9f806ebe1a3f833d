"""Subcommands of this room."""

import typer

from bicall.emulator.commands.continual import app as continual_app
from bicall.emulator.commands.data import app as data_app
from bicall.emulator.commands.digits import app as digits_app
from bicall.emulator.commands.inspect import app as inspection_app
from bicall.emulator.commands.protocol import app as protocols_app
from bicall.emulator.commands.retention import app as retention_app
from bicall.emulator.commands.robustness import app as robustness_app
from bicall.emulator.commands.search import app as search_app
from bicall.emulator.commands.sweep import app as sweep_app
from bicall.emulator.commands.view import app as view_app

app = typer.Typer(no_args_is_help=True)
for part in (
    digits_app, continual_app, robustness_app, retention_app, inspection_app, view_app, sweep_app, search_app,
    protocols_app,
):  # fmt: skip
    app.add_typer(part)
app.add_typer(data_app, name="data")
