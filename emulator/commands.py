"""Subcommands of this room."""

import typer

from emulator.digits_commands import app as digits_app
from emulator.inspection_commands import app as inspection_app
from emulator.protocols.commands import app as protocols_app
from emulator.search_commands import app as search_app
from emulator.sweep_commands import app as sweep_app

app = typer.Typer(no_args_is_help=True)
for part in (digits_app, inspection_app, sweep_app, search_app, protocols_app):
    app.add_typer(part)
