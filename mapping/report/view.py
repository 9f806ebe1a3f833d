"""A mapping as one self-contained HTML page: point at a core to see what it holds and where it sends."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from bicall.emulator.support.files import write_text
from bicall.mapping.mapper.mapper import Mapping
from bicall.mapping.mapper.placement import packets_between

MOST_TARGETS = 20  # of a core, those to which it sends most


def write_view(mapping: Mapping, path: str | os.PathLike) -> Path:
    """Write the page; needs no other file and no network. Returns: its path."""
    environment = Environment(
        loader=PackageLoader("bicall.mapping.report", "."), autoescape=select_autoescape(), trim_blocks=True
    )
    # in a script, only "</" could end the page's data early
    data = Markup(json.dumps(view_data(mapping)).replace("</", "<\\/"))
    title = f"{mapping.network.name} on {mapping.chip.name}"
    write_text(path, environment.get_template("view.html").render(title=title, view=data))
    return Path(path)


def view_data(mapping: Mapping) -> dict:
    """What the page shows, JSON-ready."""
    network, graph, chip, loads = mapping.network, mapping.graph, mapping.chip, mapping.loads
    limits = {name: getattr(chip.core, name) for name in loads._fields if getattr(chip.core, name) != "none"}
    populations = [population for population in network.populations.values() if not population.is_input]
    members = []
    for population in populations:
        inside = (graph.part_of >= population.first) & (graph.part_of < population.first + population.size)
        members.append(np.bincount(mapping.core_of[inside], minlength=chip.cores))
    cores: list[dict[str, Any]] = []
    for number in np.flatnonzero(loads.neurons):
        held = {name: int(getattr(loads, name)[number]) for name in limits}
        cores.append({
            "number": int(number),
            "held": held,
            "use": {name: held[name] / limits[name] for name in limits},
            "populations": [int(counts[number]) for counts in members],
            "sends": [],
        })  # fmt: skip
    between = packets_between(graph, chip, mapping.core_of, chip.cores)
    for core in cores:
        entries = slice(*between.indptr[core["number"] : core["number"] + 2])
        to, packets = between.indices[entries], between.data[entries]
        for n in np.argsort(-packets, kind="stable")[:MOST_TARGETS]:
            core["sends"].append([-1 if to[n] == chip.cores else int(to[n]), float(packets[n])])
    return {
        "width": chip.mesh.width,
        "height": chip.mesh.height,
        "port": chip.port,
        "limits": limits,
        "populations": [{"name": population.name, "size": population.size} for population in populations],
        "cores": cores,
        "links": [
            {"core": int(link // 4), "direction": int(link % 4), "packets": float(mapping.traffic[link])}
            for link in np.flatnonzero(mapping.traffic)
        ],
        "summary": f"{network.neurons:,} neurons and {network.synapses:,} synapses on {len(cores)} of {chip.cores} "
        f"cores; {mapping.spike_hops:,.4g} spike-hops a tick, at most {mapping.traffic.max():,.4g} on a link.",
    }
