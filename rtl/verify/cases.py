"""Functional coverage: how often each case of the rule and of the neuron came up in a run.

Cases are counted on what the emulator recorded. In lock-step that is what the Verilog did: every spike and every h is
compared. The steps of a tick are worked out anew from the record before it, and must end at the record after it.
"""

import numpy as np

from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, MEMBRANE_LIMIT, MEMBRANE_SHIFT, Constants
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import Stream
from bicall.emulator.rule.recording import Recording
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState

CASES = (
    *(f"{spike} spike: gate {gate}" for spike in ("pre", "post")
      for gate in ("below the window", "at its lower end", "open", "at its upper end", "above the window")),
    *(f"pre spike: y {side} theta_j" for side in ("below", "at", "above")),
    *(f"post spike: x {side} theta_i" for side in ("below", "at", "above")),
    *(f"{step} {end}" for step in ("depression", "potentiation")
      for end in ("within the range", "ends at 0", "rounded down", "rounded up")),
    "potentiation ends at full scale",
    "both spikes change a synapse in one tick",
    "drift up", "drift up ends at full scale", "drift down", "drift down ends at 0",
    "transmits low", "transmits high", "a spike where no synapse is", "a step where no synapse is",
    "decay rounded down", "decay rounded up",
    "neuron fires", "neuron at its threshold", "neuron waits", "teacher's spike", "membrane at its floor",
    "membrane ends at its upper limit", "membrane ends at its lower limit",
    "current wraps above", "current wraps below",
    "no learning", "no learning enable", "driven neuron",
    "archive full, a sweep", "event dropped",
)  # fmt: skip


