"""Descriptions: what is refused, with one line that names the field, the value and the limit."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from bicall.emulator.configuration import description
from bicall.emulator.rule.constants import fixed
from bicall.emulator.support import typed_files
from bicall.emulator.support.errors import BadInput

EXAMPLE = Path(__file__).parents[1] / "example.toml"
GOOD = EXAMPLE.read_text(encoding="utf-8")

BAD = {
    # what is changed, into what, what the message must say
    "unknown key": ("bits = 12\n", "bits = 12\nbitz = 3\n", "key pre_trace.bitz is unknown"),
    "unknown section": ("[time]", "[clock]\nperiod = 3\n[time]", "key clock is unknown"),
    "key with a line's end": ("[time]", '"a\\nb" = 3\n[time]', r"key a\nb is unknown"),
    "missing key": ("bits = 12\n", "", "key pre_trace.bits is missing"),
    "missing section": ("[time]\ntick_ms = 1.0\ndrift_period_ticks = 14784\n", "", "key time is missing"),
    "name in the file": ('summary = "', 'name = "x"\nsummary = "', "key name is unknown"),
    "width 0": ("bits = 12", "bits = 0", "pre_trace.bits is 0, must be greater than or equal to 2"),
    "width 65": ("bits = 12", "bits = 65", "pre_trace.bits is 65, must be less than or equal to 16"),
    "h of width 65": ("bits = 8", "bits = 65", "hidden_weight.bits is 65, must be less than or equal to 16"),
    "width beyond 64 bits": ("bits = 12", f"bits = {10**40}", f"pre_trace.bits is {10**40}, must be less than"),
    "fractional width": ("bits = 12", "bits = 12.5", "pre_trace.bits is 12.5, must be a valid integer"),
    "negative time constant": ("= 20.0", "= -20.0", "pre_trace.time_constant_ms is -20.0, must be greater than 0"),
    "zero time constant": ("= 19.3", "= 0.0", "neuron.membrane_time_constant_ms is 0.0, must be greater than 0"),
    "NaN": ("tick_ms = 1.0", "tick_ms = nan", "time.tick_ms is nan, must be a finite number"),
    "infinity": ("= 800.0", "= inf", "gate_trace.time_constant_ms is inf, must be a finite number"),
    "NaN as floor": ("floor = -0.15", "floor = nan", "neuron.floor is nan, must be a finite number"),
    "text for a number": ("tick_ms = 1.0", 'tick_ms = "1.0"', "time.tick_ms is '1.0', must be a valid number"),
    "text for an integer": ("bits = 12", 'bits = "12"', "pre_trace.bits is '12', must be a valid integer"),
    "truth for an integer": ("_ticks = 14784", "_ticks = true", "time.drift_period_ticks is True, must be a valid int"),
    "number for a truth": ("deskew = true", "deskew = 1", "encoder.deskew is 1, must be a valid boolean"),
    "number for a section": ("[time]\ntick_ms = 1.0\ndrift_period_ticks = 14784\n", "time = 3\n", "time is 3, must be"),
    "date for a number": ("tick_ms = 1.0", "tick_ms = 1979-05-27", "time.tick_ms is datetime.date(1979, 5, 27), must"),
    "learning after the end": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\nlearn_from_ms = 210.0\n",
        "learn_from_ms is 210.0, must be 0, or from one tick",
    ),
    "teacher before learning": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\nlearn_from_ms = 190.0\n",
        "teacher_ms is 60.0, must be at most train_ms - lea",
    ),
    "margin 0": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\nlearn_from_ms = 150.0\nmargin = 0\n",
        "margin is 0, must be from 1 to 1000000, or none",
    ),
    "margin of a half": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\nlearn_from_ms = 150.0\nmargin = 0.5\n",
        "presentation.margin is 0.5, must be a valid",
    ),
    "margin without an answer": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\nmargin = 5\n",
        "margin is 5, must be none unless learn_from_ms is above 0",
    ),
    "learners without an answer": (
        "test_ms = 250.0\n",
        'test_ms = 250.0\nlearners = "right-and-best-wrong"\n',
        "must be all unless learn_from_ms",
    ),
    "schedule that goes back": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\nstep_schedule = [[9, 1.0], [9, 0.5]]\n",
        "has presentation 9 after 9, must asc",
    ),
    "schedule from the start": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\nstep_schedule = [[0, 0.5]]\n",
        "step_schedule.0.0 is 0, must be greater than or",
    ),
    "negative factor": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\ndrift_schedule = [[1, -0.5]]\n",
        "drift_schedule.0.1 is -0.5, must be greater than or",
    ),
    "schedule of numbers": (
        "test_ms = 250.0\n",
        "test_ms = 250.0\nstep_schedule = [5]\n",
        "presentation.step_schedule.0 is 5, must be a valid tuple",
    ),
    "unknown rounding": ('"truncate"', '"up"', "rounding is 'up', must be 'truncate', 'nearest' or 'stochastic'"),
    "window shut": ("gate_low = 0.08", "gate_low = 0.5", "gate_low is 0.5, must be below gate_high, which is 0.274"),
    "positive depression": ("= -0.00378", "= 0.1", "plasticity.depression_pre is 0.1, must be less than or equal to 0"),
    "bump above 1": ("bump = 0.4\n", "bump = 1.5\n", "pre_trace.bump is 1.5, must be less than or equal to 1"),
    "drift period 0": ("_ticks = 14784", "_ticks = 0", "time.drift_period_ticks is 0, must be greater than or equal"),
    "floor above 0": ("floor = -0.15", "floor = 0.1", "neuron.floor is 0.1, must be from -60 to 0, or none"),
    "floor of another word": ("floor = -0.15", 'floor = "low"', "neuron.floor is 'low', must be a valid number"),
    "mantissa too wide": ("= 2048", "= 131072", "neuron.threshold_mantissa is 131072, must be less than or equal"),
    "rate above the tick": ("= 111.0", "= 1111.0", "presentation.input_rate_hz is 1111.0, must be at most 1000"),
    "teacher too long": (
        "teacher_ms = 60",
        "teacher_ms = 600",
        "teacher_ms is 600.0, must be at most train_ms, which is",
    ),
    "unknown encoder": ('kind = "pixels"', 'kind = "pixel"', "encoder.kind is 'pixel', must be one of 'pixels', "),
    "no kind": ('kind = "pixels"\n', "", "key encoder.kind is missing"),
    "key of another encoder": ("crop = 20\n", "crop = 20\ncells = 3\n", "key encoder.cells is unknown"),
    "missing key of an encoder": ("crop = 20\n", "", "key encoder.crop is missing"),
    "value of an encoder": ("crop = 20\n", "crop = -1\n", "encoder.crop is -1, must be greater than or equal to 0"),
    "value in a list": ("above = [0.5]", "above = [0.5, 2.0]", "encoder.above.1 is 2.0, must be less than 1"),
    "an older version": (
        "[network]\n",
        '[network]\nfeatures = "gabor-3000"\ndeskew = true\nbinarise_above = 0.8\noutputs_per_class = 10\n',
        'write instead of section network: [encoder] kind = "gabor"; cells = 3000; margin = 4; threshold = "quantile"; '
        "above = 0.8; deskew = true; [network] ",
    ),
    "not TOML": ("[time]", "[time", "is not TOML"),
    "key twice": ("bits = 12\n", "bits = 12\nbits = 12\n", "is not TOML"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_value_is_named_with_its_limit(kind):
    old, new, message = BAD[kind]
    assert old in GOOD, "the example has changed: write the case anew"
    with pytest.raises(BadInput) as caught:
        description.parse(GOOD.replace(old, new, 1), "mine")
    assert message in str(caught.value)
    assert str(caught.value).startswith("configuration mine: ")
    assert "\n" not in str(caught.value)


def test_the_unchanged_text_is_good():
    """The control for the cases above."""
    assert description.parse(GOOD, "example") == description.load(EXAMPLE)


@pytest.mark.parametrize("name", ["nope", "", "../pyproject"])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(BadInput, match="is unknown, must be one of .*digits-256.* or a .toml file"):
        description.load(name)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(BadInput, match="No such file"):
        description.load(tmp_path / "missing.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(BadInput, match="Is a directory"):
        description.load(tmp_path / "folder.toml")
    (tmp_path / "latin.toml").write_bytes('summary = "für"\n'.encode("latin-1"))
    with pytest.raises(BadInput, match="is not UTF-8 text"):
        description.load(tmp_path / "latin.toml")


def test_a_file_of_ones_own_is_read(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("bits = 12", "bits = 11", 1), encoding="utf-8")
    loaded = description.load(path)
    assert loaded.name == "mine"
    assert loaded.pre_trace.bits == 11


@pytest.mark.parametrize("name", description.names())
def test_all_configurations_carry_the_same_keys_and_can_be_quantised(name):
    """But for those of the presentation that have a default."""
    loaded = description.load(name)
    assert loaded.name == name
    content = typed_files.tomllib.loads((description.CONFIGURATIONS.folder / f"{name}.toml").read_text())
    for key, field in description.Presentation.model_fields.items():
        if not field.is_required():
            content["presentation"].pop(key, None)
    assert _keys(content) == _keys(typed_files.tomllib.loads(GOOD))
    fixed(loaded)


def _keys(content: dict) -> dict:
    """Of encoders and decoders only that they are there: their keys depend on their kind."""
    return {
        key: _keys(value) if isinstance(value, dict) and key not in ("encoder", "decoder") else None
        for key, value in content.items()
    }


def test_with_values_replaces_and_validates(configuration):
    changed = description.with_values(configuration, pre_trace__bits=5, neuron__floor="none")
    assert changed.pre_trace.bits == 5
    assert changed.neuron.floor == "none"
    assert changed.post_trace == configuration.post_trace
    assert configuration.pre_trace.bits == 12
    for bad in ({"pre_trace__bitz": 3}, {"nothing__bits": 3}, {"summary__bits": 3}, {"bits": 3}):
        with pytest.raises(BadInput, match="is unknown"):
            description.with_values(configuration, **bad)
    with pytest.raises(BadInput, match="pre_trace.bits is 65, must be less than or equal to 16"):
        description.with_values(configuration, pre_trace__bits=65)


def test_a_description_cannot_be_changed(configuration):
    with pytest.raises(ValueError, match="frozen"):
        configuration.time.tick_ms = 2.0


def test_every_key_is_explained():
    """The text in the description is the documentation of a key."""

    def unexplained(model, path=""):
        for name, field in model.model_fields.items():
            kinds = get_args(field.annotation) if name in ("encoder", "decoder") else (field.annotation,)
            for kind in kinds:
                if hasattr(kind, "model_fields"):
                    yield from unexplained(kind, f"{path}{name}.")
            if not hasattr(kinds[0], "model_fields") and name != "kind" and not field.description:
                yield path + name

    assert list(unexplained(description.Description)) == []


@pytest.mark.parametrize("name", description.names())
def test_text_and_back(name):
    loaded = description.load(name)
    assert description.parse(description.as_toml(loaded), name) == loaded


def test_a_stack_as_text_and_back(configuration):
    text = description.as_toml(configuration)
    encoder = text[text.index("[encoder]") : text.index("[network]")]
    pixels = '{ kind = "pixels", deskew = false, crop = 0, side = 7, above = [0.2, 0.5] }'
    loaded = description.parse(text.replace(encoder, f'[encoder]\nkind = "stack"\nparts = [{pixels}]\n\n'), "stack")
    assert description.parse(description.as_toml(loaded), "stack") == loaded
    assert loaded.encoder.shape((28, 28)) == (98, 1, 1)


def test_ticks(configuration):
    half = description.with_values(configuration, time__tick_ms=0.5)
    assert (configuration.ticks(210.0), half.ticks(210.0), half.ticks(0.3)) == (210, 420, 1)
    assert isinstance(configuration.ticks(np.float64(3)), int)
