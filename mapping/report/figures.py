"""Figures of a mapping, drawn with matplotlib without a screen."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bicall.mapping.mapper.mapper import Mapping
from bicall.mapping.mapper.routing import EAST, SOUTH, WEST

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")


def layout_figure(mapping: Mapping) -> Figure:
    """The mesh of cores: filled as far as neurons take them, coloured by population; links as wide as their traffic."""
    mesh, core = mapping.chip.mesh, mapping.chip.core
    size = max(4.0, min(12.0, 1.2 * max(mesh.width, mesh.height)))
    figure = Figure(figsize=(size * 1.2, size), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    _draw_links(axes, mapping)
    populations = [population for population in mapping.network.populations.values() if not population.is_input]
    side = 0.7
    filled = np.zeros(mapping.chip.cores)
    for colour, population in enumerate(populations):
        part_of = mapping.graph.part_of  # helpers have the colour of their neurons
        inside = (part_of >= population.first) & (part_of < population.first + population.size)
        counts = np.bincount(mapping.core_of[inside & (mapping.core_of >= 0)], minlength=mapping.chip.cores)
        for at in map(int, np.flatnonzero(counts)):
            x, y = at % mesh.width, at // mesh.width
            height = side * counts[at] / core.neurons
            bottom = y + side / 2 - filled[at] - height  # rows grow downwards, cores fill from the bottom
            axes.add_patch(Rectangle((x - side / 2, bottom), side, height, color=COLOURS[colour % len(COLOURS)], lw=0))
            filled[at] += height
        axes.plot([], [], "s", color=COLOURS[colour % len(COLOURS)], label=f"{population.name} ({population.size})")
    for at in map(int, range(mapping.chip.cores)):
        x, y = at % mesh.width, at // mesh.width
        axes.add_patch(Rectangle((x - side / 2, y - side / 2), side, side, fill=False, ec="#555555", lw=0.8))
        if mapping.loads.neurons[at] and mapping.chip.cores <= 256:
            text = f"{mapping.loads.neurons[at]} n\n{mapping.loads.axons[at]} ax"
            axes.text(x, y, text, ha="center", va="center", fontsize=7)
    x, y = mesh.port
    axes.plot(x - side / 2 - 0.08, y, ">", color="black", ms=7, label="port")
    axes.set(xlim=(-0.75, mesh.width - 0.25), ylim=(mesh.height - 0.25, -0.75), xlabel="column", ylabel="row")
    axes.set(xticks=range(mesh.width), yticks=range(mesh.height), aspect="equal")
    axes.set_title(f"{mapping.network.name} on {mapping.chip.name}: {mapping.spike_hops:.3g} spike-hops a tick")
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def load_figure(mapping: Mapping) -> Figure:
    """Traffic on the links, by colour; and how full the cores in use are, for each limit in order of their fullness."""
    mesh, loads = mapping.chip.mesh, mapping.loads
    figure = Figure(figsize=(11, 4.6), dpi=150, layout="constrained")
    links, use = figure.subplots(1, 2)
    busy = np.flatnonzero(mapping.traffic)
    lines = LineCollection(_segments(mapping, busy), array=mapping.traffic[busy], cmap="viridis_r", linewidths=2)
    links.add_collection(lines)
    figure.colorbar(lines, ax=links, label="packets a tick")
    used = np.flatnonzero(loads.neurons)
    links.plot(used % mesh.width, used // mesh.width, "s", color="#bbbbbb", ms=4)
    links.plot(*mesh.port, ">", color="black", ms=6)
    links.set(xlim=(-0.75, mesh.width - 0.25), ylim=(mesh.height - 0.25, -0.75), xlabel="column", ylabel="row")
    links.set(aspect="equal", title="traffic on the links")
    for colour, limit in enumerate(loads._fields):
        allowed = getattr(mapping.chip.core, limit)
        if allowed != "none":
            share = np.sort(100 * getattr(loads, limit)[used] / allowed)[::-1]
            use.step(np.arange(len(used)), share, where="mid", color=COLOURS[colour], label=limit.replace("_", " "))
    use.axhline(100, color="#555555", lw=0.8)
    use.set(xlabel="cores in use, the fullest first", ylabel="of the limit (%)", ylim=(0, 105), title="utilisation")
    use.legend(frameon=False)
    return figure


def _draw_links(axes, mapping: Mapping) -> None:
    busy = np.flatnonzero(mapping.traffic)
    if len(busy):
        widths = 0.5 + 5.5 * mapping.traffic[busy] / mapping.traffic.max()
        axes.add_collection(LineCollection(_segments(mapping, busy), linewidths=widths, colors="#333333", zorder=3))


def _segments(mapping: Mapping, links: np.ndarray) -> list[list[np.ndarray]]:
    mesh = mapping.chip.mesh
    segments = []
    for link in links:
        x, y = (link // 4) % mesh.width, (link // 4) // mesh.width
        direction = link % 4
        along_x = {EAST: 1, WEST: -1}.get(direction, 0)
        along_y = 0 if along_x else (1 if direction == SOUTH else -1)
        aside = 0.06 * (1 if direction in (EAST, SOUTH) else -1)  # the two ways of a link lie side by side
        shift = (0, aside) if along_x else (aside, 0)
        start = np.array([x + 0.35 * along_x, y + 0.35 * along_y]) + shift
        end = np.array([x + 0.65 * along_x, y + 0.65 * along_y]) + shift
        segments.append([start, end])
    return segments
