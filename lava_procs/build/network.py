"""A `Network` in Lava: the same spikes and the same state as the plain loop's, bit for bit."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
from lava.magma.compiler.compiler_graphs import find_processes
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.run_conditions import RunSteps

from bicall.emulator.network.network import Network
from bicall.emulator.network.recording import PopulationRecorder
from bicall.emulator.network.spikes import Spikes, joined, recent_spikes, remember, run_length
from bicall.emulator.rule.state import STATE_VARIABLES, LayerState, LifState, SpikeTrain
from bicall.lava_procs.build.processes import ConnectedProcesses, axons_of, build_processes
from bicall.lava_procs.build.running import run_config, running
from bicall.lava_procs.support.window import MOST_TICKS, Window, fitting_steps


def run(
    network: Network,
    inputs: Spikes,
    learning: bool = True,
    recorder: PopulationRecorder | None = None,
    drive: dict[str, np.ndarray] | None = None,
    learns: dict[str, np.ndarray] | None = None,
) -> Spikes:
    """Run a started network over the ticks of its inputs, changing its state in place.

    Arguments, result and errors are those of the emulator's loops. Starting takes about a second; `Session` starts once
    for several runs.
    """
    with Session(network) as session:
        return session.run(inputs, learning, recorder, drive, learns)


class Session:
    """Lava processes of a started network, for several runs: a context, at whose end they stop.

    The network's state is changed by runs and by `reset` of the session only.

    Args:
        models: from process class to the model class to use instead of the tag's.

    Attributes:
        processes: from the first run on.
        start_s: seconds that the first run took to compile and to start the operating-system processes.
    """

    def __init__(self, network: Network, models: Mapping | None = None):
        self.network, self._models = network, models
        self.processes = ConnectedProcesses()
        self.start_s = 0.0
        self._stack, self._time_step, self._reset = ExitStack(), 0, False

    def __enter__(self) -> "Session":
        self._stack.__enter__()
        return self

    def __exit__(self, *error) -> bool | None:
        return self._stack.__exit__(*error)

    def reset(self) -> None:
        """Between two samples: all but h and the tick to 0; spikes under way are dropped."""
        self.network.reset()
        self._reset = True

    def run(
        self,
        inputs: Spikes,
        learning: bool = True,
        recorder: PopulationRecorder | None = None,
        drive: dict[str, np.ndarray] | None = None,
        learns: dict[str, np.ndarray] | None = None,
    ) -> Spikes:
        """As the module's `run`."""
        drive, learns = drive or {}, learns or {}
        ticks = run_length(self.network, inputs, drive, learns)
        enabled = {name: learns.get(name, True) & np.ones(len(layer.current), bool)
                   for name, layer in self.network.started.layers.items() if isinstance(layer, LayerState)}  # fmt: skip
        fired = {name: SpikeTrain.silent(0) for name in self.network.started.layers}
        if not ticks:
            return fired
        began = self._time_step > 0
        if began:
            self._tell(learning, enabled)
        else:
            self._start(learning, enabled)
        at_once = min([MOST_TICKS, *(entry.played.steps for entry in self.processes.inputs.values())])
        if recorder:
            at_once = min([at_once, *(window.steps for window in self._synapses.values())])
        for first in range(0, ticks, at_once):
            last = min(first + at_once, ticks)
            piece = {name: SpikeTrain(train.starts[first : last + 1], train.sources) for name, train in inputs.items()}
            driven = {name: values[first:last] for name, values in drive.items()}
            for name, train in self._run(piece, driven, last - first, recorder, began or first > 0).items():
                fired[name] = joined(fired[name], train)
        return fired

    def _start(self, learning: bool, learns: dict[str, np.ndarray]) -> None:
        """Compile and start the processes with the first run's enables: before it, Lava sets no Vars."""
        began = time.perf_counter()
        self.processes = build_processes(self.network, learning, learns)
        self._learning, self._learns, self._reset = learning, learns, False
        self._neurons = {name: each.watch(MOST_TICKS) for name, each in self.processes.neurons.items()}
        self._synapses = {
            name: each.watch(fitting_steps(*each.watched_shapes().values()))
            for name, each in self.processes.synapses.items()
        }
        self._roots: list[AbstractProcess] = []
        found: set[int] = set()
        for process in self.processes.neurons.values():  # populations that are not connected run by themselves
            if process.id not in found:
                found |= {each.id for each in find_processes(process)}
                self._roots.append(process)
        for process in self._roots:
            self._stack.enter_context(running(process, run_config(self.network.started.arithmetic, self._models)))
        self.start_s = time.perf_counter() - began

    def _tell(self, learning: bool, learns: dict[str, np.ndarray]) -> None:
        """Set the Vars that say what is to be done from the next time step on; Lava takes a while for each value."""
        for name, synapses in self.processes.synapses.items():
            if learning != self._learning:
                synapses.learning.set(np.array([int(learning)]))
            if not np.array_equal(learns[name], self._learns[name]):
                self.processes.neurons[name].learns.set(learns[name].astype(np.int32))
        if self._reset:
            for by_name in (self.processes.inputs, self.processes.synapses, self.processes.neurons):
                for process in by_name.values():
                    process.reset.set(np.array([1]))
        self._learning, self._learns, self._reset = learning, learns, False

    def _run(
        self, inputs: Spikes, drive: dict[str, np.ndarray], ticks: int, recorder: PopulationRecorder | None, began: bool
    ) -> Spikes:
        """Run as many ticks as the windows hold. `began`: spikes of neurons on their way are in the processes."""
        state, before = self.network.started, self.network.remembered_ticks
        sent = {name: inputs.get(name, SpikeTrain.silent(ticks)) for name in self.network.populations}
        known = {}
        for name, population in self.network.populations.items():
            recent = recent_spikes(state, name, before)
            if began and not population.is_input:
                recent = SpikeTrain.silent(before)
            known[name] = joined(recent, sent[name]).dense(population.size)
        for name, entry in self.processes.inputs.items():
            entry.played.first = self._time_step + 1
            self._play(name, entry.played, known, drive.get(name), ticks)
        for window in self._neurons.values():
            window.first = self._time_step + 1
        for window in self._synapses.values():
            window.first = self._time_step + 1 if recorder else self._time_step + ticks
        for root in self._roots:
            root.run(RunSteps(ticks))
        self._time_step += ticks
        state.advance(ticks)

        if recorder:
            for k in range(ticks):
                for name in state.layers:
                    layer, arrived, fired = self._state(name, k, k)
                    recorder.take(state.tick - ticks + k + 1, name, layer, arrived, fired)
        result = {}
        for name, layer in state.layers.items():
            reached, _, _ = self._state(name, ticks - 1, ticks - 1 if recorder else 0)
            for variable in STATE_VARIABLES if isinstance(layer, LayerState) else LifState._fields:
                getattr(layer, variable)[...] = getattr(reached, variable)
            spikes = self.processes.neurons[name].watched(self._neurons[name], "spikes")[:ticks]
            result[name] = SpikeTrain.from_dense(spikes)
        remember(self.network, sent | result)
        return result

    def _play(self, name: str, played: Window, known: dict[str, np.ndarray], drive, ticks: int) -> None:
        """Write what is known beforehand of a population's input: inputs' spikes, those under way, and the drive."""
        arriving = played.view("arriving", bool)
        now = np.arange(ticks)[:, None] + self.network.remembered_ticks
        for projection, axons in axons_of(self.network, name):
            pre = self.network.populations[projection.pre]
            sent = now - projection.delays + pre.is_input  # a spike of an input arrives a tick sooner
            arriving[:ticks, axons] = known[projection.pre][sent, np.arange(pre.size)]
        dtype = self.network.started.layers[name].current.dtype
        played.view("drive", dtype)[:ticks] = 0 if drive is None else drive

    def _state(self, name: str, k: int, kept: int) -> tuple[LayerState | LifState, np.ndarray, np.ndarray]:
        """A population after time step k of the last run, with what arrived and who fired; the synapses' kth kept."""
        neuron = self.processes.neurons[name]
        cell = {each: neuron.watched(self._neurons[name], each)[k] for each in neuron.watched_shapes()}
        lif: dict[str, Any] = dict(current=cell["u"], membrane=cell["v"], refractory=cell["refractory"])
        if name not in self.processes.synapses:
            return LifState(**lif), np.zeros(0, bool), cell["spikes"]
        synapses = self.processes.synapses[name]
        kept_values = {each: synapses.watched(self._synapses[name], each)[kept] for each in synapses.watched_shapes()}
        h = synapses.matrix(kept_values["h"]).T
        layer = LayerState(tick=0, x=kept_values["x"], y=cell["y"], s=cell["s"], h=h, **lif)
        return layer, kept_values["arrived"], cell["spikes"]
