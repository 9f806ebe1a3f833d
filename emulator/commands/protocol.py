"""`bicall protocol`: experiments of neuroscience on the rule."""

import importlib
import json as json_format
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


class Protocol(NamedTuple):
    """Where a protocol is found, and the configuration it is about."""

    module: str
    configuration: str
    meaning: str


PROTOCOLS = {
    "stdp": Protocol("stdp", "protocol", "change against the time between two spikes, at several rates"),
    "srdp": Protocol("srdp", "protocol", "change and transitions over pre- and postsynaptic rates"),
    "triplets": Protocol("triplets", "protocol", "three spikes, beside Wang et al. 2005"),
    "frequency": Protocol("frequency", "protocol", "rate of pairing, beside Sjöström et al. 2001"),
    "retention": Protocol("retention", "protocol", "drift, and survival of both states under spontaneous activity"),
    "correlation": Protocol("correlation", "protocol", "correlated spikes learn faster at the same rates"),
    "attractor": Protocol(
        "attractor", "attractor", "a recurrent network learns stimuli and completes them from a part"
    ),
    "oscillation": Protocol("oscillation", "attractor", "a subthreshold oscillation speeds learning up at equal rates"),
    "recurrent-digits": Protocol("recurrent_digits", "digits-256", "the recurrent network classifies digits"),
}

# other rules' protocols, in double precision only and with a seed of their own: what writes the figure and its data
OTHER_RULES = {
    "clopath-pairing": ("write_spike_pairing", "Clopath rule: five pairs against their rate, as Clopath et al. 2010"),
    "urbanczik-learning": ("write_dendritic_learning", "a dendrite learns to predict, as Urbanczik and Senn 2014"),
}


@app.command()
def protocol(
    name: Annotated[str, typer.Argument(metavar="NAME", help=", ".join([*PROTOCOLS, *OTHER_RULES]))],
    output: Annotated[Path, typer.Option(help="Folder for NAME.png and NAME.json.")] = Path("."),
    seed: Annotated[int, typer.Option(help="Seed of spikes, weights and rounding.")] = 1,
    json: Json = False,
) -> None:
    """Run an experiment of neuroscience on the rule, float and fixed point side by side."""
    if name not in (*PROTOCOLS, *OTHER_RULES):
        raise BadInput(f"protocol {name!r} is unknown, must be one of {', '.join([*PROTOCOLS, *OTHER_RULES])}")
    if not 0 <= seed < 2**32:
        raise BadInput(f"seed is {seed}, must be from 0 to {2**32 - 1}")
    from bicall.emulator.configuration import description
    from bicall.emulator.digits.figures import save_figure
    from bicall.emulator.support.files import ensure_writable, write_text

    picture, data = output / f"{name}.png", output / f"{name}.json"
    for path in (picture, data):
        ensure_writable(path)
    where = f"figure in {picture}, data in {data}"
    if name in OTHER_RULES:
        function, meaning = OTHER_RULES[name]
        result = getattr(importlib.import_module("bicall.emulator.closed_loop.protocols"), function)(picture)
        print_result(result, [f"{name}: {meaning}", where], json)
        return
    chosen = PROTOCOLS[name]
    module = importlib.import_module(f"bicall.emulator.protocols.{chosen.module}")
    result = module.measure(description.load(chosen.configuration), seed)
    save_figure(module.draw(result), picture)
    write_text(data, json_format.dumps(result, indent=1) + "\n")
    columns, rows = module.rows(result)
    view = [table(f"{name}: {chosen.meaning}", columns, rows), where]
    print_result(result, view, json)
