"""`bicall continual`: classes that come later."""

from typing import Annotated

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, NetworkName, given_data
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()

LEARNERS = {
    "network": "the network",
    "network, protected": "the first classes' neurons protected",
    "readout": "linear readout, same order",
    "readout, protected": "the first classes' weights protected",
}


@app.command()
def continual(
    name: NetworkName = "digits-pools-margin",
    data: DataOption = None,
    label: LabelOption = None,
    first: Annotated[int, typer.Option(min=1, help="How many classes are learned first; the others follow.")] = 5,
    images: Annotated[int, typer.Option(min=1, help="Training images of each part, at most.")] = 20_000,
    arithmetic: Annotated[str, typer.Option(help="float or fixed.")] = "fixed",
    seed: Annotated[int, typer.Option(help="Seed of the initial weights, spikes and rounding.")] = 1,
    json: Json = False,
) -> None:
    """Learn some of the classes, then the others without the first ones' samples: what is forgotten."""
    from bicall.emulator.digits.continual import continual as learn_in_parts
    from bicall.emulator.fit.given import configuration_and_data

    described, samples = configuration_and_data(name, given_data(data, label))
    found = learn_in_parts(described, samples, first, images, arithmetic, seed)
    result = {
        "network": described.name, "arithmetic": arithmetic, "seed": seed, "data": samples.source, "first": first,
        "images": images, "learners": found,
    }  # fmt: skip
    rows = [
        (
            LEARNERS[learner],
            f"{each['before']['first']:.2f}",
            *(f"{each['after'][part]:.2f}" for part in ("first", "other", "all")),
            f"{each['forgotten']:.2f}",
        )
        for learner, each in found.items()
    ]
    columns = ("", "first classes, before (%)", "after (%)", "other classes (%)", "all (%)", "forgotten (points)")
    title = f"{described.name}, {arithmetic}, seed {seed}: {first} classes, then {len(samples.classes) - first}"
    print_result(result, [table(title, columns, rows), samples.source], json)
