"""Networks as files: an .npz that any tool with NumPy can write, with the state that a run has reached.

format                "bicall-network-3" (2 and 1 held classifiers only)
about                 JSON: `name`; `populations`, in order of their nodes, each with `name`, `shape`, `is_input`,
                      `is_read`, and `rule` (the sections of a rule, with its `name`), or `constants` (the integers of
                      emulator.rule.constants.Constants), or null for both;
                      `projections`, each with `pre`, `post`, `kind` (fixed, plastic or direct) and `bits`;
                      `state`: null, or `arithmetic`, `seed` and `tick`;
                      `more`: what an application keeps beside (an encoder, say), null if nothing
rates                 float64[nodes], spikes a tick; [0] if unknown
n.starts, n.targets,  projection n by rows (compressed sparse rows): int64[pre + 1], int32[synapses],
n.weights, n.delays   int32 or float64[synapses], int32[pre]
state.NAME.VARIABLE   a population's x, y, s, current, membrane, refractory, h [pre, post]; those that it has
recent.NAME.starts,   its spikes in the last ticks, as many as may be under way: int64[ticks + 1], int32[spikes]
recent.NAME.sources
more.NAME             arrays of the application

Files of the format "bicall-hypergraph-1" (one delay a projection, no rules, no state) are read, too.
"""

import json
import os
from typing import Any

import numpy as np
import scipy.sparse

from bicall.emulator.network.network import Network, Population
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.description import rule_from_values
from bicall.emulator.rule.recording import load_arrays, save_arrays
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, LifState, SpikeTrain
from bicall.emulator.support.errors import BadInput

FORMAT, OLD_FORMAT = "bicall-network-3", "bicall-hypergraph-1"

Arrays = dict[str, np.ndarray]


def save(
    network: Network, path: str | os.PathLike[str], more: dict[str, Any] | None = None, arrays: Arrays | None = None
) -> None:
    """Write a network with its state, if it was started, whole or not at all.

    Args:
        more, arrays: what an application keeps in the same file, as JSON and by name.
    """
    state = network.state
    about = {
        "name": network.name,
        "populations": [_about(population) for population in network.populations.values()],
        "projections": [
            {name: getattr(each, name) for name in ("pre", "post", "kind", "bits")} for each in network.projections
        ],
        "state": state and {"arithmetic": state.arithmetic, "seed": state.seed, "tick": state.tick},
        "more": more,
    }
    kept: Arrays = {"rates": network.rates}
    for n, each in enumerate(network.projections):
        kept[f"{n}.starts"] = each.matrix.indptr.astype(np.int64)
        kept[f"{n}.targets"] = each.matrix.indices.astype(np.int32)
        kept[f"{n}.weights"] = each.matrix.data
        kept[f"{n}.delays"] = np.array(each.delays)
    if state:
        for name, layer in state.layers.items():
            for variable in STATE_VARIABLES if isinstance(layer, LayerState) else LifState._fields:
                kept[f"state.{name}.{variable}"] = getattr(layer, variable)
        for name, train in state.recent.items():
            kept[f"recent.{name}.starts"], kept[f"recent.{name}.sources"] = train
    for name, values in (arrays or {}).items():
        kept[f"more.{name}"] = values
    save_arrays(path, FORMAT, about, kept)


def load(path: str | os.PathLike[str]) -> Network:
    """Read a network, with its state if it was started.

    Raises:
        BadInput: no such file, damaged, of another format, or not a network.
    """
    return load_with_more(path)[0]


def load_with_more(path: str | os.PathLike[str]) -> tuple[Network, dict[str, Any] | None, Arrays]:
    """Read a network and what an application keeps beside it. Raises: as `load`."""
    arrays = load_arrays(path, "network", FORMAT, OLD_FORMAT)
    try:
        about = json.loads(str(arrays["about"]))
        network = Network(about["name"])
        for each in about["populations"]:
            _add(network, each)
        for n, each in enumerate(about["projections"]):
            shape = network.populations[each["pre"]].size, network.populations[each["post"]].size
            rows = (arrays[f"{n}.weights"], arrays[f"{n}.targets"], arrays[f"{n}.starts"])
            matrix = scipy.sparse.csr_array(rows, shape=shape)
            matrix.check_format()
            delay = arrays[f"{n}.delays"] if f"{n}.delays" in arrays else each["delay"]
            network.connect(each["pre"], each["post"], matrix, each["bits"], each["kind"], delay)
        rates = np.array(arrays["rates"], np.float64)
        if rates.shape not in ((0,), (network.nodes,)) or not np.all(np.isfinite(rates)) or np.any(rates < 0):
            raise BadInput(f"network {path}: rates must be {network.nodes} numbers that are finite and not negative")
        network.rates = rates
        if about.get("state"):
            _restore(network, about["state"], arrays, f"network {path}")
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"network {path}: is damaged: {error}") from None
    more = {name.removeprefix("more."): values for name, values in arrays.items() if name.startswith("more.")}
    return network, about.get("more"), more


def _about(population: Population) -> dict[str, Any]:
    rule = population.rule
    constants = None if rule else population.constants and population.constants._asdict()
    return {
        "name": population.name,
        "shape": population.shape,
        "is_input": population.is_input,
        "is_read": population.is_read,
        "rule": rule and {"name": rule.name, **rule.model_dump()},
        "constants": constants,
    }


def _add(network: Network, about: dict[str, Any]) -> None:
    name, shape = about["name"], tuple(about["shape"])
    if about["is_input"]:
        network.add_inputs(name, shape)
        return
    rule = about.get("rule")
    constants = about.get("constants")
    model = rule_from_values(rule, rule["name"]) if rule else Constants(**constants) if constants else None
    network.add_neurons(name, shape, model, about["is_read"])


def _restore(network: Network, about: dict[str, Any], arrays: Arrays, where: str) -> None:
    network.start(about["arithmetic"], int(about["seed"]))
    state = network.started
    for name, layer in state.layers.items():
        for variable in STATE_VARIABLES if isinstance(layer, LayerState) else LifState._fields:
            expected, found = getattr(layer, variable), arrays[f"state.{name}.{variable}"]
            if found.shape != expected.shape or found.dtype != expected.dtype:
                raise BadInput(
                    f"{where}: {variable} of {name} is {found.dtype}{list(found.shape)}, must be "
                    f"{expected.dtype}{list(expected.shape)}"
                )
            expected[:] = found
    for name, population in network.populations.items():
        if f"recent.{name}.starts" in arrays:
            train = SpikeTrain(arrays[f"recent.{name}.starts"], arrays[f"recent.{name}.sources"])
            train.check(f"{where}: recent {name}", population.size)
            state.recent[name] = train
    state.advance(int(about["tick"]))
