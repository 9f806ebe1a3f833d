"""What is wrong with a chip: circuits that differ, dead and stuck parts, bits that flip, spikes early or late."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.rule.constants import (
    COUNTS,
    MEMBRANE_LIMIT,
    OF_AXONS,
    OF_NEURONS,
    Constant,
    Constants,
    fixed,
    quantise,
    real,
)
from bicall.emulator.rule.state import LayerState, SpikeTrain

# what is the factor of an exponential decay; its time constant differs
DECAYS = ("x_decay", "y_decay", "s_decay", "current_decay", "membrane_decay")
BUMPS = ("x_bump", "y_bump", "s_bump")
DIFFERING = tuple(name for name in OF_AXONS + OF_NEURONS if name not in COUNTS)
HIGHEST_MEMBRANE = MEMBRANE_LIMIT - 1  # which no membrane is above


class Imperfections(NamedTuple):
    """What is wrong. Shares are of all that there is; the default is a perfect chip."""

    mismatch: float = 0.0  # standard deviation of the logarithm of each circuit's own constants
    stuck_synapses: float = 0.0  # share whose h stays at an end, at 0 as often as at full scale
    silent_neurons: float = 0.0  # share that never fires
    dead_axons: float = 0.0  # share whose spikes never arrive
    h_flips_per_s: float = 0.0  # flipped bits of each h, a second
    trace_flips_per_s: float = 0.0  # flipped bits of each x, y and s, a second
    jitter_ticks: int = 0  # each input spike comes up to so many ticks early or late
    drift_up: float = 1.0  # factor on the drift towards 1
    drift_down: float = 1.0  # factor on the drift towards 0


class Chip:
    """One chip with its imperfections, of the size of a layer; the same from one description of the rule to the next.

    Args:
        seed: of what is wrong on this chip.
        tick_ms: length of a tick.
        run: the loop, `rule.compiled.run` or `rule.plain.run`.
    """

    def __init__(self, imperfections: Imperfections, shape: tuple[int, int], seed: int, tick_ms: float, run: Callable):
        self.imperfections, self._tick_ms, self._run = imperfections, tick_ms, run
        axons, neurons = shape
        parts, self._flips = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
        self._jitter = np.random.default_rng([seed, 2])
        self._factors = {
            name: np.exp(imperfections.mismatch * parts.standard_normal(axons if name in OF_AXONS else neurons))
            for name in DIFFERING
        }
        self.stuck = parts.random(shape) < imperfections.stuck_synapses
        self._at_full = parts.random(shape) < 0.5
        self.silent = parts.random(neurons) < imperfections.silent_neurons
        self.dead = parts.random(axons) < imperfections.dead_axons

    @property
    def is_steady(self) -> bool:
        """Whether all that is wrong is in the constants and in axons that are dead: nothing happens meanwhile."""
        wrong = self.imperfections
        return not (self.stuck.any() or wrong.h_flips_per_s or wrong.trace_flips_per_s or wrong.jitter_ticks)

    def constants(self, description: Description, arithmetic: str) -> Constants:
        """The constants of a description as this chip's circuits have them: arrays where they differ."""
        wrong = self.imperfections
        hidden = description.hidden_weight
        drifting = with_values(
            description,
            hidden_weight__drift_up_per_s=wrong.drift_up * hidden.drift_up_per_s,
            hidden_weight__drift_down_per_s=wrong.drift_down * hidden.drift_down_per_s,
        )
        whole = arithmetic == "fixed"
        c = fixed(drifting) if whole else real(drifting)
        if wrong.mismatch:
            found = {each.name: each for each in quantise(drifting)}
            own: dict[str, Any] = {name: self._own(found[name], whole) for name in DIFFERING}
            c = c._replace(**own)
        if self.silent.any():
            highest = HIGHEST_MEMBRANE if whole else np.inf
            c = c._replace(membrane_threshold=np.where(self.silent, highest, c.membrane_threshold))
        return c

    def _own(self, constant: Constant, whole: bool) -> np.ndarray:
        """A constant of each axon or neuron."""
        factors, name, value = self._factors[constant.name], constant.name, constant.physical
        if not np.isfinite(value):
            return np.full(len(factors), constant.integer if whole else value)
        # a time constant times f: the decay exp(-dt / tau) to the power 1 / f
        values = value ** (1 / factors) if name in DECAYS and value > 0 else value * factors
        if name in BUMPS:
            values = np.minimum(values, 1.0)
        if not whole:
            return values
        scale = constant.integer / constant.represented if constant.represented else 0.0
        integers = np.rint(values * scale).astype(np.int64)
        return np.minimum(integers, HIGHEST_MEMBRANE) if name == "membrane_threshold" else integers

    def run(
        self,
        c: Constants,
        state: LayerState,
        pre: SpikeTrain,
        teacher: SpikeTrain,
        seed: int,
        learning: bool,
        drive: np.ndarray | None = None,
        learns: np.ndarray | None = None,
    ) -> np.ndarray:
        """Run as `rule.plain.run`, with what is wrong, changing `state` in place; bool[ticks, post], the spikes.

        Args:
            c: of `constants`.
        """
        arriving = self._arriving(pre, len(state.x))
        flips = self._due(state, pre.ticks, c)
        edges = np.unique([0, *(tick for tick, *_ in flips), pre.ticks])
        spikes = []
        self._hold(state, c)
        for first, last in zip(edges[:-1], edges[1:], strict=True):
            for tick, name, entry, bit in flips:
                if tick == first:
                    _flip(state, c, name, entry, bit)
            cut = [SpikeTrain(train.starts[first : last + 1], train.sources) for train in (arriving, teacher)]
            driven = None if drive is None else drive[first:last]
            found = self._run(c, state, *cut, seed, learning, drive=driven, learns=learns)
            spikes.append(found[0] if isinstance(found, tuple) else found)
            self._hold(state, c)
        return np.concatenate(spikes)

    def _arriving(self, pre: SpikeTrain, axons: int) -> SpikeTrain:
        wrong = self.imperfections
        if not (wrong.jitter_ticks or self.dead.any()):
            return pre
        ticks, sources = np.nonzero(pre.dense(axons))
        ticks += self._jitter.integers(-wrong.jitter_ticks, wrong.jitter_ticks + 1, len(ticks))
        alive = ~self.dead[sources]
        arriving = np.zeros((pre.ticks, axons), bool)
        arriving[np.clip(ticks[alive], 0, pre.ticks - 1), sources[alive]] = True
        return SpikeTrain.from_dense(arriving)

    def _due(self, state: LayerState, ticks: int, c: Constants) -> list[tuple[int, str, int, int]]:
        """The bits that flip in a run: before which tick, which variable, which entry, which bit."""
        wrong, random, flips = self.imperfections, self._flips, []
        for name in ("h", "x", "y", "s"):
            rate = wrong.h_flips_per_s if name == "h" else wrong.trace_flips_per_s
            if rate:
                entries, bits = getattr(state, name).size, getattr(c, f"{name}_bits")
                for _ in range(random.poisson(rate * entries * ticks * self._tick_ms / 1e3)):
                    flips.append(
                        (int(random.integers(ticks)), name, int(random.integers(entries)), int(random.integers(bits)))
                    )
        return flips

    def _hold(self, state: LayerState, c: Constants) -> None:
        """Stuck synapses are where they are, whatever a step did."""
        if self.stuck.any():
            state.h[self.stuck] = np.where(self._at_full[self.stuck], c.h_full, 0)


def _flip(state: LayerState, c: Constants, name: str, entry: int, bit: int) -> None:
    """Turn one bit over; of a float that of the number which would stand for it in fixed point."""
    values, full = getattr(state, name), (1 << getattr(c, f"{name}_bits")) - 1
    place = np.unravel_index(entry, values.shape)
    if values.dtype == np.float64:
        values[place] = (int(np.rint(values[place] * full)) ^ (1 << bit)) / full
    else:
        values[place] ^= 1 << bit
