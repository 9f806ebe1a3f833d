"""What a trained classifier does on test samples, as a recording."""

import numpy as np

from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.graph import network_of
from bicall.emulator.digits.margin import Part
from bicall.emulator.digits.samples import test_samples
from bicall.emulator.network import compiled
from bicall.emulator.network.recording import PopulationRecorder, pictured
from bicall.emulator.rule.recording import Recording

SAMPLES = 10


def recorded(classifier: Classifier, data: Data, samples: int = SAMPLES) -> Recording:
    """The first test samples, one after the other; nothing is learned, and the classifier stays as it is.

    Args:
        samples: at most.
    """
    network = network_of(classifier)
    ticks = classifier.description.ticks(classifier.description.presentation.test_ms)
    recorder = PopulationRecorder(h_every=ticks)

    def run(part: Part) -> np.ndarray:
        inputs = {"inputs": part.pre, "teachers": part.teacher}
        spikes = compiled.run(network, inputs, learning=False, recorder=recorder)
        return spikes["outputs"].dense(len(part.learns))

    for sample in test_samples(classifier, min(samples, len(data.test.labels)), data)[0]:
        network.reset()
        sample(run)
    return recorder.recording(
        made_by="bicall view", network=classifier.description.name, data=data.source, **pictured(network)
    )
