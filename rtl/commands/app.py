"""Subcommands of this room."""

import typer

from bicall.rtl.commands.cosim import cosim
from bicall.rtl.commands.cycles import cycles
from bicall.rtl.commands.diagrams import diagrams
from bicall.rtl.commands.gates import gate_level
from bicall.rtl.commands.synth import synth, synth_scaling

app = typer.Typer(no_args_is_help=True)
for command in (cosim, synth, synth_scaling, gate_level, cycles, diagrams):
    app.command()(command)
