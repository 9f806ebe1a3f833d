"""The search that found the configurations' parameters: random local steps, judged on training images only.

From the best parameters so far, one to five are multiplied by random factors; a set that does well with one seed is
judged with three, and kept if it is the best. Every trial is a line of a JSON-lines file, and a search that finds such
a file goes on from its best.
"""

import json
import os
import time
from pathlib import Path

import numpy as np

from emulator.datasets import Digits
from emulator.description import Description, load, with_values
from emulator.errors import BadInput
from emulator.features import active_inputs
from emulator.network import Network
from emulator.terminal import messages

# what the search may change; all are multiplied, so signs stay
SEARCHED = (
    "pre_trace__time_constant_ms",
    "post_trace__time_constant_ms",
    "gate_trace__bump",
    "plasticity__potentiation",
    "plasticity__depression_pre",
    "plasticity__depression_post",
    "plasticity__pre_threshold",
    "plasticity__post_threshold",
    "plasticity__gate_low",
    "plasticity__gate_high",
    "neuron__membrane_time_constant_ms",
    "transmission__weight_low",
    "transmission__weight_high",
    "transmission__teacher_weight",
    "presentation__input_rate_hz",
    "presentation__teacher_rate_hz",
    "presentation__train_ms",
    "presentation__teacher_ms",
)
FINE, COARSE = 0.08, 0.25  # spread of the logarithm of a factor
SEEDS = (1, 2, 3)
HOPEFUL = 0.4  # points below the best at which a trial still deserves the other seeds


def search(
    name: str,
    digits: Digits,
    images: int,
    validation: int,
    trials: int,
    seed: int,
    path: str | os.PathLike,
    outputs_per_class: int | None = None,
) -> dict:
    """Run `trials` more trials: the first `images` train, the last `validation` training images judge.

    Args:
        seed: of the steps of the search.
        path: JSON-lines file of all trials, which is added to.
        outputs_per_class: instead of the configuration's, for a quicker search.

    Returns:
        the best trial: its `values` (keys as in `SEARCHED`) and `accuracy` in %.

    Raises:
        BadInput: training and validation images overlap.
    """
    available = len(digits.train_labels)
    if images + validation > available:
        raise BadInput(f"images is {images}, must be at most {available - validation}, the rest is for validation")
    start = load(name)
    if outputs_per_class:
        start = with_values(start, network__outputs_per_class=outputs_per_class)
    train = active_inputs(start, digits.train_images[:images]), digits.train_labels[:images]
    judge = active_inputs(start, digits.train_images[-validation:]), digits.train_labels[-validation:]
    path = Path(path)
    earlier = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    values = {key: getattr(getattr(start, key.split("__")[0]), key.split("__")[1]) for key in SEARCHED}
    kept = [trial for trial in earlier if trial["seeds"] == len(SEEDS)]
    if kept:
        best = max(kept, key=lambda trial: trial["accuracy"])
    else:
        best = {"values": values, "accuracy": _accuracy(start, train, judge, SEEDS), "seeds": len(SEEDS)}
        _add(path, best)
    random = np.random.default_rng([seed, len(earlier)])
    for _ in range(trials):
        values = dict(best["values"])
        spread = random.choice([FINE, COARSE])
        for key in random.choice(SEARCHED, size=random.integers(1, 6), replace=False):
            values[key] = float(f"{values[key] * np.exp(random.normal(0, spread)):.4g}")
        try:
            description = with_values(start, **values)
        except BadInput:  # a step over a limit
            continue
        trial = {"values": values, "accuracy": _accuracy(description, train, judge, SEEDS[:1]), "seeds": 1}
        if trial["accuracy"] > best["accuracy"] - HOPEFUL:
            trial = {"values": values, "accuracy": _accuracy(description, train, judge, SEEDS), "seeds": len(SEEDS)}
            if trial["accuracy"] > best["accuracy"]:
                best = trial
                messages.print(f"{time.strftime('%H:%M:%S')} {best['accuracy']:.2f} %", highlight=False)
        _add(path, trial)
    return best


def _accuracy(description: Description, train, judge, seeds) -> float:
    """Mean accuracy in % over seeds, in fixed point."""
    results = []
    for seed in seeds:
        network = Network.fresh(description, "fixed", seed)
        network.train(*train)
        predicted = network.classify(network.test(judge[0])[0])
        results.append(100 * float(np.mean(predicted == judge[1])))
    return sum(results) / len(results)


def _add(path: Path, trial: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(trial) + "\n")
