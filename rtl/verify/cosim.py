"""Co-simulation: the synapse circuit in Verilog against the emulator, on random events and on samples of data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.rule import compiled, plain
from bicall.emulator.rule.constants import Constants, fixed
from bicall.emulator.rule.recording import Recorder, Recording
from bicall.emulator.rule.state import LayerState, SpikeTrain
from bicall.emulator.support.reporting import progress, working
from bicall.rtl.driver.synapse import SynapseCircuit
from bicall.rtl.verify.replay import Replay, replay
from bicall.rtl.verify.samples import training_trains

RANDOM_ROWS, RANDOM_COLUMNS, RANDOM_TICKS = 24, 12, 150


class Sample(NamedTuple):
    """A sample as the emulator saw it: its constants and seed, h [pre, post] before it, what was recorded during it."""

    constants: Constants
    seed: int
    h: np.ndarray
    recording: Recording
    connected: np.ndarray | None = None  # bool[pre, post] of a sparse layer


def check_synapse(
    network: Classifier,
    updates: int = 100_000,
    images: int = 10,
    save: Path | None = None,
    circuit: SynapseCircuit | None = None,
    data: Data | None = None,
) -> dict[str, Any]:
    """Compare every h and w of the synapse circuit with the emulator's.

    Args:
        network: in fixed point; a copy of it learns the samples. Its widths and rounding are the circuit's, and its
            seed is that of all that is random.
        updates: synapse updates on random events, at least.
        images: training samples.
        save: folder for two recordings of the samples, emulator.npz and rtl.npz: w at every tick, h after every image.
        circuit: under test; built from this room's Verilog if missing.
        data: which to learn; None: those that the network was made for.

    Returns:
        per workload ("random events", "training samples"): `updates` (items applied to synapses), `steps` (learning
        steps among them), `compared` (values of h and w), `different` (of them), and the `first` difference, or None.

    Raises:
        BadInput: a tool is missing, a build fails, or a recording cannot be written.
    """
    if circuit is None:
        with working("building the circuit"):
            circuit = SynapseCircuit(network.constants)
    random, learned = Checker(circuit), Checker(circuit)
    for sample in random_samples(network.description, network.seed):
        if random.result["updates"] >= updates:
            break
        random.check(sample)
    for sample in progress(learned_samples(network, images, data), "co-simulating", total=images):
        learned.check(sample)
    if save is not None:
        for name, recorder in (("emulator", learned.emulator), ("rtl", learned.rtl)):
            recorder.recording(
                backend=name, configuration=network.description.name, seed=network.seed, images=images
            ).save(save / f"{name}.npz")
    return {"random events": random.result, "training samples": learned.result}


class Checker:
    """Puts samples through a circuit, compares, and keeps what both sides said.

    Attributes:
        result: as in `check_synapse`.
        emulator, rtl: recorders of w [pre, post] at every tick (0 where no spike asks for it), and of h at every
            sample's end.
    """

    def __init__(self, circuit: SynapseCircuit):
        self._circuit = circuit
        self.result: dict[str, Any] = {"updates": 0, "steps": 0, "compared": 0, "different": 0, "first": None}
        self.emulator, self.rtl = Recorder(), Recorder()

    def check(self, sample: Sample) -> None:
        """Apply a sample's updates to the circuit and compare each."""
        expected = replay(sample.constants, sample.seed, sample.h, sample.recording, sample.connected)
        h = np.array(sample.h, np.int32, order="C")
        h_next, w = self._circuit.apply(h, expected.items)
        self._count(expected, h_next, w)
        ticks = sample.recording.variables["h"].ticks
        self._record(self.emulator, ticks, expected, expected.w, sample.recording.variables["h"].values[-1])
        self._record(self.rtl, ticks, expected, w, h)

    def _count(self, expected: Replay, h_next: np.ndarray, w: np.ndarray) -> None:
        wrong_h = (h_next != expected.h) & expected.h_known
        wrong_w = (w != expected.w) & expected.transmits
        self.result["updates"] += len(expected.tick)
        self.result["steps"] += int(expected.items.learn.sum())
        self.result["compared"] += int(expected.h_known.sum() + expected.transmits.sum())
        self.result["different"] += int(wrong_h.sum() + wrong_w.sum())
        if self.result["first"] is None and (wrong_h | wrong_w).any():
            k = int(np.argmax(wrong_h | wrong_w))
            # w is that of before the update
            name, ours, theirs = ("w", w, expected.w) if wrong_w[k] else ("h", h_next, expected.h)
            self.result["first"] = {
                "tick": int(expected.tick[k]),
                "variable": name,
                "index": [int(expected.items.row[k]), int(expected.items.column[k])],
                "emulator": int(theirs[k]),
                "rtl": int(ours[k]),
            }

    @staticmethod
    def _record(recorder: Recorder, ticks: np.ndarray, replayed: Replay, w: np.ndarray, h: np.ndarray) -> None:
        transmitted = np.zeros((len(ticks), *h.shape), bool)
        k = np.flatnonzero(replayed.transmits)
        transmitted[replayed.tick[k] - ticks[0], replayed.items.row[k], replayed.items.column[k]] = w[k]
        for tick, values in zip(ticks, transmitted, strict=True):
            recorder.add(int(tick), "w", values)
        recorder.add(int(ticks[-1]), "h", h)


def learned_samples(network: Classifier, images: int, data: Data | None = None) -> Iterator[Sample]:
    """The first training samples, learned by a copy of the network, in the compiled emulator."""
    c, state = network.constants, network.state.copy()
    for pre, teacher in training_trains(network, images, data):
        h, recorder = state.h.copy(), Recorder()
        state.reset()
        compiled.run(c, state, pre, teacher, network.seed, recorder=recorder)
        yield Sample(c, network.seed, h, recorder.recording(), state.connected)


def random_samples(description: Description, seed: int) -> Iterator[Sample]:
    """Small networks without end, with the description's widths and roundings and else random constants.

    Their steps are large and their drift is quick, so that h often saturates; the plain loop is their reference model.
    """
    random = np.random.default_rng(seed)
    while True:
        low, high = np.sort(random.uniform(0, 1, 2))
        period = int(random.integers(1, 20))
        per_second = 1e3 / (period * description.time.tick_ms)  # drift steps
        described = with_values(
            description,
            time__drift_period_ticks=period,
            hidden_weight__drift_up_per_s=min(1e3, random.exponential(0.02) * per_second),
            hidden_weight__drift_down_per_s=min(1e3, random.exponential(0.02) * per_second),
            plasticity__potentiation=random.uniform(0, 0.5),
            plasticity__depression_pre=-random.uniform(0, 0.3),
            plasticity__depression_post=-random.uniform(0, 0.3),
            plasticity__pre_threshold=random.uniform(0, 0.5),
            plasticity__post_threshold=random.uniform(0, 0.5),
            plasticity__gate_low=low - 0.1,
            plasticity__gate_high=high + 0.2,
        )
        c = fixed(described)
        state = LayerState.initial(c, RANDOM_ROWS, RANDOM_COLUMNS, int(random.integers(2**32)))
        state.tick = int(random.integers(2**31))
        h, recorder, rounding_seed = state.h.copy(), Recorder(), int(random.integers(2**32))
        rates = random.uniform(0, 0.2, RANDOM_ROWS), random.uniform(0, 0.3, RANDOM_COLUMNS)
        pre, teacher = (SpikeTrain.from_dense(random.random((RANDOM_TICKS, len(rate))) < rate) for rate in rates)
        plain.run(c, state, pre, teacher, rounding_seed, recorder=recorder)
        yield Sample(c, rounding_seed, h, recorder.recording())
