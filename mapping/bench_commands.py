"""Subcommand `bicall bench mapping`."""

from pathlib import Path
from typing import Annotated

import typer

from emulator.terminal import Json, print_result, progress, table

app = typer.Typer()


@app.command("mapping")
def bench_mapping(
    peers: Annotated[
        Path | None, typer.Option(help="Python of the peers' environment, see peers/mapping; none: no peers.")
    ] = None,
    only: Annotated[str, typer.Option(help="One of the networks; all if not given.")] = "",
    optimum: Annotated[bool, typer.Option(help="Beside the exact optimum, on small networks; needs peers.")] = False,
    json: Json = False,
) -> None:
    """Compare the mapper with METIS, rig's placers and nengo-loihi on the same networks, chips and cost."""
    from emulator.errors import BadInput
    from mapping import benchmark

    if only and only not in benchmark.CASES:
        raise BadInput(f"network {only!r} is unknown, must be one of {', '.join(benchmark.CASES)}")
    python = str(peers) if peers else None
    if optimum:
        if python is None:
            raise BadInput("--optimum: needs --peers, see peers/mapping")
        cases = progress(benchmark.SMALL_CASES.items(), "optimum")
        gaps = [benchmark.gap(name, make(), chip(), python) for name, (make, chip) in cases]
        figures = ("hops", "best", "bound", "ratio")
        rows = [(g["case"], *(f"{g[key]:.4f}" for key in figures), "yes" if g["optimal"] else "no") for g in gaps]
        columns = ("network", "ours", "CP-SAT", "bound", "ours over best", "proven")
        print_result({"gaps": gaps}, [table("spike-hops a tick beside the optimum", columns, rows)], json)
        return
    cases = {only: benchmark.CASES[only]} if only else benchmark.CASES
    runs = {
        name: benchmark.compare(make(), chip(), python) for name, (make, chip) in progress(cases.items(), "mapping")
    }
    ratios = [run["ratio"] for name, run in runs.items() if run["ratio"] and name not in benchmark.DENSE]
    result = {"runs": list(runs.values()), "mean_ratio": benchmark.geometric_mean(ratios) if ratios else None}
    rows = []
    for run in result["runs"]:
        for method, hops in run["hops"].items():
            cost = "does not fit" if hops is None else f"{hops:.2f}"
            rows.append((run["network"], run["chip"], method, cost))
    view = [table("spike-hops a tick", ("network", "chip", "method", "spike-hops"), rows)]
    view += [
        f"{run['network']}: best peer {run['best_peer']}, {run['ratio']:.2f} times ours; {run['seconds']:.1f} s"
        for run in result["runs"]
        if run["ratio"]
    ]
    if ratios:
        view.append(f"geometric mean without the dense ones: {result['mean_ratio']:.2f}")
    print_result(result, view, json)
