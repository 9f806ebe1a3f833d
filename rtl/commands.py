"""Subcommands of this room."""

import typer

from rtl.cosim_commands import cosim
from rtl.cycle_commands import cycles
from rtl.diagram_commands import diagrams
from rtl.synth_commands import synth, synth_scaling

app = typer.Typer(no_args_is_help=True)
for command in (cosim, synth, synth_scaling, cycles, diagrams):
    app.command()(command)
