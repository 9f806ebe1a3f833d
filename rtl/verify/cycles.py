"""What the core does in a tick and how many cycles that takes: counted from the emulator's recording, then a formula.

`cycles_of_ticks` is exact for a host that is never late: events wait when the core wants one, spikes are taken at once.
docs/rtl.md explains the formula.
"""

from bisect import bisect_right
from typing import NamedTuple

import numpy as np

from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.rule import compiled
from bicall.emulator.rule.constants import DECAY_FRACTION_BITS, STOCHASTIC, Constants
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import ROUNDS
from bicall.emulator.rule.recording import Recorder, Recording
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.reporting import progress, working
from bicall.rtl.driver.core import Core, tick_events
from bicall.rtl.driver.core_words import Size
from bicall.rtl.verify.samples import size_of, training_trains

LINE_CYCLES = ROUNDS // 2  # two rounds of a random word a cycle
WORD_CYCLES = LINE_CYCLES + 2  # from asking for one to having it, for a neuron
SAMPLES = 256  # the core tells that many samples apart
ONE = 1 << DECAY_FRACTION_BITS  # a factor of 1


class Work(NamedTuple):
    """What happens in each tick; arrays are int64[ticks].

    `rows` are brought up to date, `swept` of them by a sweep, the others by their axons' spikes. For that they walk
    through `items` and `decays` of x, and ask for `random_words` for steps of h; `waits` are cycles in which they wait
    for these, or for the first of those with which x decays. `post_spikes` are those with an open gate.
    `column_reads` and `column_writes` are words of h if each of them went down its column instead, and a presynaptic
    spike read its row, and wrote it if some neuron depresses: no archive, no sweeps, and drift for nothing.
    """

    teacher_spikes: np.ndarray
    rows: np.ndarray
    swept: np.ndarray
    items: np.ndarray
    decays: np.ndarray
    random_words: np.ndarray
    waits: np.ndarray
    post_spikes: np.ndarray
    column_reads: np.ndarray
    column_writes: np.ndarray


def cycles_of_ticks(constants: Constants, size: Size, work: Work) -> np.ndarray:
    """int64[ticks], cycles from one barrier to the next."""
    draws = (constants.y_rounding, constants.s_rounding).count(STOCHASTIC)
    neuron = 1 + (WORD_CYCLES * draws or 1)
    return (
        11 + neuron * size.neurons
        + work.teacher_spikes
        + (5 + size.groups) * (work.rows + work.items) + (work.rows - work.swept)
        + work.decays
        + work.waits
    )  # fmt: skip


