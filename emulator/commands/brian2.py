"""Subcommand `bicall bench brian2`."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


@app.command()
def brian2(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NETWORK...", help="Configurations; digits-256 and digits-v1 if none.")
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="Training images of a run.")] = 100,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each, taking turns; medians are reported.")] = 5,
    environment: Annotated[
        Path | None, typer.Option(help="Environment with Brian2; $BICALL_BRIAN2 or one in the cache if not given.")
    ] = None,
    json: Json = False,
) -> None:
    """Time training beside Brian2 (C++ standalone): same equations, same spikes, one thread each, in one run.

    Brian2 runs in two forms: with the synapses of the rule's authors' own Brian2 model, whose traces and h are
    integrated in every tick, and tuned by hand to do no more than the tick contract asks for. Times are processor
    times. A missing environment ends with a line that says how to make it, and exit code 2.
    """
    from bicall.emulator.benchmarks.brian2 import bench_brian2, default_environment
    from bicall.emulator.configuration import description
    from bicall.emulator.data import mnist

    described = [description.load(name) for name in names or ("digits-256", "digits-v1")]
    digits, folder = mnist.load(), environment or default_environment()
    results = [bench_brian2(each, digits, images, repeats, folder) for each in described]
    rows = []
    for result in results:
        medians, ratio = result["ms_per_image"], result["ratio"]
        rows.append(
            (
                f"{result['network']} ({result['inputs']} x {result['outputs']})",
                *(f"{medians[name]:.3f}" for name in ("published", "tuned", "float", "fixed")),
                *(f"{ratio[form]['fixed']:.1f}" for form in ("published", "tuned")),
                "yes" if result["equal_spikes"] else "no",
                f"{result['largest_difference_of_h']:.1e}",
            )
        )
    columns = (
        "ms a training image",
        "Brian2",
        "Brian2, tuned",
        "float",
        "fixed",
        "Brian2 / fixed",
        "tuned / fixed",
        "equal spikes",
        "h",
    )
    title = f"{images} images, median of {repeats} runs taking turns; h: largest difference between Brian2 and float"
    print_result({"networks": results}, [table(title, columns, rows)], json)
