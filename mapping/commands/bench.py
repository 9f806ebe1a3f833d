"""Subcommand `bicall bench mapping`."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from bicall.emulator.support.reporting import progress
from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


class Suite(str, Enum):
    ours = "ours"
    reservoir = "reservoir"
    multicast = "multicast"


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
    suite: Annotated[
        Suite,
        typer.Option(help="Our networks; reservoirs of arXiv 2601.16118; small columns of HySMap on multicast trees."),
    ] = Suite.ours,
    file: Annotated[
        Path | None,
        typer.Option(help="A network of the hypergraph-mapping benchmark, .snn or .hgr, in the reservoirs' place."),
    ] = None,
    effort: Annotated[float | None, typer.Option(min=0.001, help="Work of our mapper, in parts of the usual.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of reservoirs and of our mapper.")] = 1,
    beside: Annotated[
        Beside, typer.Option(help="Other mappers; the exact optimum of small networks; SANA-FE's energy and time.")
    ] = Beside.mappers,
    json: Json = False,
) -> None:
    """Compare the mapper with METIS, rig's placers and nengo-loihi on the same networks, chips and cost."""
    from bicall.emulator.support.errors import BadInput
    from bicall.mapping.benchmarks import benchmark

    if suite is not Suite.ours or file is not None:
        print_result(
            *(_multicast(only, effort) if suite is Suite.multicast else _reservoir(only, file, effort, seed)), json
        )
        return
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
        name: benchmark.compare(make(), chip(), python, effort or 1.0)
        for name, (make, chip) in progress(cases.items(), "mapping")
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


def _reservoir(only: str, file: Path | None, effort: float | None, seed: int) -> tuple[dict, list]:
    from bicall.emulator.support.errors import BadInput
    from bicall.mapping.benchmarks import suites

    names = {str(neurons): neurons for neurons in suites.RESERVOIRS}
    if only and only not in names:
        raise BadInput(f"reservoir {only!r} is unknown, must be one of {', '.join(names)}")
    work = effort or suites.RESERVOIR_EFFORT
    if file is not None:
        runs = [suites.file_case(str(file), suites.benchmark_chip(), work, seed)]
    else:
        sizes = [names[only]] if only else list(names.values())
        runs = [suites.reservoir_case(neurons, seed, work) for neurons in progress(sizes, "reservoirs")]
    rows = []
    for run in runs:
        published = {"published: AxonCUDA (GPU)": run["published"]} if run["published"] else {}
        for method, value in {**run["connectivity"], **published, "lower bound": run["bound"]}.items():
            text = "does not fit" if value is None else f"{value:,.0f}"
            rows.append((run["network"], method, text))
    view: list[Any] = [
        table("connectivity: spikes times cores beyond the first", ("network", "method", "connectivity"), rows)
    ]
    view += [
        f"{run['network']}, seed {run['seed']}: {run['parts']} cores, {run['tight']['axons']} full of axons and "
        f"{run['tight']['neurons']} of neurons; {run['seconds']:.1f} s by the clock, {run['processor_seconds']:.1f} s "
        f"of the processor; energy of packets {run['energy_pj']:,.0f} pJ"
        for run in runs
    ]
    return {"runs": runs}, view


def _multicast(only: str, effort: float | None) -> tuple[dict, list]:
    from bicall.emulator.support.errors import BadInput
    from bicall.mapping.benchmarks import benchmark, suites

    names = {f"{neurons}-{side}x{side}": (neurons, side) for neurons, side in suites.MULTICAST}
    if only and only not in names:
        raise BadInput(f"multicast case {only!r} is unknown, must be one of {', '.join(names)}")
    chosen = [names[only]] if only else list(names.values())
    cases = [(neurons, side, number) for neurons, side in chosen for number in range(3)]
    runs = [
        suites.multicast_case(*case, effort or suites.MULTICAST_EFFORT) for case in progress(cases, "multicast trees")
    ]
    mean = benchmark.geometric_mean([run["ratio"] for run in runs])
    rows = [
        (run["network"], *(f"{run[key]:,.0f}" for key in ("hops", "published")), f"{run['ratio']:.3f}",
         f"{run['bound']:,.0f}", f"{run['processor_seconds']:.1f}")
        for run in runs
    ]  # fmt: skip
    columns = ("network", "bicall", "published: HySMap", "ratio", "its cores beyond the first", "processor s")
    view = [table("spike-hops in the axons' trees", columns, rows), f"geometric mean of the ratios: {mean:.3f}"]
    return {"runs": runs, "mean_ratio": mean}, view


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

    cases = progress([benchmark.CASES[name] for name in benchmark.SIMULATED], "SANA-FE")
    runs = [benchmark.simulate(make(), chip(), python) for make, chip in cases]
    rows = []
    for run in runs:
        for name, said in run["mappings"].items():
            energies = [f"{1e9 * said[part]:.1f}" for part in ("network_j", "energy_j")]
            rows.append((run["network"], name, f"{said['hops']:,.0f}", *energies, f"{1e6 * said['seconds']:.2f}"))
    columns = ("network", "mapping", "hops", "packets nJ", "all nJ", "time us")
    return {"runs": runs}, [table(f"SANA-FE, {benchmark.SIMULATED_TICKS} ticks", columns, rows)]
