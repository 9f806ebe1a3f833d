"""The description: one typed, validated file that says all about a rule, its widths, its neuron and its network.

Every backend starts from a `Description`: the float reference and the integer emulator (through
`emulator.rule.constants`), the Lava processes, the Verilog header and the table in the documentation.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import BeforeValidator, Field, model_validator

from bicall.emulator.encoders.decoders import AnyDecoder
from bicall.emulator.encoders.kinds import AnyEncoder
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.typed_files import NamedFile, Section, Shelf, as_tuples

Rounding = Literal["truncate", "nearest", "stochastic"]
Fraction = Annotated[float, Field(gt=0, le=1)]
Milliseconds = Annotated[float, Field(gt=0, le=1e7)]


# [presentation, factor] pairs: from that presentation on (0 is the first) the factor holds, until the next one's
Schedule = Annotated[
    tuple[tuple[Annotated[int, Field(ge=1, lt=2**32)], Annotated[float, Field(ge=0, le=100)]], ...],
    BeforeValidator(as_tuples),
]


class Time(Section):
    tick_ms: float = Field(gt=0, le=100, description="length of a tick, in ms")
    drift_period_ticks: int = Field(ge=1, le=2**24, description="ticks from one drift step to the next, K")


class Trace(Section):
    """A bounded calcium trace: dx/dt = -x/tau, and x += bump * (1 - x) at each spike."""

    time_constant_ms: Milliseconds = Field(description="time constant of the decay, in ms")
    bump: Fraction = Field(description="part of the way to full scale that one spike adds, a")
    bits: int = Field(ge=2, le=16, description="width of the trace, unsigned")
    rounding: Rounding = Field(description="rounding of the decay")


class Plasticity(Section):
    potentiation: float = Field(ge=0, le=1, description="c_p: added times x at a postsynaptic spike")
    depression_pre: float = Field(
        ge=-1, le=0, description="c_d1: added at a presynaptic spike if y is above post_threshold"
    )
    depression_post: float = Field(
        ge=-1, le=0, description="c_d2: added at a postsynaptic spike if x is below pre_threshold"
    )
    pre_threshold: float = Field(ge=0, le=1, description="theta_i, compared with x")
    post_threshold: float = Field(ge=0, le=1, description="theta_j, compared with y")
    gate_low: float = Field(
        ge=-1, le=1, description="theta_l: the gate is open while s is above (below 0: always above)"
    )
    gate_high: float = Field(
        ge=0, le=2, description="theta_h: the gate is open while s is below (above 1: always below)"
    )

    @model_validator(mode="after")
    def _window(self):
        if self.gate_low >= self.gate_high:
            raise ValueError(f"gate_low is {self.gate_low}, must be below gate_high, which is {self.gate_high}")
        return self


class HiddenWeight(Section):
    bits: int = Field(ge=2, le=16, description="width of h, unsigned; the transmitted bit is its top bit")
    step_fraction_bits: int = Field(ge=0, le=12, description="binary places of a learning step below h's last bit")
    rounding: Rounding = Field(description="rounding of a learning step to h's last bit")
    drift_up_per_s: float = Field(ge=0, le=1e3, description="alpha: drift of h above one half, per s")
    drift_down_per_s: float = Field(ge=0, le=1e3, description="beta: drift of h at or below one half, per s")


class Neuron(Section):
    """Leaky integrate and fire, as on Loihi; the membrane's threshold is 1."""

    membrane_time_constant_ms: Milliseconds = Field(description="time constant of the membrane, in ms")
    current_time_constant_ms: float = Field(
        ge=0, le=1e7, description="time constant of the input current, in ms; 0: it lasts one tick"
    )
    threshold_mantissa: int = Field(
        ge=1, le=2**17 - 1, description="integer that stands for the threshold, before the shift by 6"
    )
    floor: float | Literal["none"] = Field(description="lowest membrane, in thresholds: -60 to 0, or none")
    refractory_ticks: int = Field(ge=0, le=255, description="ticks without integration after a spike")

    @model_validator(mode="after")
    def _floor(self):
        if self.floor != "none" and not -60 <= self.floor <= 0:
            raise ValueError(f"floor is {self.floor}, must be from -60 to 0, or none")
        return self


