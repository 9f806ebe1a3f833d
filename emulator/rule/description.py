"""A rule: one typed, validated file that says all about it, its widths and its neuron.

Every backend starts from a `Rule`, or from a `configuration.Description`, which adds a network and what goes in and
comes out of it: the float reference and the integer emulator (through `emulator.rule.constants`), the Lava processes,
the Verilog header and the table in the documentation.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, model_validator

from bicall.emulator.support.typed_files import NamedFile, Registry, Section

Rounding = Literal["truncate", "nearest", "stochastic"]
Fraction = Annotated[float, Field(gt=0, le=1)]
Milliseconds = Annotated[float, Field(gt=0, le=1e7)]


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
    def _window(self) -> "Plasticity":
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
    def _floor(self) -> "Neuron":
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


class Rule(NamedFile):
    """The rule, its widths and the neuron: all that a network's neurons need, whatever the network is.

    See docs/specification.md for the equations that the keys belong to.
    """

    what: ClassVar[str] = "rule"  # in error messages

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


APPLICATION = ("encoder", "network", "decoder", "presentation")  # what a configuration has beside a rule


class _Rules(Registry[Rule]):
    """Rules alone: a file of their sections, or a configuration, of which only those are taken."""

    def from_values(self, values: dict[str, Any], name: str) -> Rule:
        return super().from_values({key: value for key, value in values.items() if key not in APPLICATION}, name)


FOLDER = Path(__file__).parents[1] / "configurations"
RULES = _Rules("rule", Rule, FOLDER)
load_rule, rule_from_values = RULES.load, RULES.from_values


def rule_of(description: Rule) -> Rule:
    """The rule of a configuration, without what an application adds to it."""
    return rule_from_values(description.model_dump(), description.name)


SomeRule = TypeVar("SomeRule", bound=Rule)


def with_values(rule: SomeRule, **values: Any) -> SomeRule:
    """A copy of a rule or a configuration with some values replaced, keyed `section__key`; validated like a file.

    Raises:
        BadInput: an unknown key or a value outside its limits.
    """
    return Registry(rule.what, type(rule), FOLDER).with_values(rule, **values)