class Cases:
    """Counts by case, 0 at first."""

    def __init__(self):
        self.counts = dict.fromkeys(CASES, 0)

    def add(self, case: str, seen) -> None:
        """Count a case: a number, or an array of booleans."""
        self.counts[case] += int(np.sum(seen))

    @property
    def missing(self) -> list[str]:
        return [case for case, count in self.counts.items() if not count]

    def count(
        self,
        constants: Constants,
        seed: int,
        before: LayerState,
        teacher: np.ndarray,
        recording: Recording,
        learning: bool,
        enabled: np.ndarray,
        drive: np.ndarray,
    ) -> None:
        """Count what came up in a run.

        Args:
            before: the state that the run began with.
            teacher: bool[ticks, post], the teacher's spikes.
            recording: of every tick of the run, with h.
            enabled: bool[post], who learns; drive: int32[ticks, post or 1].
        """
        self.add("no learning enable", ~enabled & learning)
        self.add("driven neuron", drive != 0)
        state = before.copy()
        values = {name: variable.values for name, variable in recording.variables.items()}
        for k, tick in enumerate(recording.variables["h"].ticks):
            state.tick = int(tick)
            after = {name: values[name][k] for name in STATE_VARIABLES}
            pre, post = values["pre_spikes"][k], values["post_spikes"][k]
            self._tick(
                constants, FixedPoint(constants, seed), state, pre, post, teacher[k], after, learning, enabled, drive[k]
            )
            for name in STATE_VARIABLES:
                getattr(state, name)[...] = after[name]

    def _tick(self, c, arithmetic, state, pre, post, teacher, after, learning, enabled, drive) -> None:
        rows, columns, tick = state.rows, state.columns, state.tick
        decayed = {}
        for name, index in (("x", rows), ("y", columns), ("s", columns)):
            trace = getattr(state, name).astype(np.int64)
            decayed[name] = arithmetic.decay(name, trace, index, tick)
            if getattr(c, f"{name}_rounding"):
                raised = decayed[name] > trace * getattr(c, f"{name}_decay") >> DECAY_FRACTION_BITS
                self.add("decay rounded up", raised)
                self.add("decay rounded down", ~raised)
        self.add("no learning", not learning)

        h = state.h.astype(np.int64)
        high = h > c.h_threshold
        there = np.ones(h.shape, bool) if state.connected is None else state.connected
        if learning and tick % c.drift_period == 0:
            self._drift(c, h, high, there)
            h = np.clip(np.where(high, h + c.drift_up, h - c.drift_down), 0, c.h_full)  # 0 stays where none is
        self.add("transmits high", high[pre])
        self.add("transmits low", (there & ~high)[pre])
        self.add("a spike where no synapse is", ~there[pre])

        spiking = int(np.count_nonzero(pre))
        self._gate(c, "pre", decayed["s"], spiking)
        depressed = (c.gate_low < decayed["s"]) & (decayed["s"] < c.gate_high) & enabled
        self._threshold("pre spike: y {} theta_j", decayed["y"][depressed], c.post_threshold, spiking)
        depressed &= decayed["y"] > c.post_threshold
        h = self._step(c, arithmetic, state, "depression", h, c.depression_pre, pre, depressed, Stream.ROUND_PRE)

        self._gate(c, "post", after["s"][post], 1)
        changed = post & (c.gate_low < after["s"]) & (after["s"] < c.gate_high) & enabled
        x = after["x"].astype(np.int64)
        self._threshold("post spike: x {} theta_i", x, c.pre_threshold, int(np.count_nonzero(changed)))
        step = arithmetic.potentiation(x) + np.where(x < c.pre_threshold, c.depression_post, 0)
        everything = np.ones(len(rows), bool)
        h = self._step(c, arithmetic, state, "potentiation", h, step, everything, changed, Stream.ROUND_POST)
        self.add(
            "both spikes change a synapse in one tick", np.count_nonzero(pre) * np.count_nonzero(depressed & changed)
        )
        assert np.array_equal(h, after["h"]), "the steps of a tick do not lead to its record"
        self._neurons(c, arithmetic, state, high[pre], there[pre], teacher, post, after, drive)

    def _drift(self, c: Constants, h: np.ndarray, high: np.ndarray, there: np.ndarray) -> None:
        self.add("drift up", high & (h < c.h_full) & (c.drift_up > 0))
        self.add("drift up ends at full scale", high & (h + c.drift_up > c.h_full))
        self.add("drift down", ~high & (h > 0) & (c.drift_down > 0))
        self.add("drift down ends at 0", there & ~high & (h < c.drift_down))

    def _gate(self, c: Constants, spike: str, s: np.ndarray, spikes: int) -> None:
        where = {
            "below the window": s < c.gate_low,
            "at its lower end": s == c.gate_low,
            "open": (c.gate_low < s) & (s < c.gate_high),
            "at its upper end": s == c.gate_high,
            "above the window": s > c.gate_high,
        }
        for gate, seen in where.items():
            self.add(f"{spike} spike: gate {gate}", np.count_nonzero(seen) * spikes)

    def _threshold(self, case: str, trace: np.ndarray, threshold: int, spikes: int) -> None:
        for side, seen in (("below", trace < threshold), ("at", trace == threshold), ("above", trace > threshold)):
            self.add(case.format(side), np.count_nonzero(seen) * spikes)

    def _step(self, c, arithmetic, state, kind, h, step, which_rows, which_columns, stream) -> np.ndarray:
        """h after a learning step of the synapses that exist in some rows and columns."""
        places, synapses = c.step_fraction_bits, np.ix_(which_rows, which_columns)
        rows, columns = state.rows[which_rows], state.columns[which_columns]
        step = np.broadcast_to(np.reshape(step, (-1, 1)), h.shape)[synapses]
        before, h = h[synapses], h.copy()
        there = np.ones(before.shape, bool) if state.connected is None else state.connected[synapses]
        h[synapses] = np.where(there, arithmetic.learn(before, step, rows, columns, state.tick, stream), before)
        # the rounded step, from the middle of a range that no step leaves
        wide, middle = FixedPoint(c._replace(h_full=1 << 40), arithmetic.seed), 1 << 39
        rounded = wide.learn(np.full_like(before, middle), step, rows, columns, state.tick, stream) - middle
        self.add("a step where no synapse is", ~there)
        self.add(f"{kind} ends at 0", there & (before + rounded < 0))
        self.add(f"{kind} within the range", there & (before + rounded >= 0) & (before + rounded <= c.h_full))
        if kind == "potentiation":
            self.add("potentiation ends at full scale", there & (before + rounded > c.h_full))
        rounded_up = rounded > step >> places
        self.add(f"{kind} rounded up", there & rounded_up)
        self.add(f"{kind} rounded down", there & ~rounded_up)
        return h

    def _neurons(self, c, arithmetic, state, high, there, teacher, fired, after, drive) -> None:
        low = there & ~high
        arriving = high.sum(axis=0) * c.weight_high + low.sum(axis=0) * c.weight_low + teacher * c.teacher_weight
        arriving = arriving + drive
        current = arithmetic.leak(state.current, c.current_decay) + (arriving << MEMBRANE_SHIFT)
        membrane = arithmetic.leak(state.membrane, c.membrane_decay) + after["current"]
        active = state.refractory == 0
        self.add("neuron fires", fired)
        self.add("neuron waits", ~active)
        self.add("neuron at its threshold", ~fired & (after["membrane"] == c.membrane_threshold))
        self.add("teacher's spike", teacher)
        self.add("current wraps above", current > MEMBRANE_LIMIT)
        self.add("current wraps below", current <= -MEMBRANE_LIMIT)
        self.add("membrane at its floor", active & (membrane < c.membrane_floor))
        self.add("membrane ends at its upper limit", active & (membrane >= MEMBRANE_LIMIT))
        self.add("membrane ends at its lower limit", active & (membrane <= -MEMBRANE_LIMIT))
