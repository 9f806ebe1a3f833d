"""Subcommand `bicall bench peers`."""

from typing import Annotated

import typer

from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


@app.command()
def peers(
    images: Annotated[int, typer.Option(min=1, help="Of digits-256, beside Brian2.")] = 100,
    seconds: Annotated[float, typer.Option(min=0.1, help="Simulated, of Clopath networks, beside NEST.")] = 1.0,
    repeats: Annotated[int, typer.Option(min=1, help="Turns; medians count.")] = 3,
    json: Json = False,
) -> None:
    """Ours beside Brian2 and NEST, whichever are there: the same spikes first, then processor times, in turns.

    Environments are looked for in $BICALL_BRIAN2, $BICALL_NEST and $BICALL_GENN, or in the user's cache; peers/ says
    how to make them. GeNN is looked for, but there is no model for it yet.
    """
    from bicall.emulator.benchmarks.peers import bench_peers

    result = bench_peers(images, seconds, repeats)
    there = [(peer, each["version"] or "not there", each["environment"]) for peer, each in result["peers"].items()]
    rows = []
    for each in result["comparisons"]:
        numbers = ["no, so not timed", "", "", "", "", ""]
        if each["agree"]:
            pairs = [each[name][who] for name in ("ns_per_event", "bytes_per_synapse") for who in ("ours", "theirs")]
            numbers = ["yes", *(f"{value:.3g}" for value in pairs), f"{each['ratio']:.2f}"]
        rows.append((f"{each['peer']}: {each['what']}", *numbers))
    columns = ("", "same results", "ns an event", "theirs", "bytes a synapse", "theirs", "theirs / ours")
    view = [table("peers", ("", "version", "environment"), there), table("beside them", columns, rows)]
    print_result(result, view, json)
