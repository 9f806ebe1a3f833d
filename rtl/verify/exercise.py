"""A core of some shape, put through everything a host can do, beside the emulator.

Networks that learn; registers and state from all over their ranges; thresholds that are just met; a host that stalls;
all registers written and read back; and what a host must not do.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bicall.emulator.rule import plain
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.reporting import progress
from bicall.rtl.driver import simulator
from bicall.rtl.driver.core import AXON_SPIKE, END_OF_TICK, RESET, TEACHER_SPIKE, Core
from bicall.rtl.driver.core_words import NEURONS, ROWS, H
from bicall.rtl.driver.registers import BY_NAME, CONSTANTS, FIRST_CONSTANT, IDENTITY, REGISTERS, When
from bicall.rtl.verify.cases import Cases
from bicall.rtl.verify.coverage import read_points
from bicall.rtl.verify.cycles import SAMPLES
from bicall.rtl.verify.lockstep import Lockstep
from bicall.rtl.verify.random_networks import SHAPES, Shape, lively, trains, wild_constants, wild_state


class Exercise:
    """A shape's core and all that it is put through.

    Args:
        shape: of the core.
        seed: of all that is random.
        folder: where Verilog files lie that take the place of this room's.
        coverage: count what is covered, for `core.coverage`.
        cases: takes the rule's cases as they come up.
        netlist: it is one, of which only the ports show: no h at accesses, only that of the state after a flush.

    Raises:
        BadInput: as `Core`.
    """

    def __init__(
        self,
        shape: Shape,
        seed: int,
        folder: Path = simulator.ROOM,
        coverage: bool = False,
        cases: Cases | None = None,
        netlist: bool = False,
    ):
        self._random = np.random.default_rng(seed)
        self._size = shape.size
        self._constants = fixed(lively(shape.changes, seed))
        self._cases, self._netlist = cases, netlist
        self.core = Core(self._constants, shape.size, folder, coverage)
        state = wild_state(self._constants, shape.size, self._random)
        self._both = Lockstep(self.core, state, seed, run=plain.run, cases=cases)
        self.core.pauses(seed, idle=0.3, busy=0.5)

    def run(self, samples: int = 5, wild: int = 6) -> dict:
        """All of it.

        Returns:
            as `Lockstep.result`; `sweeps`, and `dropped` events (must be none), of the networks that learn; `ports`:
            how many answers of the host's side were wrong.
        """
        self.learns(samples)
        self.stalls()
        self.counts_samples()
        self.runs_at_thresholds()
        sweeps, dropped = self.core.read("sweeps"), self.core.read("dropped")
        for _ in range(wild):
            self.runs_wild()
        result = self.result | {"sweeps": sweeps, "dropped": dropped}
        result["ports"] = self.reports() + self.refuses() + self.keeps_registers() + self.waits_its_turn()
        if self._cases:
            self._cases.add("archive full, a sweep", sweeps)
        self.core.close()
        return result

    @property
    def result(self) -> dict:
        """As `Lockstep.result`, after a flush."""
        return self._both.finish()

    def learns(self, samples: int) -> None:
        """Samples with resets, one without, a silent one, one without learning; pauses on both streams."""
        random, size, both = self._random, self._size, self._both
        for _ in range(samples):
            both.sample(*trains(size, random))
            both.ticks(*trains(size, random, 20))
        both.sample(SpikeTrain.silent(40), trains(size, random, 40)[1])
        both.sample(*trains(size, random), learning=False)
        both.ticks(*trains(size, random))
        for _ in range(samples):
            for part in (both.sample, both.ticks):
                part(*trains(size, random, 20), drive=self._drive(20, 2000), learns=random.random(size.neurons) < 0.5)

    def _drive(self, ticks: int, largest: int) -> np.ndarray:
        """A drive of one strength, now and then."""
        random = self._random
        strength = random.integers(-largest, largest)
        return (random.random((ticks, self._size.neurons)) < 0.1).astype(np.int32) * np.int32(strength)

    def runs_wild(self) -> None:
        """Registers and state from all over their ranges. Few spikes, so that no neuron's input passes 2^18."""
        random, size = self._random, self._size
        self._both.finish()
        constants = wild_constants(self._constants, random)
        self.core.configure(constants)
        self.core.write("drifts", int(random.integers(2**32)))
        self._both.load(wild_state(constants, size, random), int(random.integers(2**32)))
        self._both.ticks(SpikeTrain.silent(1), SpikeTrain.silent(1))  # nothing moves a current from its range's end
        for k in range(3):
            pre = np.zeros((20, size.axons), bool)
            pre[np.arange(20), random.integers(0, size.axons, 20)] = random.random(20) < 0.7
            teacher = SpikeTrain.from_dense(random.random((20, size.neurons)) < 0.3)
            shown = self._both.ticks if k < 2 else self._both.sample
            shown(SpikeTrain.from_dense(pre), teacher, drive=self._drive(20, 2**16))

    def runs_at_thresholds(self) -> None:
        """Ticks in which a threshold is just what it is compared with."""
        random, size, both, c = self._random, self._size, self._both, self.core.constants
        axons, neurons = (SpikeTrain.from_dense(np.ones((1, n), bool)) for n in (size.axons, size.neurons))
        for _ in range(3):
            for name in ("gate_low", "gate_high", "post_threshold", "pre_threshold", "membrane_threshold"):
                both.ticks(*trains(size, random, 10))
                # nobody fires above the highest membrane: then y and s are as decayed, and the membrane as integrated
                ahead = both.state.copy()
                plain.run(c._replace(membrane_threshold=2**23 - 1), ahead, axons, neurons, both.seed)
                s = plain.FixedPoint(c, both.seed).bump("s", ahead.s) if random.random() < 0.5 else ahead.s
                met = {"post_threshold": ahead.y, "pre_threshold": ahead.x, "membrane_threshold": ahead.membrane}
                value = int(random.choice(met.get(name, s)))
                wide = {"gate_low": -1, "gate_high": c.s_full + 1}
                both.finish()  # steps that wait are made with the constants as they were
                self.core.configure(c._replace(**{**wide, name: value}))
                both.ticks(axons, neurons)
                both.finish()
                self.core.configure(c)

    def counts_samples(self) -> None:
        """So many short samples, and some without a tick, that their numbers come round."""
        random, size, both = self._random, self._size, self._both
        for _ in range(0, SAMPLES + 16, 3):
            both.state.reset()
            self.core.send(np.full(2, RESET, np.uint32), 0)
            both.sample(*trains(size, random, 2))

    def stalls(self) -> None:
        """A host that hardly ever takes a spike, while all axons and neurons spike; all weights are high, then low."""
        size, both, c = self._size, self._both, self.core.constants
        self.core.pauses(1, idle=0, busy=0.998)
        for h in (c.h_full, 0):
            both.finish()
            state = both.state.copy()
            state.h[:] = h if state.connected is None else state.connected * h
            both.load(state, both.seed)
            axons, neurons = (SpikeTrain.from_dense(np.ones((12, n), bool)) for n in (size.axons, size.neurons))
            both.sample(axons, neurons)
        self.core.pauses(2, idle=0.3, busy=0.5)

    def reports(self) -> int:
        """What the core says of itself; the number of wrong answers."""
        size, core, wrong = self._size, self.core, 0
        words = {"identity": IDENTITY, "axons": size.axons, "neurons": size.neurons, "lanes": size.lanes}
        words["sparse"] = int(size.sparse)
        words |= {"status": 4, "flush": 0, "tick": self._both.state.tick}
        words |= {} if self._netlist else {"words_read": self._both.words}
        wrong += sum(core.read(name) != value for name, value in words.items())
        core.send(np.array([TEACHER_SPIKE], np.uint32), 0)
        statuses = [core.read("status") for _ in range(2 + 40 * size.neurons // 4)]
        wrong += statuses[0] & 1 != 1 or statuses[-1] != 2  # busy at first, then in a tick
        core.send(np.array([END_OF_TICK], np.uint32), 1)
        return wrong

    def waits_its_turn(self) -> int:
        """Writes that would be taken at another time: in a tick, and before a flush; the number of wrong answers."""
        core, wrong = self.core, 0
        # the middle of a range, that is what only a wrong time can refuse
        middle = {r: sum(r.range(self._constants)) // 2 for r in REGISTERS if r.when is not When.NEVER}
        state = {NEURONS + 1: When.BETWEEN_TICKS, ROWS: When.FLUSHED, H: When.FLUSHED}
        asked = [(r.word, r.when, value) for r, value in middle.items()] + [(w, when, 0) for w, when in state.items()]
        late = {"in a tick": (When.BETWEEN_TICKS, When.FLUSHED), "before a flush": (When.FLUSHED,)}
        for at, refused in late.items():
            inside = at == "in a tick"
            core.send(np.array([TEACHER_SPIKE if inside else END_OF_TICK], np.uint32), 1 - inside)
            wrong += sum(self._refused(word, value) for word, when, value in asked if when in refused)
        core.flush()
        taken = [(word, value) for word, _, value in asked if word != BY_NAME["flush"].word]
        wrong += sum(core.write_word(word, value) != 0 for word, value in taken)
        core.configure(self._constants)
        return wrong

    def keeps_registers(self) -> int:
        """Write each register all over its range and read it back; the number of wrong answers."""
        core, random, wrong = self.core, self._random, 0
        core.flush()
        for register in REGISTERS:
            if register.when is When.NEVER or register.name == "flush":
                continue
            word, (low, high) = register.word, register.range(self._constants)
            signed_zero = [0] if low <= 0 else []
            for value in [low, high, *signed_zero, -1 if low < 0 else high, *random.integers(low, high + 1, 4)]:
                response = core.write_word(word, int(value))
                wrong += (response, core.read_word(word)) != (0, (0, int(value) & 0xFFFFFFFF))
            if register.name in CONSTANTS:
                wrong += self._refused(word, high + 1) + self._refused(word, low - 1)
        core.configure(self._constants)
        core.write("learn", 1)
        return wrong

    def refuses(self) -> int:
        """Addresses where nothing is, values that do not fit, partial writes, unknown events; the wrong answers."""
        core, random, size, wrong = self.core, self._random, self._size, 0
        last = size.h_word(size.axons - 1, size.neurons - 1)
        nowhere = [20, 31, FIRST_CONSTANT + len(CONSTANTS), 63, 1 << 19, last + 1, H + (1 << 20) - 1]
        nowhere += [NEURONS + 4 * size.neurons, NEURONS + (1 << 20) - 1, ROWS + 4 * size.axons, ROWS + (1 << 20) - 1]
        if size.lanes & (size.lanes - 1):  # a lane beyond the last has an address
            nowhere.append(size.h_word(0, 0) + size.lanes)
        for word in [*nowhere, *(int(w) for w in random.integers(64, 1 << 20, 40))]:
            wrong += core.read_word(word)[0] != 2
            wrong += core.write_word(word, int(random.integers(2**32))) != 2
        c = self._constants
        no_fit = {NEURONS: 1 << c.y_bits, NEURONS + 1: 1 << 24, NEURONS + 2: 1 << 23, NEURONS + 3: 256}
        no_fit |= {ROWS: 1 << c.x_bits, ROWS + 1: 0, ROWS + 2: 0, ROWS + 3: 0, H: 1 << (c.h_bits + size.sparse)}
        if size.sparse:
            no_fit[H + 1] = 1  # h of a synapse that does not exist
        core.flush()  # so that only the value is wrong
        wrong += sum(self._refused(word, value) for word, value in no_fit.items())
        for strobes in range(15):
            wrong += self._refused(BY_NAME["seed"].word, int(random.integers(2**32)), strobes)
        core.write("dropped", 0)
        tick = core.read("tick")
        stray = random.integers(2**16, 2**30, 60) | random.integers(0, 4, 60) << 30
        out = [AXON_SPIKE + size.axons, AXON_SPIKE + 65535, TEACHER_SPIKE + size.neurons, END_OF_TICK + 1, RESET + 4]
        core.send(np.concatenate([stray, out]).astype(np.uint32), 0)
        wrong += core.read("tick") != tick  # none of them began one
        core.send(np.array([AXON_SPIKE, AXON_SPIKE, RESET, END_OF_TICK], np.uint32), 1)  # twice, and a reset inside
        wrong += core.read("tick") != tick + 1
        stray, dropped = [*stray, AXON_SPIKE, RESET], core.read("dropped")
        wrong += dropped != len(stray) + len(out)
        if self._cases:
            self._cases.add("event dropped", dropped)
        return wrong

    def _refused(self, word: int, value: int, strobes: int = 15) -> bool:
        """Whether a write that must be refused was not, or changed something."""
        before = self.core.read_word(word)
        return self.core.write_word(word, value, strobes) != 2 or self.core.read_word(word) != before


def exercise_shapes(seeds: Iterable[int], coverage: bool = False) -> dict:
    """Put a core of each shape through everything.

    Args:
        seeds: of all that is random; all shapes run once for each.
        coverage: count what is covered (slower).

    Returns:
        `shapes`: by name, sums of `Exercise.run` over the seeds; `cases`: how often each case of the rule came up;
        `points`: if asked for, how often each `rtl.verify.coverage.Point` was covered.
    """
    cases = Cases()
    points: Counter = Counter()
    shapes: dict[str, dict] = {}
    for name, shape in progress(SHAPES.items(), "small random networks", total=len(SHAPES)):
        runs = []
        for seed in seeds:
            one = Exercise(shape, seed, coverage=coverage, cases=cases)
            runs.append(one.run())
        if coverage:
            points.update(read_points(one.core.coverage()))
        first = next((run["first"] for run in runs if run["first"]), None)
        shapes[name] = {key: sum(run[key] for run in runs) for key in runs[0] if key != "first"} | {"first": first}
    return {"shapes": shapes, "cases": cases.counts, "points": points}
