"""Subcommands of this room."""

from pathlib import Path
from typing import Annotated

import typer

from bicall.emulator.commands.given import DataOption, LabelOption, given_data
from bicall.emulator.support.terminal import Json, print_result, table
from bicall.mapping.commands.nir import app as nir_app

DEFAULT = "small-mesh"  # a network that no shipped chip holds is told how it lacks room on this one

app = typer.Typer(no_args_is_help=True)
app.add_typer(nir_app, name="nir")


@app.command("map")
def map_command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK", help="A configuration's name, a .toml, .npz or .nir file, or a folder of `bicall fit`."
        ),
    ],
    data: DataOption = None,
    label: LabelOption = None,
    chip: Annotated[
        str | None,
        typer.Option(help="A chip's name, or a TOML file; the smallest shipped one that holds it if not given."),
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="Training images for spike rates and the comparison.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of the initial weights, spikes and rounding.")] = 1,
    effort: Annotated[float, typer.Option(min=0.001, help="Work of the mapper, in parts of the usual.")] = 1.0,
    output: Annotated[Path | None, typer.Option(help="Folder for the layout and the chip's configuration.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Folder of a mapping of the same network to go on from: an earlier --output.")
    ] = None,
    json: Json = False,
) -> None:
    """Map a network onto a chip's cores, and show that it still does what it did, learning included.

    Ctrl-C while it is mapped keeps the best mapping so far.
    """
    from bicall.mapping import workloads
    from bicall.mapping.chips import chip as chips
    from bicall.mapping.mapper.mapper import smallest_chip
    from bicall.mapping.report.report import map_workload

    named = None if chip is None else chips.load(chip)
    workload = workloads.load(name, given_data(data, label), images, seed)
    mesh = named or smallest_chip(workload.network) or chips.load(DEFAULT)
    result = map_workload(workload, mesh, output, effort, resume) | {"data": workload.source}
    agreement, checked = result["agreement"], result["checked"]
    rows = [
        (limit, f"{use['limit']:,}", f"{100 * use['mean']:.1f} %", f"{100 * use['fullest']:.1f} %")
        for limit, use in result["utilisation"].items()
    ]
    plain = "does not fit" if result["baseline_spike_hops"] is None else f"{result['baseline_spike_hops']:.3f}"
    view = [
        f"{result['network']} on {result['chip']}: {result['neurons']:,} neurons and {result['synapses']:,} synapses "
        f"on {result['cores']} of {result['chip_cores']} cores; {workload.source}",
        table("use of the cores that hold neurons", ("", "limit", "mean", "fullest"), rows),
        f"spike-hops {result['spike_hops']:.3f} a tick, baseline (contiguous slices in rows) "
        f"{plain}; worst link {result['worst_link']:.3f} packets a tick; {result['axons']:,} axons end on "
        f"{result['replication']:.2f} cores in the mean",
        *estimate_lines(result["estimates"]),
        quality_line(result),
        f"configuration read back and checked: {checked['neurons']:,} neurons, {checked['synapses']:,} synapses and "
        f"events, {checked['routes']:,} routes over {checked['links']:,} links",
    ]
    if agreement:
        view.append(
            f"mapped and unmapped, learning on, {agreement['samples']} images: {agreement['compared']:,} values "
            f"compared, {agreement['differences']:,} differ {agreement['first']}"
        )
    if output is not None:
        view.append(
            f"{output}: layout.png, load.png, configuration/, mapping.npz, report.json; open view.html in a browser"
        )
    print_result(result, view, json)
    if agreement and agreement["differences"]:
        raise typer.Exit(1)


def quality_line(result: dict) -> str:
    """How good a mapping is, in words."""
    gap = "no hops are needed" if result["gap"] is None else f"{result['gap']:.2f} times the least of this partition"
    full = [f"{limit} on {count} cores" for limit, count in result["tight"].items() if count]
    return (
        f"connectivity {result['connectivity']:.3f} a tick, at least {result['connectivity_bound']:.3f}; hops: {gap} "
        f"({result['placement_bound']:.3f}), at least {result['hops_bound']:.3f}; "
        f"no room left: {', '.join(full) or 'nothing'}"
    )


def estimate_lines(estimate: dict) -> list[str]:
    """Time and energy in words."""
    lines = [
        f"a tick takes {estimate['cycles']:,.0f} cycles in the mean, {estimate['longest_tick']:,} at most "
        f"(over {estimate['ticks']:,} ticks: {estimate['packets']:.1f} packets and {estimate['hops']:.1f} hops a tick, "
        f"{estimate['waited']:.2f} cycles of waiting a packet, at most {estimate['busiest_link']} packets on a link)"
    ]
    energy = estimate["energy_pj"]
    if energy:
        lines.append(
            f"energy {energy['total']:,.0f} pJ a tick: synapses {energy['synapses']:,.0f}, hops {energy['hops']:,.0f}, "
            f"spikes {energy['spikes']:,.0f} ({estimate['sources']['energy']})"
        )
    return lines
