"""What the core does in a tick and how many cycles that takes: counted from the emulator's recording, then a formula.

`cycles_of_ticks` is exact for a host that is never late: events wait when the core wants one, spikes are taken at once.
docs/rtl.md explains the formula.
"""

from bisect import bisect_right
from typing import NamedTuple

import numpy as np

from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.rule import compiled
from bicall.emulator.rule.constants import STOCHASTIC, Constants
from bicall.emulator.rule.plain import FixedPoint
from bicall.emulator.rule.randomness import ROUNDS
from bicall.emulator.rule.recording import Recorder, Recording
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.reporting import progress, working
from bicall.rtl.driver.core import Core, tick_events
from bicall.rtl.driver.core_words import Size
from bicall.rtl.verify.samples import size_of, training_trains

WORD_CYCLES = ROUNDS + 2  # from asking for a random word to having it
SAMPLES = 256  # the core tells that many samples apart


class Work(NamedTuple):
    """What happens in each tick; arrays are int64[ticks].

    `rows` are brought up to date, `swept` of them by a sweep, the others by their axons' spikes. For that they walk
    through `items` and `decays` of x, and ask for `random_words` for steps of h. `post_spikes` are those with an open
    gate. `column_reads` and `column_writes` are words of h if each of them went down its column instead, and a
    presynaptic spike read its row, and wrote it if some neuron depresses: no archive, no sweeps, and drift for nothing.
    """

    teacher_spikes: np.ndarray
    rows: np.ndarray
    swept: np.ndarray
    items: np.ndarray
    decays: np.ndarray
    random_words: np.ndarray
    post_spikes: np.ndarray
    column_reads: np.ndarray
    column_writes: np.ndarray


def cycles_of_ticks(constants: Constants, size: Size, work: Work) -> np.ndarray:
    """int64[ticks], cycles from one barrier to the next."""
    c, rounding = constants, (constants.y_rounding, constants.s_rounding)
    neuron = 7 + WORD_CYCLES * rounding.count(STOCHASTIC)
    a_decay = WORD_CYCLES + 1 if c.x_rounding == STOCHASTIC else 1
    return (
        6 + neuron * size.neurons
        + work.teacher_spikes
        + (5 + size.groups) * (work.rows + work.items) + (work.rows - work.swept)
        + a_decay * work.decays
        + WORD_CYCLES * work.random_words
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
        self._unsettled = np.zeros((0, size.axons), bool)  # whether x still decays, tick by tick
        self._first = state.tick  # tick of its first line: the oldest last access
        self._resets: list[int] = []  # first tick after each
        self._note(state.x[None])

    def forget(self, tick: int) -> int:
        """A reset between samples, after `tick`; how many rows it swept, as numbers of samples come round."""
        self._resets.append(tick + 1)
        if len(self._resets) % SAMPLES:
            return 0
        return self._sweep(tick)[0]

    def _sweep(self, tick: int) -> tuple[int, int, int]:
        """Bring all rows up to date: how many, items and decays."""
        rows = np.arange(self._size.axons)
        items, decays = self._access(rows, tick)
        self._archive.clear()
        self._seen[:] = 0
        return len(rows), items, decays

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
            items, decays = self._access(spiking, tick)
            words = items - len(spiking) + len(spiking) * bool(depresses[k])
            swept = 0
            if changed[k].any():
                self._archive.append(tick)
                if len(self._archive) == size.depth:
                    swept, swept_items, swept_decays = self._sweep(tick)
                    items, decays, words = items + swept_items, decays + swept_decays, words + swept_items - swept
            column = self._column_words(np.flatnonzero(changed[k]))
            row = len(spiking) * size.groups
            words *= c.h_rounding == STOCHASTIC
            lines.append((len(spiking) + swept, swept, items, decays, words, changed[k].sum(),
                          row + column, row * depresses[k] + column))  # fmt: skip
        self._drop_old()
        return Work(np.diff(teacher.starts), *np.array(lines, np.int64).reshape(-1, 8).T)

    def _column_words(self, neurons: np.ndarray) -> int:
        """Words that hold a synapse of one of the neurons; those of one group share words."""
        groups = neurons // self._size.lanes
        if self._connected is None:
            return len(np.unique(groups)) * self._size.axons
        return sum(int(self._connected[:, neurons[groups == g]].any(axis=1).sum()) for g in np.unique(groups))

    def _access(self, rows: np.ndarray, tick: int) -> tuple[int, int]:
        """Bring rows up to date: how many items, how many decays of x."""
        archive = np.array(self._archive, int)
        items = len(rows) + int((len(archive) - self._seen[rows]).sum())
        decays = 0
        for row in rows:
            until, resets = tick, bisect_right(self._resets, self._last[row])
            if resets < len(self._resets):  # after the last entry before the next reset, x is 0
                walked = archive[self._seen[row] :]
                until = max([self._last[row], *walked[walked < self._resets[resets]]])
            decays += int(self._unsettled[self._last[row] - self._first : until - self._first, row].sum())
        self._last[rows], self._seen[rows] = tick, len(archive)
        return items, decays

    def _note(self, x: np.ndarray) -> None:
        """Keep in which of further ticks a decay still changes x [ticks, axons]."""
        unsettled = x != 0
        if self._c.x_rounding != STOCHASTIC:
            unsettled &= self._arithmetic.decay("x", x, np.arange(x.shape[1]), 0) != x
        self._unsettled = np.concatenate([self._unsettled, unsettled])

    def _drop_old(self) -> None:
        oldest = int(self._last.min())
        self._unsettled, self._first = self._unsettled[oldest - self._first :], oldest

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