class Ledger:
    """Keeps what rows have seen of the archive, as the core does.

    Args:
        constants: integers.
        size: of the core.
        state: before the first tick, all rows up to date.
        seed: of the stochastic rounding.
    """

    def __init__(self, constants: Constants, size: Size, state: LayerState, seed: int):
        self._c, self._size = constants, size
        self._arithmetic = FixedPoint(constants, seed)
        self._columns, self._connected = state.columns, state.connected
        self._last = np.full(size.axons, state.tick)  # tick of each row's last access
        self._seen = np.zeros(size.axons, int)  # entries of the archive
        self._archive: list[int] = []  # ticks
        self._decays = np.zeros((1, size.axons), np.int64)  # of x, from a first tick on until after each tick
        self._first = state.tick  # tick of its first line: the oldest last access
        self._resets: list[int] = []  # first tick after each
        self._note(state.x[None])

    def forget(self, tick: int) -> int:
        """A reset between samples, after `tick`; how many rows it swept, as numbers of samples come round."""
        self._resets.append(tick + 1)
        if len(self._resets) % SAMPLES:
            return 0
        return int(self._sweep(tick)[0])

    def _sweep(self, tick: int) -> np.ndarray:
        """Bring all rows up to date: how many, then as `_access`."""
        rows = np.arange(self._size.axons)
        done = self._access(rows, tick, draws=False)
        self._archive.clear()
        self._seen[:] = 0
        return np.array([len(rows), *done])

    def count(self, before: LayerState, teacher: SpikeTrain, recording: Recording, learning: bool = True) -> Work:
        """The work of a run, from the state before it and its recording with every variable at every tick."""
        c, size = self._c, self._size
        values = {name: variable.values for name, variable in recording.variables.items()}
        ticks = recording.variables["x"].ticks
        self._note(values["x"])
        gate = (c.gate_low < values["s"]) & (values["s"] < c.gate_high)
        changed = values["post_spikes"].astype(bool) & gate & learning
        depresses = self._depresses(before, values, ticks) & learning
        lines = []
        for k, tick in enumerate(ticks.tolist()):
            spiking = np.flatnonzero(values["pre_spikes"][k])
            done = np.array([len(spiking), *self._access(spiking, tick, bool(depresses[k]))])
            swept = 0
            if changed[k].any():
                self._archive.append(tick)
                if len(self._archive) == size.depth:
                    sweep = self._sweep(tick)
                    swept, done = sweep[0], done + sweep
            column = self._column_words(np.flatnonzero(changed[k]))
            row = len(spiking) * size.groups
            rows, *walked = done
            lines.append((rows, swept, *walked, changed[k].sum(), row + column, row * depresses[k] + column))
        self._drop_old()
        return Work(np.diff(teacher.starts), *np.array(lines, np.int64).reshape(-1, 9).T)

    def _column_words(self, neurons: np.ndarray) -> int:
        """Words that hold a synapse of one of the neurons; those of one group share words."""
        groups = neurons // self._size.lanes
        if self._connected is None:
            return len(np.unique(groups)) * self._size.axons
        return sum(int(self._connected[:, neurons[groups == g]].any(axis=1).sum()) for g in np.unique(groups))

    def _access(self, rows: np.ndarray, tick: int, draws: bool) -> tuple[int, int, int, int]:
        """Bring rows up to date: items, decays of x, random words, cycles of waiting for them.

        Args:
            rows: their numbers.
            tick: now.
            draws: whether the last item, the one of now, needs a random word, as those before it do.
        """
        archive, stochastic_x = np.array(self._archive, int), self._c.x_rounding == STOCHASTIC
        items = decays = words = waits = 0
        for row in rows:
            marks = np.array([self._last[row], *archive[self._seen[row] :], tick])
            until, resets = tick, bisect_right(self._resets, self._last[row])
            if resets < len(self._resets):  # after the last entry before the next reset, x is 0
                until = marks[:-1][marks[:-1] < self._resets[resets]].max()
            of_items = np.diff(self._decays[np.minimum(marks, until) - self._first, row])
            items, decays = items + len(of_items), decays + int(of_items.sum())
            if stochastic_x:  # the line of words fills anew for each item
                waits += LINE_CYCLES * int(np.count_nonzero(of_items))
                of_items += LINE_CYCLES * (of_items > 0)
            if self._c.h_rounding == STOCHASTIC:
                drawing = of_items if draws else of_items[:-1]
                words += len(drawing)
                waits += int(np.maximum(LINE_CYCLES - drawing, 0).sum())  # a word comes while x decays
        self._last[rows], self._seen[rows] = tick, len(archive)
        return items, decays, words, waits

    def _note(self, x: np.ndarray) -> None:
        """Keep in which of further ticks a decay still changes x [ticks, axons]."""
        unsettled = x != 0
        if self._c.x_rounding == STOCHASTIC:
            unsettled &= self._c.x_decay != ONE
        else:
            unsettled &= self._arithmetic.decay("x", x, np.arange(x.shape[1]), 0) != x
        self._decays = np.concatenate([self._decays, self._decays[-1] + unsettled.cumsum(axis=0)])

    def _drop_old(self) -> None:
        oldest = int(self._last.min())
        self._decays, self._first = self._decays[oldest - self._first :], oldest

    def _depresses(self, before: LayerState, values: dict, ticks: np.ndarray) -> np.ndarray:
        """bool[ticks], whether some neuron depresses its synapses: by y and s after their decay, before any bump."""
        c, columns = self._c, self._columns
        y = np.concatenate([before.y[None], values["y"][:-1]])
        s = np.concatenate([before.s[None], values["s"][:-1]])
        found = np.empty(len(ticks), bool)
        for k, tick in enumerate(ticks.tolist()):
            y_now, s_now = (self._arithmetic.decay(n, v[k], columns, tick) for n, v in (("y", y), ("s", s)))
            found[k] = np.any((c.gate_low < s_now) & (s_now < c.gate_high) & (y_now > c.post_threshold))
        return found


def measure(network: Classifier, images: int, lanes: int | None = None, depth: int = 32) -> dict:
    """A network learns digits in the core: cycles beside the formula's, accesses to memory beside those by columns.

    Args:
        network: in fixed point; a copy of it learns.
        images: MNIST's first training images.
        lanes: synapses updated at once; as many as neurons if missing.
        depth: entries of the archive.

    Returns:
        `ticks`, `cycles` and `predicted` cycles, `different` (ticks whose cycles are not the formula's), all without
        the first tick of each image, which waits for the host; `work`: sums of `Work`; `reads` and `writes`: words of
        h, by `rows` (counted by the core) and by `columns`; `synaptic_events`: weights transmitted and weights that a
        postsynaptic spike changes.

    Raises:
        BadInput: a network, or a presentation, that the core does not hold; as `Core`.
    """
    size, c, state, seed = size_of(network, lanes, depth), network.constants, network.state.copy(), network.seed
    with working("building the core"):
        core = Core(c, size)
    core.load(state, seed)
    ledger, works, ticks, cycles, predicted, different = Ledger(c, size, state, seed), [], 0, 0, 0, 0
    events = 0
    for pre, teacher in progress(training_trains(network, images), "the core learns digits", total=images):
        state.reset()
        core.reset_sample()
        ledger.forget(state.tick)
        before, recorder = state.copy(), Recorder(h_every=0)
        _, done = compiled.run(c, state, pre, teacher, seed, recorder=recorder)
        events += done.transmissions + done.potentiations
        works.append(ledger.count(before, teacher, recorder.recording()))
        _, ended = core.send(tick_events(pre, teacher), pre.ticks)
        took, formula = np.diff(ended), cycles_of_ticks(c, size, works[-1])[1:]
        ticks, cycles, predicted = ticks + len(took), cycles + int(took.sum()), predicted + int(formula.sum())
        different += int(np.count_nonzero(took != formula))
    work = {name: int(sum(getattr(work, name).sum() for work in works)) for name in Work._fields}
    counted = {name: core.read(f"words_{name}") for name in ("read", "written")}
    core.close()
    return {
        "size": size._asdict(),
        "images": images,
        "ticks": ticks,
        "cycles": cycles,
        "predicted": predicted,
        "different": different,
        "work": work,
        "reads": {"rows": counted["read"], "columns": work["column_reads"]},
        "writes": {"rows": counted["written"], "columns": work["column_writes"]},
        "synaptic_events": events,
    }
