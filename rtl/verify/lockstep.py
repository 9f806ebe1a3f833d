"""The whole core in lock-step with the emulator: every spike, h of every row when it is accessed, then all state."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.samples import training_samples
from bicall.emulator.rule import compiled
from bicall.emulator.rule.recording import Recorder, Recording
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import progress, working
from bicall.rtl.driver.core import Core
from bicall.rtl.verify.cases import Cases
from bicall.rtl.verify.samples import size_of, test_trains


class Lockstep:
    """A core and an emulator that get the same spikes.

    Args:
        core: just reset.
        state: what both start from; it follows the emulator.
        seed: of the stochastic rounding.
        run: the emulator, `plain.run` or `compiled.run`.
        cases: takes the rule's cases as they come up, if given.

    Attributes:
        result: `spikes`, `h` and `state` (values compared of each kind), `different` (values among them), and the
            `first` difference as a line of text, or None.
        words: of h that the core has read.
    """

    def __init__(
        self,
        core: Core,
        state: LayerState,
        seed: int,
        run: Callable[..., Any] = compiled.run,
        cases: Cases | None = None,
    ):
        self.core = core
        self._run, self._cases = run, cases
        self.result: dict[str, Any] = {"spikes": 0, "h": 0, "state": 0, "different": 0, "first": None}
        self.load(state, seed)
        self.words = 0
        core.watch()

    def load(self, state: LayerState, seed: int) -> None:
        """Go on with another state; the core must have been reset or flushed."""
        self.state, self.seed = state, seed
        self.core.load(state, seed)

    def forget(self) -> None:
        """The reset between two samples."""
        self.state.reset()
        self.core.reset_sample()

    def sample(self, pre: SpikeTrain, teacher: SpikeTrain, **options: Any) -> np.ndarray:
        """Forget the last sample and run one on both sides; arguments and result as of `ticks`."""
        self.forget()
        return self.ticks(pre, teacher, **options)

    def ticks(
        self,
        pre: SpikeTrain,
        teacher: SpikeTrain,
        learning: bool = True,
        drive: np.ndarray | None = None,
        learns: np.ndarray | None = None,
    ) -> np.ndarray:
        """Go on on both sides; arguments as of `Core.run`. bool[ticks, post], the emulator's spikes."""
        self.core.write("learn", int(learning))
        recorder, before = Recorder(), self.state.copy()
        ran = self._run(
            self.core.constants, self.state, pre, teacher, self.seed, learning=learning, recorder=recorder,
            drive=drive, learns=learns,
        )  # fmt: skip
        expected: np.ndarray = ran[0] if isinstance(ran, tuple) else ran
        got = self.core.run(pre, teacher, drive, learns)
        first_tick = self.state.tick - pre.ticks + 1
        self._compare("spikes", "post_spikes", expected, got, lambda place: f"tick {first_tick + place[0]}")
        recorded = recorder.recording()
        enabled = np.full(len(before.columns), learning) & (True if learns is None else learns)
        self._compare_accesses(before, recorded, enabled)
        if self._cases:
            self._cases.count(
                self.core.constants, self.seed, before, teacher.dense(len(before.columns)), recorded, learning,
                enabled, np.zeros((pre.ticks, 1), np.int32) if drive is None else drive,
            )  # fmt: skip
        return expected

    def finish(self) -> dict[str, Any]:
        """Flush the core and compare all state; the result."""
        found = self.core.state()
        self.words += len(self.core.accesses().tick)
        for name in STATE_VARIABLES:
            self._compare(
                "state", name, getattr(self.state, name), getattr(found, name), lambda place: "after the flush"
            )
        self._compare(
            "state", "tick", np.array([self.state.tick]), np.array([found.tick]), lambda place: "after the flush"
        )
        return self.result

    def _compare_accesses(self, before: LayerState, recording: Recording, learning: np.ndarray) -> None:
        """h that the core read and brought up to date, against h that the emulator recorded after that tick.

        A presynaptic access shows h before the postsynaptic spikes of its tick: synapses that those change are left
        to the next access. A reset may have swept before the first tick: that shows h as it was before the run.
        """
        c, size = self.core.constants, self.core.size
        recorded = {name: variable.values for name, variable in recording.variables.items()}
        s = recorded["s"]
        fired = recorded["post_spikes"] & (c.gate_low < s) & (s < c.gate_high) & learning
        changed = np.concatenate([np.zeros_like(fired[:1]), fired])
        h = np.concatenate([before.h[None], recorded["h"]])
        accesses = self.core.accesses()
        self.words += len(accesses.tick)
        k = accesses.tick - before.tick  # 0: before the run
        columns = accesses.group[:, None] * size.lanes + np.arange(size.lanes)
        there = columns < size.neurons
        columns = np.minimum(columns, size.neurons - 1)
        expected = h[k[:, None], accesses.row[:, None], columns]
        shown = there & (accesses.sweep[:, None] | ~changed[k[:, None], columns])
        self._compare(
            "h", "h", np.where(shown, expected, 0), np.where(shown, accesses.h, 0),
            lambda at: f"tick {accesses.tick[at[0]]}, row {accesses.row[at[0]]}, group {accesses.group[at[0]]}",
            count=int(shown.sum()),
        )  # fmt: skip

    def _compare(
        self,
        kind: str,
        name: str,
        expected: np.ndarray,
        got: np.ndarray,
        where: Callable[[tuple[int, ...]], str],
        count: int | None = None,
    ) -> None:
        wrong = np.argwhere(expected != got)
        self.result[kind] += expected.size if count is None else count
        self.result["different"] += len(wrong)
        if len(wrong) and self.result["first"] is None:
            place = tuple(int(i) for i in wrong[0])
            index = ", ".join(map(str, place))
            values = f"{int(expected[place])} and in Verilog {int(got[place])}"
            self.result["first"] = f"{where(place)}: {name}[{index}] is {values}"


