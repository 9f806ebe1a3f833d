"""Subcommands of data: fetch, show."""

from typing import Annotated

import typer

from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer(help="Data sets: your own, and those with names.", no_args_is_help=True)

DataName = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="mnist, fashion-mnist, digits, iris, wine, breast-cancer, moving-edges, moving-digits, moving-mnist, or a "
        "folder or file of yours.",
    ),
]
Label = Annotated[str | None, typer.Option(help="A table's label column; label, class or target if not given.")]


@app.command()
def fetch(json: Json = False) -> None:
    """Get the full MNIST (15 MB) into the cache: $BICALL_DATA, or the user's cache folder."""
    from bicall.emulator.data import mnist

    path = mnist.fetch()
    digits = mnist.load()
    result = {"file": str(path), "training": len(digits.train.labels), "test": len(digits.test.labels)}
    print_result(result, [f"{result['training']:,} training and {result['test']:,} test images in {path}"], json)


@app.command()
def show(
    name: DataName,
    label: Label = None,
    seed: Annotated[int, typer.Option(help="Seed of the splits, where none is given.")] = 1,
    json: Json = False,
) -> None:
    """Read a data set and say what it holds: kind, size of a sample, classes, splits."""
    import numpy as np

    from bicall.emulator.data.load import load

    data = load(name, label, seed).with_splits(seed)
    counts = {part: np.bincount(split.labels, minlength=len(data.classes)) for part, split in data.splits().items()}
    result = {
        "data": data.source,
        "kind": data.kind,
        "shape": list(data.shape),
        "classes": list(data.classes),
        "samples": {part: each.tolist() for part, each in counts.items()},
    }
    rows = [(name, *(f"{each[k]:,}" for each in counts.values())) for k, name in enumerate(data.classes)]
    rows.append(("all", *(f"{each.sum():,}" for each in counts.values())))
    size = " x ".join(str(side) for side in data.shape)
    print_result(result, [f"{data.source}: {data.kind}, {size}", table("samples", ("class", *counts), rows)], json)
