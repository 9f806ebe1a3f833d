"""What a linear readout of the same features reaches: the ceiling that a network of one plastic layer closes in on."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bicall.emulator.data.samples import Data, Samples
from bicall.emulator.encoders.encoder import FULL, Fitted, Trains
from bicall.emulator.support.errors import BadInput

INVERSE_REGULARISATION = 0.01  # of the squared weights, beside the sum of the images' losses
CHUNK = 1000  # samples at a time
STEPS = 100  # of L-BFGS at most; more changes the accuracy in the second decimal


def linear_readout(encoder: Fitted, data: Data, samples: int) -> dict:
    """Multinomial logistic regression with real weights, on the encoder's inputs of the first training samples.

    Of given spikes, an input is how many it has.

    Raises:
        BadInput: more samples than there are.

    Returns:
        inputs, images, test_images (how many samples taught and tested), and the accuracy on them in %.
    """
    available = len(data.train.labels)
    if not 1 <= samples <= available:
        raise BadInput(f"images is {samples}, must be from 1 to {available}")
    readout = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=STEPS)
    train = _inputs(encoder, data.train.samples, samples)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many steps are enough
        readout.fit(train, data.train.labels[:samples])
    tested = len(data.test.labels)
    right = 0
    for first in range(0, tested, CHUNK):
        predicted = readout.predict(_inputs(encoder, data.test.samples, CHUNK, first))
        right += int(np.sum(predicted == data.test.labels[first : first + CHUNK]))
    return {"inputs": train.shape[1], "images": len(train), "test_images": tested, "accuracy": 100 * right / tested}


def column_readout(data: Data, samples: int) -> float:
    """Accuracy in % of scikit-learn's logistic regression as it comes, on a table's columns, each of variance 1."""
    readout = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    readout.fit(data.train.samples[:samples], data.train.labels[:samples])
    return 100 * float(readout.score(data.test.samples[:], data.test.labels))


def _inputs(encoder: Fitted, samples: Samples, count: int, first: int = 0) -> np.ndarray:
    """float32[count, inputs]"""
    chunks: list[np.ndarray] = []
    last = min(first + count, len(samples))
    for start in range(first, last, CHUNK):
        encoded = encoder.encode(samples[start : min(start + CHUNK, last)])
        if isinstance(encoded, Trains):
            owner = np.repeat(np.arange(len(encoded)), np.diff(encoded.starts))
            counts = np.zeros((len(encoded), encoder.inputs), np.float32)
            np.add.at(counts, (owner, encoded.sources), 1)
            chunks.append(counts)
        else:
            chunks.append(encoded.astype(np.float32) / (1 if encoded.dtype == bool else FULL))
    return np.concatenate(chunks)
