"""Samples of a data set as spikes of a graph's input."""

import math

import numpy as np

from bicall.emulator.data.recordings import Events, Recordings
from bicall.emulator.data.samples import Data, Split
from bicall.emulator.nir.graph import Graph
from bicall.emulator.nir.run import network_inputs
from bicall.emulator.support.errors import BadInput


class SpikingSamples:
    """Samples of one split: pictures and tables as spikes drawn by brightness, events in steps of the graph's dt.

    Args:
        steps: how long a picture or a row of a table is shown; recordings last as long as they do, but no longer.

    Raises:
        BadInput: the graph has several inputs, or an input of another size.
    """

    def __init__(self, graph: Graph, data: Data, split: Split, steps: int, seed: int):
        inputs = network_inputs(graph)
        if len(inputs) != 1:
            raise BadInput(f"network {graph.name}: has {len(inputs)} inputs, must have 1 for a data set")
        self.name, self.shape = inputs[0], graph.nodes[inputs[0]].shape
        self.data, self.split, self.steps, self.seed, self.dt = data, split, steps, seed, graph.dt
        size = math.prod(self.shape)
        if data.kind == "events":
            fits = len(self.shape) == 3 and self.shape[0] == 2 and all(np.array(self.shape) >= data.shape)
            if not fits:
                raise BadInput(
                    f"network {graph.name}: input has shape {list(self.shape)}, must be [2, height, width], as large "
                    f"as the data's {list(data.shape)}"
                )
        elif size != math.prod(data.shape):
            raise BadInput(
                f"network {graph.name}: input has shape {list(self.shape)}, must have as many values as the data's "
                f"{list(data.shape)}"
            )
        if data.kind == "table":
            values = np.asarray(data.train.samples[:], np.float64)
            self.low, self.span = values.min(axis=0), np.maximum(np.ptp(values, axis=0), 1e-12)

    def __call__(self, n: int) -> dict[str, np.ndarray]:
        """Of sample n, bool[steps, size] by input."""
        samples = self.split.samples
        if isinstance(samples, Recordings):
            return {self.name: self._events(samples.one(n))}
        values = np.asarray(samples[n : n + 1][0], np.float64)
        if self.data.kind == "table":
            chance = np.clip((values - self.low) / self.span, 0, 1)
        else:
            chance = values / 255
            chance = np.moveaxis(chance, -1, 0) if chance.ndim == 3 else chance  # channels first
        rng = np.random.Generator(np.random.PCG64([self.seed, n]))
        return {self.name: rng.random((self.steps, chance.size)) < chance.ravel()}

    def _events(self, events: Events) -> np.ndarray:
        """A pixel spikes once in a step, however often it changed."""
        step = ((events.t - events.t[:1]) / (1e6 * self.dt)).astype(np.int64)
        spikes = np.zeros((self.steps, *self.shape), bool)
        seen = step < self.steps
        spikes[step[seen], events.p[seen].astype(int), events.y[seen], events.x[seen]] = True
        return spikes.reshape(self.steps, -1)
