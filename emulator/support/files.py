"""Files that are written whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bicall.emulator.support.errors import BadInput

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextmanager
def write_aside(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path in `path`'s folder; rename it to `path` when the block ends without an error.

    The folder is made if it is missing. A block that fails, or is interrupted, leaves neither the temporary file nor a
    changed `path`.

    Raises:
        BadInput: the folder cannot be made or written to, or the disk is full.
    """
    aside = _new_aside(Path(path))
    try:
        yield aside
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o666 & ~umask)  # mkstemp's 0600 would keep others from reading the result
        aside.replace(path)
    except Exception as error:
        if (failed := _no_room(error)) is None:
            raise
        raise BadInput(f"output {path}: cannot be written ({failed.strerror})") from None
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    with write_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def ensure_writable(path: str | os.PathLike[str]) -> None:
    """Find out before long work, not after it, that a file cannot be written.

    Raises:
        BadInput: as `write_aside`.
    """
    _new_aside(Path(path)).unlink()


def _no_room(error: BaseException | None) -> OSError | None:
    """The disk's error behind an error: what closes a file that could not be written may fail in other ways."""
    while error is not None and not (isinstance(error, OSError) and error.errno in NO_ROOM):
        error = error.__context__
    return error


def _new_aside(path: Path) -> Path:
    if os.path.isdir(path):  # pathlib's own raises on names that are too long
        raise BadInput(f"output {path}: is a folder, must be a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise BadInput(f"output {path}: cannot be written ({error.strerror})") from None
    os.close(handle)
    return Path(name)
