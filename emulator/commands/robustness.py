"""`bicall robustness`: imperfect hardware."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, NetworkName, given_data
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


@app.command()
def robustness(
    name: NetworkName = "digits-256-margin",
    data: DataOption = None,
    label: LabelOption = None,
    images: Annotated[int, typer.Option(min=1, help="Training images, each presented once.")] = 6000,
    test_images: Annotated[int, typer.Option("--test-images", min=1, help="Test images.")] = 10_000,
    arithmetic: Annotated[str, typer.Option(help="float, fixed or both.")] = "both",
    only: Annotated[
        str | None, typer.Option(help="Only these imperfections, separated by commas, such as mismatch,jitter.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the network and of the chips.")] = 1,
    figure: Annotated[Path | None, typer.Option(help="Where to draw the accuracies (.png).")] = None,
    json: Json = False,
) -> None:
    """Accuracy on imperfect chips: trained on a perfect chip, and trained on the imperfect one."""
    from bicall.emulator.digits.figures import save_figure
    from bicall.emulator.digits.robustness import STUDIES, draw, rows, study
    from bicall.emulator.fit.given import configuration_and_data
    from bicall.emulator.support.files import ensure_writable

    chosen = [part.strip() for part in only.split(",")] if only else list(STUDIES)
    for part in chosen:
        if part not in STUDIES:
            raise BadInput(f"only is {part!r}, must be of {', '.join(STUDIES)}")
    if arithmetic not in ("float", "fixed", "both"):
        raise BadInput(f"arithmetic is {arithmetic!r}, must be float, fixed or both")
    if figure is not None:
        ensure_writable(figure)
    described, samples = configuration_and_data(name, given_data(data, label))
    arithmetics = ("float", "fixed") if arithmetic == "both" else (arithmetic,)
    studies = {part: STUDIES[part] for part in chosen}
    results = [study(described, samples, images, test_images, each, seed, studies) for each in arithmetics]
    if figure is not None:
        save_figure(draw(results), figure)
    trained = ("trained on a perfect chip (%)", "on this one (%)")
    columns = ("imperfection", "value", *(f"{each}, {text}" for each in arithmetics for text in trained))
    title = f"{described.name}, seed {seed}: {images:,} training and {test_images:,} test images"
    print_result({"results": results}, [table(title, columns, rows(results)), samples.source], json)