class Transmission(Section):
    weight_low: float = Field(
        ge=-16, le=16, description="what a spike transmits through h at or below one half, in thresholds"
    )
    weight_high: float = Field(
        ge=-16, le=16, description="what a spike transmits through h above one half, in thresholds"
    )
    teacher_weight: float = Field(
        ge=-16, le=16, description="what a teacher's spike adds to its neuron's input, in thresholds"
    )


class Network(Section):
    connectivity: Literal["dense", "random", "patch"] = Field(
        description="which inputs an output has: all, random ones, or those of a square patch of the image"
    )
    inputs_per_output: int = Field(ge=0, le=2**16, description="in-degree of an output, at least; 0 if dense")

    @model_validator(mode="after")
    def _in_degree(self):
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


class Rule(NamedFile):
    """The rule, its widths and the neuron: all that a network's neurons need, whatever the network is.

    See docs/specification.md for the equations that the keys belong to.
    """

    time: Time
    pre_trace: Trace
    post_trace: Trace
    gate_trace: Trace
    plasticity: Plasticity
    hidden_weight: HiddenWeight
    neuron: Neuron
    transmission: Transmission

    def ticks(self, milliseconds: float) -> int:
        """The whole number of ticks nearest to a time in ms."""
        return round(milliseconds / self.time.tick_ms)


class Description(Rule):
    """All of a configuration: a rule, and the classifier that learns by it, from samples to classes."""

    encoder: AnyEncoder
    network: Network
    decoder: AnyDecoder
    presentation: Presentation

    @model_validator(mode="after")
    def _per_tick(self):
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


class _Configurations(Shelf[Description]):
    """Whole configurations."""

    def from_values(self, values: dict, name: str) -> Description:
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


def converted(values: dict) -> dict:
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


class _Rules(Shelf[Rule]):
    """Rules alone: a file of their sections, or a configuration, of which only those are taken."""

    def from_values(self, values: dict, name: str) -> Rule:
        application = Description.model_fields.keys() - Rule.model_fields.keys()
        return super().from_values({key: value for key, value in values.items() if key not in application}, name)


FOLDER = Path(__file__).parents[1] / "configurations"
CONFIGURATIONS = _Configurations("configuration", Description, FOLDER)
RULES = _Rules("rule", Rule, FOLDER)
names, load, parse, from_values = (
    CONFIGURATIONS.names, CONFIGURATIONS.load, CONFIGURATIONS.parse, CONFIGURATIONS.from_values,
)  # fmt: skip
load_rule, rule_from_values = RULES.load, RULES.from_values


def rule_of(description: Rule) -> Rule:
    """The rule of a configuration, without what an application adds to it."""
    return rule_from_values(description.model_dump(), description.name)


SomeRule = TypeVar("SomeRule", bound=Rule)


def with_values(rule: SomeRule, **values) -> SomeRule:
    """A copy of a rule or a configuration with some values replaced, keyed `section__key`; validated like a file.

    Raises:
        BadInput: an unknown key or a value outside its limits.
    """
    shelf = CONFIGURATIONS if isinstance(rule, Description) else RULES
    return cast(SomeRule, shelf.with_values(rule, **values))


def as_toml(description: Description) -> str:
    """A description as the text of a configuration file."""
    content = description.model_dump(exclude_defaults=True)
    for section in ("encoder", "decoder"):  # of which kind it is has a default
        content[section] = getattr(description, section).model_dump()
    lines = [f"summary = {_toml(content.pop('summary'))}"]
    return "\n\n".join([*lines, *(_section(section, values) for section, values in content.items())]) + "\n"


def _section(name: str, values: dict) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in values.items())])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
