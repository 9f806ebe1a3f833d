"""Subcommand `bicall search`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, NetworkName, given_data
from bicall.emulator.support.terminal import Json, print_result, table

if TYPE_CHECKING:
    from bicall.emulator.data.samples import Data

app = typer.Typer()

IMAGES, VALIDATION = 10_000, 5000
SearchImages = Annotated[
    int | None,
    typer.Option(min=1, help="How many training images to present, each once; 10,000 or all there are if not given."),
]
Validation = Annotated[
    int | None,
    typer.Option(min=1, help="How many of the last training images validate; 5,000 or a quarter of all if not given."),
]


@app.command()
def search(
    name: NetworkName = None,
    data: DataOption = None,
    label: LabelOption = None,
    trials: Annotated[int, typer.Option(min=1, help="How many more parameter sets to try.")] = 100,
    images: SearchImages = None,
    validation: Validation = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the search.")] = 1,
    output: Annotated[Path | None, typer.Option(help="Folder of the results; out/search-NETWORK if not given.")] = None,
    json: Json = False,
) -> None:
    """Search for parameters that classify better, on training images only.

    Ctrl-C keeps the trials that are done, and the same command goes on; run it twice at a time to use two cores. The
    best parameters are written as a configuration.
    """
    from bicall.emulator.configuration import description
    from bicall.emulator.fit.given import configuration_and_data
    from bicall.emulator.search.search import search as run_search
    from bicall.emulator.search.search import values_of
    from bicall.emulator.support.files import ensure_writable, write_text

    start, digits = configuration_and_data(name, given_data(data, label))
    images, validation = shares(len(digits.train.labels), images, validation, IMAGES)
    folder = output or Path("out") / f"search-{start.name}"
    file = folder / f"{start.name}-best.toml"
    ensure_writable(file)
    study = run_search(start, digits, images, validation, trials, seed, folder / "trials.journal")
    best = study.best_trial
    values = values_of(start, best.params)
    write_text(file, description.as_toml(description.with_values(start, **values)))
    result = {
        "network": start.name,
        "data": digits.source,
        "images": images,
        "validation": validation,
        "trials": len(study.trials),
        "best_trial": best.number,
        "accuracy": best.value,
        "start_accuracy": study.trials[0].value,
        "values": values,
        "configuration": str(file),
    }
    rows = [[key.replace("__", "."), f"{factor:.3f}", f"{values[key]:g}"] for key, factor in best.params.items()]
    view = [
        digits.source,
        table(f"{start.name}: best of {len(study.trials)} trials", ["parameter", "factor", "value"], rows),
        f"{best.value:.2f} % of {validation:,} training images that were not learned; the start has "
        f"{study.trials[0].value:.2f} %",
        f"confirm it on test images: {confirming(file, digits)}",
    ]
    print_result(result, view, json)


def shares(available: int, images: int | None, validation: int | None, usual: int) -> tuple[int, int]:
    """How many training samples train and how many validate, where they are not given."""
    validate = validation or min(VALIDATION, max(available // 4, 1))
    return images or max(min(usual, available - validate), 1), validate


def confirming(file: Path, data: "Data") -> str:
    """The command that tests a configuration on the data for which it was found."""
    return f"bicall compare {file} {data.origin.options if data.origin else ''}".rstrip()
