"""Who imports whom is what docs/architecture.md says, and nobody uses another room's private names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
FOLDERS = {"emulator", "lava_procs", "mapping", "rtl"}


def tables() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The page's two tables: for each room, and for each part of the emulator, what it may import."""
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found: list[dict[str, set[str]]] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in ("room", "part"):
            found.append({})
        elif found and len(cells) == 3 and re.fullmatch(r"`\w+`", cells[0]):
            found[-1][cells[0].strip("`")] = set(re.findall(r"`(\w+)`", cells[2])) | ({"all"} & {cells[2]})
    rooms, parts = found[:2]
    return rooms, parts


ROOMS, PARTS = tables()


def imports(path: Path) -> Iterator[tuple[str, str, int]]:
    """(module below `bicall`, name, line) of each import of the toolkit by a file, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and re.match(r"bicall\b", node.module or ""):
            for alias in node.names:
                yield node.module.removeprefix("bicall").removeprefix("."), alias.name, node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("bicall."):
                    yield alias.name.removeprefix("bicall."), "", node.lineno


def room_and_part(module: str, name: str) -> tuple[str, str]:
    steps = [*filter(None, module.split(".")), name]
    room = steps[0] if steps[0] in FOLDERS else "bicall"
    return room, steps[1] if room == "emulator" and len(steps) > 1 else ""


def offences(path: Path, room: str, part: str) -> Iterator[str]:
    """Imports of one file that the tables do not allow."""
    for module, name, line in imports(path):
        other, other_part = room_and_part(module, name)
        where = f"{path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path.name}:{line}"
        if other != room and other not in ROOMS[room]:
            yield f"{where}: {room} imports {other}"
        if other == room == "emulator" and other_part != part and not PARTS[part] & {other_part, "all"}:
            yield f"{where}: {part} imports {other_part}"
        private = name.startswith("_") and not name.startswith("__")
        if private and (other, other_part) != (room, part):
            yield f"{where}: {name} is private to {module}"


def sources() -> list[tuple[Path, str, str]]:
    found = []
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            within = path.relative_to(PROJECT / room).parts
            found.append((path, room, within[0] if room == "emulator" and len(within) > 1 else ""))
    return found


def test_each_room_and_part_is_in_the_tables():
    assert ROOMS.keys() == FOLDERS | {"bicall"}
    parts = {path.name for path in (PROJECT / "emulator").iterdir() if (path / "__init__.py").exists()}
    assert parts == PARTS.keys()


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_rooms_import_what_they_may(room):
    assert [line for path, its, part in sources() if its == room for line in offences(path, its, part)] == []


def test_offences_are_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        "from bicall.mapping.chips import chip\n"
        "import bicall.emulator.digits.training\n"
        "def f():\n    from bicall.emulator.support.files import _new_aside\n"
        "from bicall import run\n"
    )
    assert list(offences(path, "emulator", "rule")) == [
        "module.py:1: emulator imports mapping",
        "module.py:2: rule imports digits",
        "module.py:5: emulator imports bicall",
        "module.py:4: _new_aside is private to emulator.support.files",
    ]
    assert len(list(offences(path, "bicall", ""))) == 1


def test_the_page_names_files_that_exist():
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for name in re.findall(r"`([\w/]+\.(?:py|v))`", text):
        places = [PROJECT / name, PROJECT / "emulator" / name, PROJECT / "rtl" / name]
        assert any(place.exists() for place in places), name
