"""Subcommands of this room."""

import typer

from emulator.inspection_commands import app as inspection_app

app = typer.Typer(no_args_is_help=True)
app.add_typer(inspection_app)
