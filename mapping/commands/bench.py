"""Subcommand `bicall bench mapping`."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from bicall.emulator.support.reporting import progress
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


class Beside(str, Enum):
    mappers = "mappers"
    optimum = "optimum"
    energy = "energy"


@app.command("mapping")
def bench_mapping(
    peers: Annotated[
        Path | None, typer.Option(help="Python of the peers' environment, see peers/mapping; none: no peers.")
    ] = None,
    only: Annotated[str, typer.Option(help="One of the networks; all if not given.")] = "",
    beside: Annotated[
        Beside, typer.Option(help="Other mappers; the exact optimum of small networks; SANA-FE's energy and time.")
    ] = Beside.mappers,
    json: Json = False,
) -> None:
    """Compare the mapper with METIS, rig's placers and nengo-loihi on the same networks, chips and cost."""
    from bicall.emulator.support.errors import BadInput
    from bicall.mapping.benchmarks import benchmark

    if only and only not in benchmark.CASES:
        raise BadInput(f"network {only!r} is unknown, must be one of {', '.join(benchmark.CASES)}")
    python = str(peers) if peers else None
    if beside is not Beside.mappers:
        if python is None:
            raise BadInput(f"--beside {beside.value}: needs --peers, see peers/mapping")
        print_result(*(_optimum(python) if beside is Beside.optimum else _energy(python)), json)
        return
    cases = {only: benchmark.CASES[only]} if only else benchmark.CASES
    runs = {
        name: benchmark.compare(make(), chip(), python) for name, (make, chip) in progress(cases.items(), "mapping")
    }
    ratios = [run["ratio"] for name, run in runs.items() if run["ratio"] and name not in benchmark.DENSE]
    result: dict[str, Any] = {
        "runs": list(runs.values()),
        "mean_ratio": benchmark.geometric_mean(ratios) if ratios else None,
    }
    rows = []
    for run in result["runs"]:
        for method, hops in run["hops"].items():
            cost = "does not fit" if hops is None else f"{hops:.2f}"
            rows.append((run["network"], run["chip"], method, cost))
    view: list[Any] = [table("spike-hops a tick", ("network", "chip", "method", "spike-hops"), rows)]
    view += [
        f"{run['network']}: best peer {run['best_peer']}, {run['ratio']:.2f} times ours; {run['seconds']:.1f} s"
        for run in result["runs"]
        if run["ratio"]
    ]
    if ratios:
        view.append(f"geometric mean without the dense ones: {result['mean_ratio']:.2f}")
    print_result(result, view, json)


def _optimum(python: str) -> tuple[dict, list]:
    from bicall.mapping.benchmarks import benchmark

    cases = progress(benchmark.SMALL_CASES.items(), "optimum")
    gaps = [benchmark.gap(name, make(), chip(), python) for name, (make, chip) in cases]
    figures = ("hops", "best", "bound", "ratio")
    rows = [(g["case"], *(f"{g[key]:.4f}" for key in figures), "yes" if g["optimal"] else "no") for g in gaps]
    columns = ("network", "ours", "CP-SAT", "bound", "ours over best", "proven")
    return {"gaps": gaps}, [table("spike-hops a tick beside the optimum", columns, rows)]


def _energy(python: str) -> tuple[dict, list]:
    from bicall.mapping.benchmarks import benchmark

    cases = progress([benchmark.CASES[name] for name in benchmark.JUDGED], "SANA-FE")
    runs = [benchmark.judge(make(), chip(), python) for make, chip in cases]
    rows = []
    for run in runs:
        for name, said in run["mappings"].items():
            energies = [f"{1e9 * said[part]:.1f}" for part in ("network_j", "energy_j")]
            rows.append((run["network"], name, f"{said['hops']:,.0f}", *energies, f"{1e6 * said['seconds']:.2f}"))
    columns = ("network", "mapping", "hops", "packets nJ", "all nJ", "time us")
    return {"runs": runs}, [table(f"SANA-FE, {benchmark.JUDGED_TICKS} ticks", columns, rows)]
