"""The search that found the configurations' parameters: CMA-ES (Optuna), validated on training images only.

Every parameter searched is its start value times a factor, so signs stay and scales do not matter. Trials go into a
journal file; a search that finds its journal goes on, and several processes may share one.
"""

import os

import numpy as np
import optuna
from optuna.storages.journal import JournalFileBackend

from bicall.emulator.configuration.description import Description, with_values
from bicall.emulator.data.samples import Data
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.digits.features import encoder_of
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.reporting import note, progress

# what the search may change
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
    "presentation__teacher_ms",
)
LEAST, MOST = 0.7, 1 / 0.7  # of a factor; CMA-ES begins in the middle, which is 1


def search(
    start: Description,
    digits: Data,
    images: int,
    validation: int,
    trials: int,
    seed: int,
    journal: str | os.PathLike,
) -> optuna.Study:
    """Run `trials` more trials: the first `images` training images train, the last `validation` ones validate.

    Args:
        seed: of the search; the networks' seed is 1 in every trial, so that trials see the same spikes.
        journal: Optuna's journal file of all trials, which is added to.

    Returns:
        the study; a trial's value is its accuracy in %, `values_of` makes parameters of its `params`.

    Raises:
        BadInput: training and validation images overlap.
    """
    available = len(digits.train.labels)
    if images + validation > available:
        raise BadInput(f"images is {images}, must be at most {available - validation}, the rest is for validation")
    encoder, first = encoder_of(start, digits), available - validation
    active, validation_inputs = (
        encoder.encode(samples, start.time.tick_ms)
        for samples in (digits.train.samples[:images], digits.train.samples[first:])
    )
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=f"{start.name}-{images}-{validation}-{digits.source}",
        storage=optuna.storages.JournalStorage(JournalFileBackend(os.fspath(journal))),
        sampler=optuna.samplers.CmaEsSampler(seed=seed, n_startup_trials=1, warn_independent_sampling=False),
        direction="maximize",
        load_if_exists=True,
    )
    if not study.trials:
        study.enqueue_trial(dict.fromkeys(SEARCHED, 1.0))

    def accuracy(trial: optuna.Trial) -> float:
        factors = {key: trial.suggest_float(key, LEAST, MOST, log=True) for key in SEARCHED}
        try:
            network = Classifier.fresh(
                with_values(start, **values_of(start, factors)), "fixed", 1, encoder, digits.classes
            )
        except BadInput:  # a step over a limit
            raise optuna.TrialPruned from None
        network.train(active, digits.train.labels[:images])
        return 100 * float(np.mean(network.answer(validation_inputs)[0] == digits.train.labels[first:]))

    for _ in progress(range(trials), f"searching {start.name}"):
        study.optimize(accuracy, n_trials=1)
        if study.trials[-1].number == study.best_trial.number:
            note(f"trial {study.best_trial.number}: {study.best_value:.2f} %")
    return study


def values_of(start: Description, factors: dict[str, float]) -> dict[str, float]:
    """The parameters of a trial whose `params` are `factors`: the start's values times these, to four digits."""
    values = {}
    for key, factor in factors.items():
        section, name = key.split("__")
        values[key] = float(f"{getattr(getattr(start, section), name) * factor:.4g}")
    return values
