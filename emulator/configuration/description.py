"""A configuration: a rule, and the classifier that learns by it, in one typed, validated file.

Rule, encoder, network, decoder and presentation are sections that change apart.
"""

import json
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from bicall.emulator.encoders.decoders import AnyDecoder
from bicall.emulator.encoders.kinds import AnyEncoder
from bicall.emulator.rule.description import FOLDER, Milliseconds, Rule, with_values
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.typed_files import Registry, Section, as_tuples

__all__ = [
    "CONFIGURATIONS",
    "Connections",
    "Description",
    "Presentation",
    "Schedule",
    "as_toml",
    "converted",
    "from_values",
    "load",
    "names",
    "parse",
    "with_values",
]

# [presentation, factor] pairs: from that presentation on (0 is the first) the factor holds, until the next one's
Schedule = Annotated[
    tuple[tuple[Annotated[int, Field(ge=1, lt=2**32)], Annotated[float, Field(ge=0, le=100)]], ...],
    BeforeValidator(as_tuples),
]


class Connections(Section):
    connectivity: Literal["dense", "random", "patch"] = Field(
        description="which inputs an output has: all, random ones, or those of a square patch of the image"
    )
    inputs_per_output: int = Field(ge=0, le=2**16, description="in-degree of an output, at least; 0 if dense")

    @model_validator(mode="after")
    def _in_degree(self) -> "Connections":
        if (self.connectivity == "dense") != (self.inputs_per_output == 0):
            raise ValueError(f"inputs_per_output is {self.inputs_per_output}, must be 0 if dense and above 0 if not")
        return self


class Presentation(Section):
    input_rate_hz: float = Field(gt=0, le=1e4, description="Poisson rate of an active input, in Hz")
    teacher_rate_hz: float = Field(gt=0, le=1e4, description="regular rate of the right class's teacher, in Hz")
    train_ms: Milliseconds = Field(description="how long a training image is shown, in ms")
    teacher_ms: float = Field(
        ge=0, le=1e7, description="how long before a training image's end the teacher is on, in ms"
    )
    test_ms: Milliseconds = Field(description="how long a test image is shown, in ms")
    learn_from_ms: float = Field(
        0.0,
        ge=0,
        le=1e7,
        description="how long a training image is shown without learning, in ms, until the network's answer says "
        "whether and what is learned from there on; 0: it learns throughout",
    )
    margin: int | Literal["none"] = Field(
        "none",
        description="lead of the right pool over the best wrong one, in spikes, with which a training image ends at "
        "learn_from_ms: 1 to 1000000, or none",
    )
    learners: Literal["all", "right-and-best-wrong"] = Field(
        "all", description="which pools learn from learn_from_ms on; the best wrong pool fired most until then"
    )
    wrong_teacher_weight: float = Field(
        0.0,
        ge=-16,
        le=16,
        description="what a teacher's spike adds to the input of each neuron of the wrong classes, in thresholds",
    )
    step_schedule: Schedule = Field(
        (), description="factors on potentiation and both depressions: [from presentation, factor] pairs"
    )
    drift_schedule: Schedule = Field((), description="factors on the drift, which stretch its period: as step_schedule")

    @model_validator(mode="after")
    def _answer_first(self) -> "Presentation":
        if self.margin != "none" and not 1 <= self.margin <= 10**6:
            raise ValueError(f"margin is {self.margin}, must be from 1 to 1000000, or none")
        for name, default in (("margin", "none"), ("learners", "all"), ("wrong_teacher_weight", 0.0)):
            value = getattr(self, name)
            if self.learn_from_ms == 0 and value != default:
                raise ValueError(f"{name} is {value}, must be {default} unless learn_from_ms is above 0")
        for name in ("step_schedule", "drift_schedule"):
            starts = [start for start, _ in getattr(self, name)]
            for before, start in zip(starts, starts[1:], strict=False):
                if start <= before:
                    raise ValueError(f"{name} has presentation {start} after {before}, must ascend")
        return self


