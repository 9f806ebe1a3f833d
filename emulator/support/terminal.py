"""What all commands share: the `--json` option, results as tables or JSON, progress bars, Ctrl-C."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import AbstractContextManager, contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from bicall.emulator.support.reporting import Item, Reporter

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON instead of a table.")]

# results go to standard output, all else to standard error; a pipe has no width, so tables are not squeezed there
output = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120)
messages = Console(stderr=True)


def print_result(result: dict[str, Any], view: Iterable[Any], as_json: bool) -> None:
    """Print a result: `result` as JSON, or each item of `view` (rich tables, or lines of text) for a person."""
    if as_json:
        print(json.dumps(result, indent=2))
        return
    for item in view:
        output.print(item)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:
    """A table whose first column is names and whose others are numbers."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for i, column in enumerate(columns):
        made.add_column(str(column), justify="right" if i else "left")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made


class Terminal(Reporter):
    """Shows progress on standard error; bars only where that is a terminal."""

    def progress(self, items: Iterable[Item], doing: str, total: int | None, start: int) -> Iterator[Item]:
        """Draw a bar that goes away when the items are done."""
        if total is None:
            assert isinstance(items, Sized), f"{doing}: items have no length, so `total` must be given"
            total = start + len(items)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
            task = bar.add_task(doing, total=total, completed=start)
            for item in items:
                yield item
                bar.advance(task)

    def working(self, doing: str) -> AbstractContextManager[object]:
        """Turn a wheel."""
        return messages.status(doing)

    def note(self, text: str) -> None:
        """Print it."""
        messages.print(text, highlight=False)


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Within the block, Ctrl-C only makes the function that it gives return True: work ends where it can."""
    flag: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: flag.append(number))
    try:
        yield lambda: bool(flag)
    finally:
        signal.signal(signal.SIGINT, before)
