"""Files made from the description: the Verilog header and two tables of the documentation.

`bicall generate` writes them; a test makes them again and compares.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, get_args, get_origin

from pydantic.fields import FieldInfo

from bicall.emulator.configuration import description
from bicall.emulator.rule import constants
from bicall.emulator.rule.constants import Constant
from bicall.emulator.rule.randomness import COLUMN_STEP, KEY_STEP, ROUNDS, Stream
from bicall.emulator.support import project
from bicall.emulator.support.files import write_text

HEADER_CONFIGURATION = "digits-256"  # the one whose values are the defaults of the Verilog parameters


def verilog_header(configuration: str = HEADER_CONFIGURATION) -> str:
    """The text of rtl/bicall_constants.vh: one macro a constant, decimal, negative ones in brackets."""
    rule = constants.quantise(description.load(configuration))
    lines = [(constant.name, constant.integer, f"{constant.meaning} ({_physical(constant)})") for constant in rule]
    lines += [
        ("decay_fraction_bits", constants.DECAY_FRACTION_BITS, "binary places of decay and bump factors"),
        ("membrane_shift", constants.MEMBRANE_SHIFT, "shift of the summed weights onto the membrane"),
        ("random_rounds", ROUNDS, "rounds of the random source"),
        ("random_key_step", KEY_STEP, "added to the round key each round, modulo 2^32"),
        ("column_step", COLUMN_STEP, "rounding noise from one column to the next, modulo 2^16"),
    ]
    lines += [(f"stream_{stream.name.lower()}", stream.value, "random stream") for stream in Stream]
    macros = "\n".join(
        f"`define BICALL_{name.upper():<20} {f'({value})' if value < 0 else value:<10} // {meaning}"
        for name, value, meaning in lines
    )
    return (
        "// SPDX-License-Identifier: Apache-2.0\n"
        f"// Made by `bicall generate` from emulator/configurations/{configuration}.toml: do not edit.\n"
        f"`ifndef BICALL_CONSTANTS_VH\n`define BICALL_CONSTANTS_VH\n\n{macros}\n\n`endif\n"
    )


def documentation() -> str:
    """The text of docs/constants.md: for each configuration, each constant in both arithmetics."""
    parts = [
        "# Constants of every configuration\n",
        "Made by `bicall generate` from the files in `emulator/configurations/`: do not edit. What each constant does "
        "stands in [specification.md](specification.md).\n",
    ]
    for name in description.names():
        loaded = description.load(name)
        parts.append(f"## {name}\n\n{loaded.summary[0].upper()}{loaded.summary[1:]}.\n")
        parts.append(
            "| constant | meaning | physical value | integer | stands for | error |\n|---|---|---|---|---|---|"
        )
        for constant in constants.quantise(loaded):
            parts.append(
                f"| `{constant.name}` | {constant.meaning} | {_physical(constant)} | {constant.integer} | "
                f"{constant.represented:.6g} | {100 * constant.error:.2f} % |"
            )
        parts.append("")
    return "\n".join(parts)


def parameters() -> str:
    """The text of docs/parameters.md: each key that a configuration has, what it means and what it may be."""
    parts = [
        "# Parameters of a configuration\n",
        "Made by `bicall generate` from `emulator/configuration/description.py`: do not edit. A configuration is a "
        "TOML file with all of these keys and no others; those with a default may be left out. The equations stand in "
        "[specification.md](specification.md), the integers that come out of the values in "
        "[constants.md](constants.md).\n",
        "| key | meaning | may be |\n|---|---|---|",
    ]
    for section, outer in description.Description.model_fields.items():
        if section == "name":
            continue  # the file's name, not a key
        kinds = get_args(outer.annotation)  # an encoder's and a decoder's keys depend on their kind
        if kinds:
            named = ", ".join(kind.model_fields["kind"].default for kind in kinds)
            parts.append(f"| `{section}.kind` | which {section} it is; the keys beside it depend on it | {named} |")
        for kind in kinds or (outer.annotation,):
            keys = getattr(kind, "model_fields", None)
            for key, field in keys.items() if keys else [("", outer)]:
                if kinds and key == "kind":
                    continue
                name = f"`{f'{section}.{key}'.rstrip('.')}`"
                of = f"{kind.model_fields['kind'].default}: " if kinds else ""
                parts.append(f"| {name} | {of}{field.description} | {_limits(field)} |")
    return "\n".join(parts) + "\n"


def files() -> dict[Path, str]:
    """Each generated file's path and text."""
    return {
        project.FOLDER / "rtl" / "bicall_constants.vh": verilog_header(),
        project.FOLDER / "docs" / "constants.md": documentation(),
        project.FOLDER / "docs" / "parameters.md": parameters(),
    }


def write_files(files: Mapping[Path, str]) -> list[Path]:
    """Write generated files, texts by path; returns those whose text changed."""
    changed = []
    for path, text in files.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)
            changed.append(path)
    return changed


def _physical(constant: Constant) -> str:
    return f"{constant.physical:.6g} {constant.unit}".strip()


def _limits(field: FieldInfo) -> str:
    """A key's type and limits in words, from the same source as its error messages."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    types: dict[object, str] = {int: "integer", float: "number", bool: "true or false", str: "text"}
    choices = get_args(field.annotation)
    named = ", ".join(str(choice) for choice in choices if isinstance(choice, str))
    if get_origin(field.annotation) is tuple:
        of_numbers = get_origin(choices[0]) is Annotated and get_args(choices[0])[0] is float
        of_pairs = get_origin(choices[0]) is tuple
        named = "[integer, number] pairs" if of_pairs else "list of numbers" if of_numbers else "list of encoders"
    kind = types.get(field.annotation) or named or "number or none"
    bounds = [
        f"{word} {getattr(limit, name):.10g}"
        for limit in field.metadata
        for name, word in words.items()
        if hasattr(limit, name)
    ]
    default = [] if field.is_required() else [f"default {json.dumps(field.default)}"]
    return ", ".join([kind, *bounds, *default])
