"""What all commands share: the `--json` option, results as tables or JSON, progress bars."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON instead of a table.")]

# results go to standard output, all else to standard error; a pipe has no width, so tables are not squeezed there
output = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 120)
messages = Console(stderr=True)


def print_result(result: dict, view: Iterable, as_json: bool) -> None:
    """Print a result: `result` as JSON, or each item of `view` (rich tables, or lines of text) for a person."""
    if as_json:
        print(json.dumps(result, indent=2))
        return
    for item in view:
        output.print(item)


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable]) -> Table:
    """A table whose first column is names and whose others are numbers."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for i, column in enumerate(columns):
        made.add_column(str(column), justify="right" if i else "left")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made


def progress(items: Iterable, doing: str, total: int | None = None, start: int = 0) -> Iterator:
    """Iterate over `items` with a progress bar on standard error; none where that is not a terminal.

    Args:
        doing: what is going on, in a few words.
        total: number of items, where `len(items)` does not say; `start` of them are done already.
    """
    total = start + len(items) if total is None else total
    with _bar() as bar:
        task = bar.add_task(doing, total=total, completed=start)
        for item in items:
            yield item
            bar.advance(task)


@contextmanager
def counting(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Give a callback for a library that counts: called with what is done and with all, it moves a progress bar."""
    with _bar() as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _bar() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal)
