"""In which order, and for how many ticks at a time, the populations of a network can be run one after the other.

Spikes of neurons arrive a tick later or more. So populations that feed one another in a circle can each go on alone for
as many ticks as the smallest delay within the circle; a population that is in no circle, for the whole run.
"""

from typing import NamedTuple

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import connected_components

from bicall.emulator.network.network import Network


class Circle(NamedTuple):
    """Populations that feed one another, or a single one."""

    members: tuple[str, ...]  # in the network's order
    ticks: int | None  # how long each can be run alone; None: for the whole run


def circles(network: Network) -> list[Circle]:
    """The populations of neurons, in an order in which each comes after those that feed it, but for its own circle."""
    names = [population.name for population in network.neuron_populations]
    number = {name: k for k, name in enumerate(names)}
    within = [each for each in network.projections if each.pre in number]
    ends = [(number[each.pre], number[each.post]) for each in within]
    pre, post = np.array(ends, int).reshape(-1, 2).T
    graph = scipy.sparse.csr_array((np.ones(len(ends)), (pre, post)), shape=(len(names), len(names)))
    count, circle_of = connected_components(graph, directed=True, connection="strong")
    shortest = np.full(count, 0)
    feeding: list[set[int]] = [set() for _ in range(count)]
    for projection, (a, b) in zip(within, ends, strict=True):
        if circle_of[a] == circle_of[b]:
            delay = int(projection.delays.min(initial=255))
            shortest[circle_of[a]] = min(shortest[circle_of[a]] or delay, delay)
        else:
            feeding[circle_of[b]].add(int(circle_of[a]))
    ordered: list[int] = []
    while len(ordered) < count:
        # of those whose feeders are done, the one with the first population
        ready = [c for c in dict.fromkeys(circle_of.tolist()) if c not in ordered and feeding[c] <= set(ordered)]
        ordered.append(ready[0])
    return [
        Circle(tuple(name for name in names if circle_of[number[name]] == c), int(shortest[c]) or None) for c in ordered
    ]
