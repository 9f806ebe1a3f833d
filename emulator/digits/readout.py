"""What a linear readout of the same features reaches: the ceiling that a network of one plastic layer closes in on."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from bicall.emulator.data.samples import Data
from bicall.emulator.digits.features import active_inputs
from bicall.emulator.rule.description import Description
from bicall.emulator.support.errors import BadInput

INVERSE_REGULARISATION = 0.01  # of the squared weights, beside the sum of the images' losses
STEPS = 100  # of L-BFGS at most; more changes the accuracy in the second decimal


def linear_readout(description: Description, digits: Data, images: int) -> dict:
    """Multinomial logistic regression with real weights, on all active inputs of the first `images` training images.

    Raises:
        BadInput: more images than there are.

    Returns:
        inputs, images, test_images, and the accuracy on them in %.
    """
    available = len(digits.train.labels)
    if not 1 <= images <= available:
        raise BadInput(f"images is {images}, must be from 1 to {available}")
    train = active_inputs(description, digits.train.samples[:images]).astype(np.float32)
    readout = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=STEPS)
    readout.fit(train, digits.train.labels[:images])
    test = active_inputs(description, digits.test.samples).astype(np.float32)
    accuracy = 100 * float(readout.score(test, digits.test.labels))
    return {"inputs": train.shape[1], "images": len(train), "test_images": len(test), "accuracy": accuracy}
