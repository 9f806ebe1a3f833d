"""How far long work is. Libraries say it here; whether anyone sees it is up to who runs them.

Nothing is shown unless a `Reporter` has been put in place with `reported_by`, as the command line does.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")


class Reporter:
    """Takes what libraries say and shows nothing: the base of those that do."""

    def progress(self, items: Iterable[Item], doing: str, total: int | None, start: int) -> Iterator[Item]:
        """As the function `progress`."""
        return iter(items)

    def working(self, doing: str) -> AbstractContextManager[object]:
        """As the function `working`."""
        return nullcontext()

    def note(self, text: str) -> None:
        """As the function `note`."""


_reporter: ContextVar[Reporter] = ContextVar("reporter", default=Reporter())  # noqa: B039 - it has no state


@contextmanager
def reported_by(reporter: Reporter) -> Iterator[None]:
    """Within the block, and in this thread, show progress by `reporter`."""
    token = _reporter.set(reporter)
    try:
        yield
    finally:
        _reporter.reset(token)


def progress(items: Iterable[Item], doing: str, total: int | None = None, start: int = 0) -> Iterator[Item]:
    """Iterate over `items`, which takes a while.

    Args:
        doing: what is going on, in a few words.
        total: number of items, where `len(items)` does not say; `start` of them are done already.
    """
    return _reporter.get().progress(items, doing, total, start)


def working(doing: str) -> AbstractContextManager[object]:
    """A block that takes a while, nobody knows how long."""
    return _reporter.get().working(doing)


def note(text: str) -> None:
    """Something found on the way."""
    _reporter.get().note(text)