class Description(Rule):
    """All of a configuration: a rule, and the classifier that learns by it, from samples to classes."""

    what: ClassVar[str] = "configuration"

    encoder: AnyEncoder
    network: Connections
    decoder: AnyDecoder
    presentation: Presentation

    @model_validator(mode="after")
    def _per_tick(self) -> "Description":
        for name in ("input_rate_hz", "teacher_rate_hz"):
            rate, limit = getattr(self.presentation, name), 1e3 / self.time.tick_ms
            if rate > limit:
                raise ValueError(f"presentation.{name} is {rate}, must be at most {limit:g} (one spike a tick)")
        if self.presentation.teacher_ms > self.presentation.train_ms:
            raise ValueError(
                f"presentation.teacher_ms is {self.presentation.teacher_ms}, must be at most train_ms, "
                f"which is {self.presentation.train_ms}"
            )
        shown = self.presentation
        if shown.learn_from_ms and not 0 < self.ticks(shown.learn_from_ms) < self.ticks(shown.train_ms):
            raise ValueError(
                f"presentation.learn_from_ms is {shown.learn_from_ms}, must be 0, or from one tick to below train_ms, "
                f"which is {shown.train_ms}"
            )
        if self.ticks(shown.teacher_ms) > self.ticks(shown.train_ms) - self.ticks(shown.learn_from_ms):
            raise ValueError(
                f"presentation.teacher_ms is {shown.teacher_ms}, must be at most train_ms - learn_from_ms, "
                f"which is {shown.train_ms - shown.learn_from_ms:g}"
            )
        return self


class _Configurations(Registry[Description]):
    """Whole configurations."""

    def from_values(self, values: dict[str, Any], name: str) -> Description:
        old = values.get("network")
        if isinstance(old, dict) and "features" in old:
            sections = "\n".join(
                _section(section, converted(values).get(section, {})) for section in ("encoder", "network", "decoder")
            )
            raise BadInput(
                f"{self.kind} {name}: network.features is of an older version, write instead of section network: "
                + sections.replace("\n", "; ").replace("];", "]")
            )
        return super().from_values(values, name)


def converted(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a configuration from before encoder and decoder were sections of their own, as they are now."""
    old = values.get("network", {})
    if "features" not in old:
        return values
    above = old.get("binarise_above")
    encoders = {
        "pixels-16": {"kind": "pixels", "crop": 20, "side": 16, "above": [above]},
        "gradients-14": {"kind": "orientation", "directions": 8, "pool": 2, "threshold": "value", "above": above},
        "convolution-14": {"kind": "convolution", "above": above},
        "gabor-3000": {"kind": "gabor", "cells": 3000, "margin": 4, "threshold": "quantile", "above": above},
    }
    return values | {
        "encoder": encoders.get(old["features"], {}) | {"deskew": old.get("deskew")},
        "network": {name: old.get(name) for name in ("connectivity", "inputs_per_output")},
        "decoder": {"kind": "pools", "outputs_per_class": old.get("outputs_per_class")},
    }


CONFIGURATIONS = _Configurations("configuration", Description, FOLDER)
names, load, parse, from_values = (
    CONFIGURATIONS.names, CONFIGURATIONS.load, CONFIGURATIONS.parse, CONFIGURATIONS.from_values,
)  # fmt: skip


def as_toml(description: Description) -> str:
    """A description as the text of a configuration file."""
    content = description.model_dump(exclude_defaults=True)
    for section in ("encoder", "decoder"):  # of which kind it is has a default
        content[section] = getattr(description, section).model_dump()
    lines = [f"summary = {_toml(content.pop('summary'))}"]
    return "\n\n".join([*lines, *(_section(section, values) for section, values in content.items())]) + "\n"


def _section(name: str, values: dict[str, Any]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
