"""A NIR graph in float: the equations of NIR's specification (docs/nir.md), one forward Euler step of dt at a time.

    LIF      v += dt/tau ((v_leak - v) + R I)                       I: what arrives, constant within a step
    CubaLIF  I += dt/tau_syn (-I + w_in S), then as LIF with tau_mem   S: what arrives
    IF       v += R I                                               a step's charge, as all tools take it
    then, of these, z = v > v_threshold; where z: v = v_reset, or v -= v_threshold - v_reset (reset by subtraction)
    Threshold  z = I > threshold
    LI, CubaLI, I  as LIF, CubaLIF, IF without threshold; they send v
    Delay    sends what arrived round(delay / dt) steps before

This is the reference model of the graph in integers. It runs many samples side by side.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bicall.emulator.nir.graph import INPUT, NEURONS, SPIKING, Graph, Node
from bicall.emulator.support.errors import BadInput

Sent = dict[str, np.ndarray]  # by node, float64[steps, samples, size]


class State(NamedTuple):
    """Of a node: float64[samples, size] each; `past` [steps, samples, size] is what a delay still holds."""

    current: np.ndarray
    voltage: np.ndarray
    past: np.ndarray


def run(graph: Graph, inputs: Sent, keep: Callable[[Node], bool] | None = None) -> Sent:
    """Run a graph from rest.

    Args:
        inputs: of each Input node, [steps, samples, size], all of one length and number; any numbers.
        keep: which nodes' values are returned; None: those of neurons and outputs.

    Returns:
        What each node sent in each step: 0 or 1 of nodes that spike, else values.

    Raises:
        BadInput: an input that is missing, unknown, or of another size.
    """
    steps, samples = _check(graph, inputs)
    kept = {
        name: np.zeros((steps, samples, node.size))
        for name, node in graph.nodes.items()
        if (keep(node) if keep else node.kind in (*NEURONS, "Output"))
    }
    columns = {name: node.linear.matrix.T.tocsr() for name, node in graph.nodes.items() if node.linear}
    states = {name: _rest(node, samples, graph.dt) for name, node in graph.nodes.items()}
    sent: Sent = {name: np.zeros((samples, node.size)) for name, node in graph.nodes.items()}
    nothing = np.zeros(())
    for step in range(steps):
        before = dict(sent)
        for name, node in graph.nodes.items():
            if node.kind == INPUT and name in inputs:
                sent[name] = inputs[name][step]
            else:
                arriving = sum(((before if back else sent)[source] for source, back in graph.inputs_of[name]), nothing)
                if node.linear:
                    sent[name] = (columns[name] @ arriving.T).T + node.linear.bias
                elif node.values:
                    sent[name] = _advance(node, states[name], arriving, graph.dt)
                else:
                    sent[name] = arriving
            if name in kept:
                kept[name][step] = sent[name]
    return kept


def _check(graph: Graph, inputs: Sent) -> tuple[int, int]:
    """Steps and samples of the inputs."""
    wanted = [name for name in graph.of_kind(INPUT) if not graph.inputs_of[name]]
    lengths = set()
    for name in {*wanted, *inputs}:
        if name not in wanted or name not in inputs:
            raise BadInput(
                f"inputs: {name!r} is not both an input of {graph.name} and given, must be {', '.join(wanted)}"
            )
        steps, samples, *size = inputs[name].shape
        if size != [graph.nodes[name].size]:
            raise BadInput(f"inputs: {name} has {size} values a step, must have {graph.nodes[name].size}")
        lengths.add((steps, samples))
    if len(lengths) != 1:
        raise BadInput(f"inputs: have (steps, samples) {sorted(lengths)}, must be one")
    return lengths.pop()


def _rest(node: Node, samples: int, dt: float) -> State:
    zeros = np.zeros((samples, node.size))
    longest = int(np.rint(node.values["delay"] / dt).max(initial=0)) if node.kind == "Delay" else 0
    return State(zeros, zeros.copy(), np.zeros((longest, samples, node.size)))


def _advance(node: Node, state: State, arriving: np.ndarray, dt: float) -> np.ndarray:
    """One step of a node with a state, which is changed; what it sends."""
    p, kind, v = node.values, node.kind, state.voltage
    if kind == "Threshold":
        return (arriving > p["threshold"]).astype(np.float64)
    if kind == "Delay":
        return _delayed(node, state, arriving, dt)
    if kind in ("CubaLIF", "CubaLI"):
        state.current[:] += dt / p["tau_syn"] * (-state.current + p["w_in"] * arriving)
        arriving = state.current
    if kind in ("IF", "I"):
        v += p["r"] * arriving
    else:
        tau = p["tau_mem"] if "tau_mem" in p else p["tau"]
        v += dt / tau * ((p["v_leak"] - v) + p["r"] * arriving)
    if kind not in SPIKING:
        return v.copy()
    fired = v > p["v_threshold"]
    after = v - (p["v_threshold"] - p["v_reset"]) if node.subtracts else np.broadcast_to(p["v_reset"], v.shape)
    v[:] = np.where(fired, after, v)
    return fired.astype(np.float64)


def _delayed(node: Node, state: State, arriving: np.ndarray, dt: float) -> np.ndarray:
    steps = np.rint(node.values["delay"] / dt).astype(int)
    past = np.concatenate([np.broadcast_to(arriving, state.voltage.shape)[None], state.past])
    state.past[:] = past[: len(state.past)]
    return past[steps, :, np.arange(node.size)].T
