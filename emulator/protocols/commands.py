"""`bicall protocol`: experiments of neuroscience on the rule."""

import importlib
import json as json_format
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from emulator.errors import BadInput
from emulator.terminal import Json, print_result, table

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
}


@app.command()
def protocol(
    name: Annotated[str, typer.Argument(metavar="NAME", help=", ".join(PROTOCOLS))],
    output: Annotated[Path, typer.Option(help="Folder for NAME.png and NAME.json.")] = Path("."),
    seed: Annotated[int, typer.Option(help="Seed of spikes, weights and rounding.")] = 1,
    json: Json = False,
) -> None:
    """Run an experiment of neuroscience on the rule, float and fixed point side by side."""
    if name not in PROTOCOLS:
        raise BadInput(f"protocol {name!r} is unknown, must be one of {', '.join(PROTOCOLS)}")
    if not 0 <= seed < 2**32:
        raise BadInput(f"seed is {seed}, must be from 0 to {2**32 - 1}")
    from emulator import description
    from emulator.figures import save_figure
    from emulator.files import ensure_writable, write_text

    chosen = PROTOCOLS[name]
    module = importlib.import_module(f"emulator.protocols.{chosen.module}")
    picture, data = output / f"{name}.png", output / f"{name}.json"
    for path in (picture, data):
        ensure_writable(path)
    result = module.measure(description.load(chosen.configuration), seed)
    save_figure(module.draw(result), picture)
    write_text(data, json_format.dumps(result, indent=1) + "\n")
    columns, rows = module.rows(result)
    view = [table(f"{name}: {chosen.meaning}", columns, rows), f"figure in {picture}, data in {data}"]
    print_result(result, view, json)
