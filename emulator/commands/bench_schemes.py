"""`bicall bench ...`: BiCaLL under the update schemes, and the event-driven engine at scale."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.support.terminal import Json, print_result, table

app = typer.Typer()


@app.command("bicall")
def bench_bicall(
    figure: Annotated[Path | None, typer.Option(help="Where to draw the times (.svg, .png).")] = None,
    json: Json = False,
) -> None:
    """Time and operation counts of BiCaLL under the update schemes against in-degree, out-degree and rate."""
    from bicall.emulator.benchmarks import layers as bench
    from bicall.emulator.support.files import ensure_writable

    if figure is not None:
        ensure_writable(figure)
    result = bench.bench_bicall()
    if figure is not None:
        _draw("layers_figure", result, figure)
    rows = [
        (
            f"{p['in_degree']:,} of {p['inputs'] or p['in_degree']:,} inputs, {p['neurons']:,} neurons, "
            f"{p['rate']:g} Hz",
            *(_milliseconds(p["schemes"].get(scheme, {}).get("seconds_per_second")) for scheme in bench.SCHEMES),
            _milliseconds(p["compiled_seconds_per_second"]),
            f"{p['speedup']:.1f}",
        )
        for p in result["points"]
    ]
    columns = ("layer", *bench.SCHEMES, "bicall.emulator.rule.compiled", "TD / ED")
    crossings = [
        f"{' and '.join(found['schemes'])} cost the same at {found['axis'].replace('_', '-')} {found['at']:.3g}"
        for found in result["crossings"]
    ]
    print_result(result, [table("processor ms a simulated second", columns, rows), *crossings], json)


@app.command("scale")
def bench_scale(
    largest: Annotated[int, typer.Option(help="Synapses of the largest network; 10^8 takes about 2 GB.")] = 10**8,
    rate: Annotated[list[float] | None, typer.Option(help="Hz; may be given several times; else 1 and 10.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Parts of the network, a thread each.")] = 1,
    figure: Annotated[Path | None, typer.Option(help="Where to draw the times (.svg, .png).")] = None,
    json: Json = False,
) -> None:
    """Time and memory of event-driven BiCaLL on recurrent networks of 10^5 to 10^8 synapses."""
    from bicall.emulator.benchmarks import scale
    from bicall.emulator.support.files import ensure_writable

    if figure is not None:
        ensure_writable(figure)
    result = scale.bench_scale(largest, tuple(rate or scale.RATES), threads)
    if figure is not None:
        _draw("scale_figure", result, figure)
    rows = [
        (
            f"{p['synapses']:,} at {p['rate']:g} Hz",
            f"{p['neurons']:,}",
            f"{p['synapse_visits']:.2e}",
            f"{p['events_per_s']:.2e}",
            f"{p['ns_per_event']:.2f}",
            f"{p['elapsed_ns_per_event']:.2f}",
            f"{p['seconds_per_second']:.3g}",
            f"{p['state_bytes_per_synapse']:.2f}",
            f"{p['connectivity_bytes_per_synapse']:.2f}",
            f"{p['peak_memory_gib']:.2f}",
        )
        for p in result["points"]
    ]
    columns = (
        "synapses", "neurons", "visits", "visits/s", "ns a visit", "elapsed", "s a simulated s", "bytes a synapse",
        "connectivity", "peak GiB",
    )  # fmt: skip
    print_result(result, [table(f"event-driven, {threads} thread(s), processor time", columns, rows)], json)


@app.command("compression")
def bench_compression(json: Json = False) -> None:
    """What rounding to nearest under compression changes, beside what other random words change."""
    from bicall.emulator.benchmarks.compression import bench_compression as measure

    result = measure()
    rows = [
        (
            f"{case['compared']}, {'drift' if case['drift'] else 'no drift'}",
            f"{case['mean_difference']:.2f}",
            case["largest_difference"],
            "none" if case["bound"] is None else case["bound"],
            f"{100 * case['weights_that_differ']:.2f} %",
        )
        for case in result["cases"]
    ]
    columns = ("compared with ED, stochastic", "mean difference of h", "largest", "bound", "weights that differ")
    print_result(result, [table("in last bits of h", columns, rows)], json)


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{1e3 * seconds:.3g}"


def _draw(name: str, result: dict, path: Path) -> None:
    from bicall.emulator.benchmarks import figures
    from bicall.emulator.digits.figures import save_figure

    save_figure(getattr(figures, name)(result), path)
