"""A recurrent network that classifies digits by completing them: the label is the part that is missing.

One population: a neuron for each input of a digits configuration and the outputs of each class, all connected with all
by plastic synapses. Active inputs make their neurons fire, one spike each; in training the teacher makes those of the
label fire, late, as in feed-forward networks. In a test the neurons of the label get nothing from outside: what they
fire, the network has brought back. The answer arrives one tick later than in a feed-forward layer, and comes back to
the inputs' neurons, which learn, too.
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bicall.emulator.configuration.description import Description
from bicall.emulator.data import mnist
from bicall.emulator.digits import classifier as network
from bicall.emulator.digits import features, presentation
from bicall.emulator.digits.figures import confusion_figure
from bicall.emulator.protocols.forced import ARITHMETICS
from bicall.emulator.protocols.recurrent import RecurrentLayer
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.reporting import progress

TRAINING_IMAGES = 6000
TEST_IMAGES = 10_000


def measure(
    description: Description, seed: int, training_images: int = TRAINING_IMAGES, test_images: int = TEST_IMAGES
) -> dict:
    """Train once on each image, online, then test on the first images of the test set.

    Returns:
        for each arithmetic: `accuracy` in %, that of a `feed_forward` layer, `confusion` (true by predicted),
        `transmitting`, part of the synapses that transmit a 1 from inputs to inputs, to outputs, and from outputs to
        both; and mean test rates in Hz of the neurons of active and of inactive inputs.
    """
    digits = mnist.load()
    images = digits.train.samples[:training_images]
    tests = digits.test.samples[:test_images]
    result: dict[str, Any] = {
        "configuration": description.name,
        "seed": seed,
        "data": digits.source,
        "training_images": len(images),
        "test_images": len(tests),
    }
    for arithmetic in ARITHMETICS:
        layer = _train(description, arithmetic, images, digits.train.labels, seed)
        result[arithmetic] = _test(description, layer, tests, digits.test.labels, seed)
        result[arithmetic]["feed_forward"] = _feed_forward(
            description, arithmetic, digits, len(images), len(tests), seed
        )
    return result


def _feed_forward(description: Description, arithmetic: str, digits, training: int, test: int, seed: int) -> float:
    """Accuracy in % of the plain layer of the same configuration on the same spikes: the control."""
    layer = network.Classifier.fresh(description, arithmetic, seed)
    layer.train(features.active_inputs(description, digits.train.samples[:training]), digits.train.labels[:training])
    spiked, _ = layer.test(features.active_inputs(description, digits.test.samples[:test]))
    return float(100 * np.mean(layer.classify(spiked) == digits.test.labels[:test]))


def _train(description: Description, arithmetic: str, images, labels, seed: int) -> RecurrentLayer:
    inputs = features.inputs(description)
    layer = RecurrentLayer(description, arithmetic, inputs + network.outputs(description), seed)
    active = features.active_inputs(description, images)
    for n in progress(range(len(images)), f"training ({arithmetic})"):
        trains = presentation.training_sample(description, active[n], labels[n], seed, n)
        layer.run(_beside(*trains, inputs, len(layer.last)))
        layer.reset()
    return layer


def _test(description: Description, layer: RecurrentLayer, images, labels, seed: int) -> dict:
    inputs, classes = features.inputs(description), len(network.CLASSES)
    active = features.active_inputs(description, images)
    assert isinstance(active, np.ndarray), "digits are no spikes"
    confusion, rates = np.zeros((classes, classes), int), np.zeros(2)
    for n in progress(range(len(images)), "testing"):
        trains = presentation.test_sample(description, active[n], seed, n)
        spiked = layer.run(_beside(*trains, inputs, len(layer.last)), learning=False).sum(axis=0)
        layer.reset()
        confusion[labels[n], spiked[inputs:].reshape(classes, -1).sum(axis=1).argmax()] += 1
        rates += np.array([spiked[:inputs][on].mean() for on in (active[n], ~active[n])])
    rates *= 1e3 / description.presentation.test_ms / len(images)
    w = layer.w
    return {
        "accuracy": float(100 * np.trace(confusion) / len(images)),
        "confusion": confusion.tolist(),
        "transmitting": {
            "inputs to inputs": float(w[:inputs, :inputs].mean()),
            "inputs to outputs": float(w[:inputs, inputs:].mean()),
            "outputs to inputs": float(w[inputs:, :inputs].mean()),
            "outputs to outputs": float(w[inputs:, inputs:].mean()),
        },
        "active_inputs_hz": float(rates[0]),
        "inactive_inputs_hz": float(rates[1]),
    }


def _beside(pre: SpikeTrain, teacher: SpikeTrain, inputs: int, neurons: int) -> SpikeTrain:
    """External spikes of the whole population: inputs first, then outputs."""
    return SpikeTrain.from_dense(np.concatenate([pre.dense(inputs), teacher.dense(neurons - inputs)], axis=1))


def rows(result: dict) -> tuple[tuple, list]:
    """Accuracy, and what the parts of the network transmit and fire."""
    parts = list(result["float"]["transmitting"])
    columns = (
        "arithmetic",
        "accuracy",
        "feed-forward",
        *(f"{part}: transmitting" for part in parts),
        "active / inactive inputs (Hz)",
    )
    return columns, [
        (
            arithmetic,
            f"{found['accuracy']:.2f} %",
            f"{found['feed_forward']:.2f} %",
            *(f"{100 * found['transmitting'][part]:.1f} %" for part in parts),
            f"{found['active_inputs_hz']:.1f} / {found['inactive_inputs_hz']:.1f}",
        )
        for arithmetic, found in ((name, result[name]) for name in ARITHMETICS)
    ]


def draw(result: dict) -> Figure:
    """The confusion of the fixed-point network."""
    title = f"recurrent, {result['configuration']}, fixed, {result['training_images']:,} training images"
    return confusion_figure(result["fixed"]["confusion"], f"{title}: {result['fixed']['accuracy']:.2f} %")
