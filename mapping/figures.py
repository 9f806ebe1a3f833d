"""Figures of a mapping, drawn with matplotlib without a screen."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mapping.mapper import Mapping
from mapping.routing import EAST, SOUTH, WEST

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
        counts = np.bincount(mapping.core_of[population.nodes], minlength=mapping.chip.cores)
        for at in np.flatnonzero(counts):
            x, y = at % mesh.width, at // mesh.width
            height = side * counts[at] / core.neurons
            bottom = y + side / 2 - filled[at] - height  # rows grow downwards, cores fill from the bottom
            axes.add_patch(Rectangle((x - side / 2, bottom), side, height, color=COLOURS[colour % len(COLOURS)], lw=0))
            filled[at] += height
        axes.plot([], [], "s", color=COLOURS[colour % len(COLOURS)], label=f"{population.name} ({population.size})")
    for at in range(mapping.chip.cores):
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


def _draw_links(axes, mapping: Mapping) -> None:
    mesh = mapping.chip.mesh
    busy = np.flatnonzero(mapping.traffic)
    if not len(busy):
        return
    segments, widths = [], []
    for link in busy:
        x, y = (link // 4) % mesh.width, (link // 4) // mesh.width
        direction = link % 4
        along_x = {EAST: 1, WEST: -1}.get(direction, 0)
        along_y = 0 if along_x else (1 if direction == SOUTH else -1)
        aside = 0.06 * (1 if direction in (EAST, SOUTH) else -1)  # the two ways of a link lie side by side
        shift = (0, aside) if along_x else (aside, 0)
        start = np.array([x + 0.35 * along_x, y + 0.35 * along_y]) + shift
        end = np.array([x + 0.65 * along_x, y + 0.65 * along_y]) + shift
        segments.append([start, end])
        widths.append(0.5 + 5.5 * mapping.traffic[link] / mapping.traffic.max())
    axes.add_collection(LineCollection(segments, linewidths=widths, colors="#333333", zorder=3))
