"""Subcommands `bicall bench ...` of this room: measurements, not tests."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.commands.brian2 import app as brian2_app
from bicall.emulator.commands.peers import app as peers_app
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()
app.add_typer(brian2_app)
app.add_typer(peers_app)


@app.command("emulator")
def bench_emulator(
    name: Annotated[
        str, typer.Argument(metavar="NETWORK", help="A configuration's name, or a TOML file.")
    ] = "digits-256",
    images: Annotated[int, typer.Option(min=1, help="Training images of the batch loop.")] = 500,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each loop; medians are reported.")] = 5,
    json: Json = False,
) -> None:
    """Time a training image in the plain loop, the compiled loop and the batch loop."""
    from bicall.emulator.benchmarks.loops import bench_emulator as measure
    from bicall.emulator.configuration import description
    from bicall.emulator.data import mnist

    result = measure(description.load(name), mnist.load(), images, repeats=repeats)
    rows = [
        (
            arithmetic,
            *(f"{result[arithmetic][loop]:.3f}" for loop in ("plain", "compiled", "batch")),
            f"{result[arithmetic]['ratio']:.0f}",
            f"{result[arithmetic]['nominal_updates_per_s'] / 1e9:.2f}",
        )
        for arithmetic in ("float", "fixed")
    ]
    columns = ("ms a training image", "plain", "compiled", "batch", "plain / batch", "10^9 nominal updates/s")
    print_result(result, [table(f"{result['network']}, median of {repeats}", columns, rows)], json)


@app.command("network")
def bench_network(
    sizes: Annotated[
        list[int] | None, typer.Option("--size", min=4, help="Neurons of each population; more than once.")
    ] = None,
    ticks: Annotated[int, typer.Option(min=1, help="Ticks of a run.")] = 2000,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each; medians are reported.")] = 5,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of inputs and weights.")] = 1,
    json: Json = False,
) -> None:
    """Time a tick of networks of several shapes, and of the same layers alone, in the compiled loop."""
    from bicall.emulator.benchmarks.networks import SIZES, bench_networks

    result = bench_networks(tuple(sizes or SIZES), ticks, repeats, seed)
    rows = [
        (
            found["shape"],
            f"{found['neurons']:,}",
            f"{found['network_us']:.2f}",
            f"{found['layers_us']:.2f}",
            f"{found['ratio']:.2f}",
        )
        for found in result["networks"]
    ]
    columns = ("network", "neurons", "µs a tick", "its layers alone", "ratio")
    print_result(result, [table(f"fixed point, learning, median of {repeats}", columns, rows)], json)


@app.command("schemes")
def bench_schemes(
    figure: Annotated[Path | None, typer.Option(help="Where to draw time against in-degree and rate (.png).")] = None,
    json: Json = False,
) -> None:
    """Time, memory and operation counts of the update schemes against in-degree, rate and network size."""
    from bicall.emulator.benchmarks.schemes import bench_schemes as measure
    from bicall.emulator.support.files import ensure_writable

    if figure is not None:
        ensure_writable(figure)
    result = measure(figure)
    rows = [
        (
            f"{point['rule']}, in-degree {point['in_degree']:,}, {point['rate']:g} Hz",
            *(f"{point['schemes'][scheme]['seconds_per_second']:.4f}" for scheme in ("TD", "ED", "EC", "PS")),
        )
        for point in result["neurons"]
    ]
    networks = [
        (
            f"{found['rule']}, {found['neurons']:,} neurons",
            f"{found['synapses']:,}",
            f"{found['seconds_per_second']:.2f}",
        )
        for found in result["networks"]
    ]
    crossings = [
        f"{found['rule']}: {' and '.join(found['schemes'])} cost the same at {found['axis'].replace('_', '-')} "
        f"{found['at']:.3g}"
        for found in result["crossings"]
    ]
    view = [
        table("processor seconds a simulated second", ("one neuron", "TD", "ED", "EC", "PS"), rows),
        table("event-driven", ("network", "synapses", "processor s a simulated s"), networks),
        *crossings,
    ]
    print_result(result, view, json)
