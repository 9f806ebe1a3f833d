"""What a plasticity rule tells the update schemes.

A rule is a named tuple of parameters with three promises.

1. Its neuron archives, at each step, at most one number, the entry (all that the synapses will need from that step),
   and a level (read only at a presynaptic spike, at one step).
2. A synapse is a row of `state`, an array of shape (synapses, fields). It can be advanced in time, integrate one
   entry, and transmit.
3. If the change is linear in the presynaptic trace, all synapses with the same previous spike can share sums over the
   archive (Stapmanns et al. 2021): the rule says how an entry folds into a sum and how a synapse uses the sum. If
   traces decay exponentially, it may also say how fast: then sums can be had from prefix sums.

The functions below are the operations. They are only names: a rule gives each a body with
`@implements(operation, Rule)`, and the compiled schemes pick the body by the type of `rule`, so a scheme is written
once and the choice costs nothing at run time. Keep a rule in a module that can be imported (not in a script or a test):
what Numba keeps compiled names the rule, and cannot be read if the rule cannot be imported.

Times are integer steps. A spike of step s reaches back through the dendritic delay d: it reads the entries of the steps
up to s - d, and an entry of step k acts on the synapse at step k + d.
"""

from collections.abc import Callable

import numpy as np
from numba.extending import overload

from bicall.emulator.support.caching import cached_njit

ONLY_A_NAME = "a rule's body is called in its place, by compiled code"


def implements(operation: Callable, rule: type) -> Callable:
    """Register the decorated function as the body of `operation` for parameters of the named-tuple class `rule`."""

    def register(body: Callable) -> Callable:
        def choose(parameters, *_):
            return body if getattr(parameters, "instance_class", None) is rule else None

        overload(operation, strict=False, jit_options={"nogil": True})(choose)
        return body

    return register


def pre_first(rule) -> int:
    """1 if a presynaptic spike of a step comes before the entry of that step, 0 if after."""
    raise NotImplementedError(ONLY_A_NAME)


def advance(rule, state, synapse, start, stop) -> None:
    """What happens to a synapse by itself from step `start` to step `stop`."""


def integrate(rule, state, synapse, value, previous, entry, delay) -> None:
    """Apply the entry of step `entry`, which acts at `entry` + `delay`, after the presynaptic spike of `previous`."""


def settle(rule, state, synapse) -> float:
    """The weight that follows from all that has been integrated; the state stays as it is."""
    raise NotImplementedError(ONLY_A_NAME)


def transmit(rule, state, synapse, level, previous, step) -> float:
    """The presynaptic spike of step `step` itself, after the one of `previous`: apply `level`, bump the trace.

    Returns the weight that is sent.
    """
    raise NotImplementedError(ONLY_A_NAME)


def fold(rule, segments, segment, value, since, gap) -> None:
    """Add an entry to row `segment` of `segments`: `since` steps after its start, `gap` after its previous entry."""


def merge(rule, sums, slot, segments, segment, age, length, gap) -> None:
    """Append row `segment` of `segments` to row `slot` of `sums`.

    The segment began `age` steps after the spike the sums belong to, is `length` steps long and its last entry lies
    `gap` steps before its end.
    """


def integrate_sums(rule, state, synapse, sums, slot) -> None:
    """Apply all entries of the window at once, from row `slot` of `sums`, after `advance` over the whole window."""


def exponents(rule) -> np.ndarray:
    """What the sums of `integrate_sums` are, but for the first field (the number of entries): float64[fields - 1, 2].

    Field f is the sum of v exp(-(e - begin) rate - (end - begin) fade) over the entries v of the steps e after `begin`
    up to `end`, the synapse's previous spike and this one, less its delay; row f - 1 has rate and fade, a step.
    """
    raise NotImplementedError(ONLY_A_NAME)


@cached_njit(nogil=True)
def milliseconds(rule, step):
    """The time of a step in ms with the roundings of NEST, which counts time in tics of 1 us."""
    return (step * rule.tics) * 0.001


@cached_njit(nogil=True)
def settle_all(rule, state):
    """The weight of every synapse, shape (synapses,)."""
    weights = np.empty(len(state))
    for synapse in range(len(state)):
        weights[synapse] = settle(rule, state, synapse)
    return weights
