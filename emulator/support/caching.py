"""Compiled functions, kept in the user's cache folder by the state of all sources.

Numba compiles a function anew when the function's own file has changed, but not when a function that it calls has
changed in another file: old code would go on running, without a word, after an update. So what it keeps lies in a
folder that is named after the contents of all sources. Nothing is read or written before a function is first called.
"""

import functools
import hashlib
import importlib.util
import os
import shutil
from pathlib import Path

import numba
import platformdirs
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserWideCacheLocator

ROOMS = ("emulator", "lava_procs", "mapping", "rtl")
KEPT = 3  # folders of other states of the sources: a few versions can take turns, each takes 50 MB


def cache_folder(name: str) -> Path:
    """Where things can be kept that are made again when they are missing: a folder of the user's cache."""
    return Path(platformdirs.user_cache_dir("bicall")) / name


def digest_of(folders: list[Path]) -> str:
    """SHA-256 of the contents of all Python sources in some folders."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(f"{folder.name}/{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def source_folders() -> list[Path]:
    """Where the toolkit's sources are."""
    found = (importlib.util.find_spec(f"bicall.{room}") for room in ROOMS)
    return [Path(place) for spec in found if spec for place in spec.submodule_search_locations or ()]


@functools.cache
def sources_digest() -> str:
    """SHA-256 of the toolkit's sources: of all that a result of a compiled function can depend on."""
    return digest_of(source_folders())


@functools.cache
def _folder() -> Path:
    """This state's folder. The oldest folders of other states go when it is made."""
    kept = Path(numba.config.CACHE_DIR) if numba.config.CACHE_DIR else cache_folder("compiled")
    folder = kept / sources_digest()[:16]
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if not numba.config.CACHE_DIR:
            remove_oldest(kept, folder)
    return folder


def remove_oldest(kept: Path, newest: Path) -> None:
    """Remove the folders in `kept` but `newest` and the `KEPT` that changed last."""
    others = sorted((path for path in kept.iterdir() if path != newest), key=lambda path: path.stat().st_mtime)
    for old in others[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


class _Locator(UserWideCacheLocator):
    """A file of its own for each function's module, in the folder of this state of the sources."""

    def __init__(self, py_func, py_file):
        super().__init__(py_func, py_file)
        self._cache_path = os.path.join(_folder(), self.get_suitable_cache_subpath(py_file))

    def get_source_stamp(self):
        return sources_digest()

    @classmethod
    def from_function(cls, py_func, py_file):
        found = cls(py_func, py_file)
        found.ensure_cache_path()
        return found


class _Implementation(CompileResultCacheImpl):
    _locator_classes = [_Locator]


class _Kept(FunctionCache):
    _impl_class = _Implementation


class _KeptFromFirstCall:
    """Numba's cache of one function, opened at the first call, so that an import reads and writes nothing."""

    def __init__(self, function):
        self._function = function

    @functools.cached_property
    def _cache(self):
        try:
            return _Kept(self._function)
        except OSError:  # nothing can be written: each process compiles for itself
            return None

    def load_overload(self, signature, context):
        return self._cache and self._cache.load_overload(signature, context)

    def save_overload(self, signature, result):
        if self._cache:
            self._cache.save_overload(signature, result)


def cached_njit(function=None, **options):
    """`numba.njit`, keeping what it compiles; a decorator, with or without options."""
    if function is None:
        return functools.partial(cached_njit, **options)
    dispatcher = numba.njit(**options)(function)
    if function.__module__.startswith("bicall."):  # the digest says nothing about other sources
        dispatcher._cache = _KeptFromFirstCall(function)
    return dispatcher
