"""Typed, validated TOML files with names: a registry of those that come with the toolkit, and files of one's own."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bicall.emulator.support.errors import BadInput

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Section(BaseModel):
    """Every key must be there and no other may be: files of one kind all carry the same keys.

    Strict: a number written as text, or `true` for a number, is a mistake in the file and not a value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


def as_tuples(value: Any) -> Any:
    """Lists as tuples, for a `BeforeValidator`: what cannot be changed can be hashed."""
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


class NamedFile(Section):
    """The whole of a file."""

    name: str = Field(exclude=True, description="the name of the file, without its ending")
    summary: str = Field(description="what it is for, in a line")


Content = TypeVar("Content", bound=NamedFile)


@dataclass
class Registry(Generic[Content]):
    """Files of one kind. Errors begin with the kind and the file's name, and name the key, the value and the limit."""

    kind: str
    model: type[Content]
    folder: Path

    def names(self) -> list[str]:
        """Names of the files that come with the toolkit, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.toml"))

    def load(self, name_or_path: str | os.PathLike[str]) -> Content:
        """Read a file by its name, or a TOML file of one's own.

        Raises:
            BadInput: unknown name, unreadable file, unknown or missing key, or a value outside its limits.
        """
        text = str(name_or_path)
        path = Path(text) if text.endswith(".toml") else self.folder / f"{text}.toml"
        try:
            content = path.read_text(encoding="utf-8")
        except OSError as error:
            if text.endswith(".toml"):
                raise BadInput(f"{self.kind} {text}: {error.strerror}") from None
            known = ", ".join(self.names())
            raise BadInput(f"{self.kind} {text!r} is unknown, must be one of {known}, or a .toml file") from None
        except UnicodeDecodeError:
            raise BadInput(f"{self.kind} {text}: is not UTF-8 text") from None
        return self.parse(content, path.stem)

    def parse(self, content: str, name: str) -> Content:
        """The content of a TOML file; `name` goes into the result and into error messages."""
        try:
            values = tomllib.loads(content)
        except tomllib.TOMLDecodeError as error:
            raise BadInput(f"{self.kind} {name}: is not TOML: {error}") from None
        if "name" in values:
            raise BadInput(f"{self.kind} {name}: key name is unknown, the file's name serves")
        return self.from_values(values, name)

    def from_values(self, values: dict[str, Any], name: str) -> Content:
        """The content from nested dictionaries, as pydantic's `model_dump` gives them."""
        try:
            return self.model(**values | {"name": name})
        except ValidationError as error:
            raise BadInput(f"{self.kind} {name}: {_in_one_line(error, values)}") from None

    def with_values(self, content: Content, **values: Any) -> Content:
        """A copy with some values replaced, keyed `section__key`; validated like a file.

        Raises:
            BadInput: an unknown key or a value outside its limits.
        """
        changed = content.model_dump()
        for key, value in values.items():
            section, _, field = key.partition("__")
            if not isinstance(changed.get(section), dict) or field not in changed[section]:
                raise BadInput(f"{self.kind} {content.name}: key {section}.{field} is unknown")
            changed[section][field] = value
        return self.from_values(changed, content.name)


def _in_one_line(error: ValidationError, values: dict[str, Any]) -> str:
    """The first of pydantic's complaints, with the key as it is written in the file."""
    first = error.errors(include_url=False)[0]
    key = repr(_key(first["loc"], values))[1:-1]  # a quoted key of TOML may hold a line's end
    if first["type"] == "extra_forbidden":
        return f"key {key} is unknown"
    if first["type"] == "missing":
        return f"key {key} is missing"
    if first["type"] == "union_tag_not_found":
        return f"key {key}.kind is missing"
    if first["type"] == "union_tag_invalid":
        return f"{key}.kind is {first['ctx']['tag']!r}, must be one of {first['ctx']['expected_tags']}"
    if first["type"] == "value_error":
        message = str(first["ctx"]["error"])
        return f"{key}.{message}" if key else message
    must = first["msg"].replace("Input should be", "must be")
    return f"{key} is {first['input']!r}, {must}"


def _key(place: tuple[int | str, ...], values: Any) -> str:
    """The key at a place that pydantic names: it adds which alternative of a union it looked at."""
    parts = []
    for n, part in enumerate(place):
        there = isinstance(values, dict) and part in values or isinstance(values, list) and isinstance(part, int)
        if there:
            values = values[part]
        elif not isinstance(values, dict) or n < len(place) - 1:
            continue
        parts.append(str(part))
    return ".".join(parts)