def check_core(
    network: Classifier,
    training_images: int = 100,
    test_images: int = 100,
    lanes: int | None = None,
    depth: int = 32,
    waves: Path | None = None,
    data: Data | None = None,
) -> dict[str, Any]:
    """A network goes on learning in the core, then classifies, in lock-step with the compiled emulator.

    Args:
        network: in fixed point, with its state and its synapses; it is not changed.
        training_images, test_images: how many of the first ones, at least 1 together.
        lanes: synapses updated at once; as many as neurons if missing.
        depth: entries of the archive of postsynaptic spikes.
        waves: VCD file for all signals during the first training image.
        data: which to learn; None: those that the network was made for.

    Returns:
        `training` and `test`: `images`, `ticks`, `cycles`; `sweeps`, `words_read` and `words_written` (of h, in
        training), `dropped` events;
        `lock-step`: as `Lockstep.result`.
        Equal spikes are equal predictions.

    Raises:
        BadInput: no images; a network, or a presentation, that the core does not hold; as `Core`.
    """
    if training_images + test_images < 1:
        raise BadInput("images: are 0, must be at least 1 for the core")
    size = size_of(network, lanes, depth)
    with working("building the core"):
        core = Core(network.constants, size, waves=waves is not None)
    both = Lockstep(core, network.state.copy(), network.seed)
    cycles, ticks = core.cycles, 0
    data = data or network.own_data()
    shown = training_samples(network, training_images, data)[0] if training_images else []
    for k, sample in enumerate(progress(shown, "the core learns", total=training_images)):
        both.forget()
        with core.write_waves(waves) if waves and k == 0 else nullcontext():
            spikes = sample(lambda part: both.ticks(part.pre, part.teacher, drive=part.drive, learns=part.learns))
        ticks += len(spikes)
    result: dict[str, Any] = {"training": _phase(training_images, core.cycles - cycles, ticks)}
    result |= {name: core.read(name) for name in ("sweeps", "words_read", "words_written", "dropped")}
    both.finish()
    cycles, ticks = core.cycles, 0
    for pre, teacher in progress(test_trains(network, test_images, data), "the core classifies", total=test_images):
        both.sample(pre, teacher, learning=False)
        ticks += pre.ticks
    result["test"] = _phase(test_images, core.cycles - cycles, ticks)
    result["lock-step"] = both.finish()
    core.close()
    return result


def _phase(images: int, cycles: int, ticks: int) -> dict[str, Any]:
    return {"images": images, "ticks": ticks, "cycles": cycles, "cycles_a_tick": round(cycles / max(ticks, 1), 1)}
