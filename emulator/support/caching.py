"""Compiled functions, kept in the user's cache folder by the state of their sources.

Numba compiles a function anew when the function's own file has changed, but not when a function that it calls has
changed in another file: old code would go on running, without a word, after an update. So what it keeps lies in a
folder that is named after the contents of the module and of all that it imports. Nothing is read or written before a
function is first called.
"""

import ast
import functools
import hashlib
import importlib.util
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, overload

import numba
import platformdirs
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserWideCacheLocator

Function = TypeVar("Function", bound=Callable[..., Any])

PACKAGE = "bicall"
KEPT = 3  # folders of other states of a module: a few versions can take turns


def cache_folder(name: str) -> Path:
    """Where things can be kept that are made again when they are missing: a folder of the user's cache."""
    return Path(platformdirs.user_cache_dir("bicall")) / name


@functools.cache
def digest_of(module: str) -> str:
    """SHA-256 of a module of the toolkit and of all in the toolkit that it imports, directly or not.

    It changes with whatever may change what the module's functions compute.
    """
    found: dict[str, bytes] = {}
    wanted = [module]
    while wanted:
        name = wanted.pop()
        path = _file_of(name)
        if name not in found and path:
            found[name] = path.read_bytes()
            wanted += _imports(found[name])
    return hashlib.sha256(b"".join(name.encode() + b"\0" + found[name] + b"\0" for name in sorted(found))).hexdigest()


def _imports(source: bytes) -> list[str]:
    """Names that may be modules of the toolkit, from all import statements of a source."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return [name for name in names if name.split(".")[0] == PACKAGE]


def _file_of(module: str) -> Path | None:
    """The source of a module of the toolkit, if there is one of that name; nothing but `bicall` itself is imported."""
    room, *inside = module.split(".")[1:] or [""]
    spec = importlib.util.find_spec(f"{PACKAGE}.{room}" if room else PACKAGE)
    if spec is None or not spec.origin:
        return None
    if not inside:
        return Path(spec.origin)
    path = Path(spec.origin).parent.joinpath(*inside)
    candidates = [path / "__init__.py", path.with_suffix(".py")] if spec.submodule_search_locations else []
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def remove_oldest(kept: Path, newest: Path) -> None:
    """Remove the folders in `kept` but `newest` and the `KEPT` that changed last."""
    others = sorted((path for path in kept.iterdir() if path != newest), key=lambda path: path.stat().st_mtime)
    for old in others[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


class _Locator(UserWideCacheLocator):
    """A folder for each module and each state of all that it is made of. The oldest of a module go."""

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        super().__init__(py_func, py_file)  # type: ignore[no-untyped-call]  # Numba's own
        self._digest = digest_of(py_func.__module__)
        chosen = numba.config.CACHE_DIR  # type: ignore[attr-defined]  # Numba sets it by name
        folder = (Path(chosen) if chosen else cache_folder("compiled")) / py_func.__module__
        self._cache_path = str(folder / self._digest[:16])
        if not os.path.isdir(self._cache_path):
            os.makedirs(self._cache_path, exist_ok=True)
            remove_oldest(folder, Path(self._cache_path))

    def get_source_stamp(self) -> str:
        return self._digest

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> "_Locator":
        return cls(py_func, py_file)


class _Implementation(CompileResultCacheImpl):
    _locator_classes = [_Locator]


class _Kept(FunctionCache):
    _impl_class = _Implementation


class _KeptFromFirstCall:
    """Numba's cache of one function, opened at the first call, so that an import reads and writes nothing."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @functools.cached_property
    def _cache(self) -> Any:
        try:
            return _Kept(self._function)  # type: ignore[no-untyped-call]  # Numba's own
        except OSError:  # nothing can be written: each process compiles for itself
            return None

    def load_overload(self, signature: Any, context: Any) -> Any:
        return self._cache and self._cache.load_overload(signature, context)

    def save_overload(self, signature: Any, result: Any) -> None:
        if self._cache:
            self._cache.save_overload(signature, result)


@overload
def cached_njit(function: Function, **options: Any) -> Function: ...
@overload
def cached_njit(function: None = None, **options: Any) -> Callable[[Function], Function]: ...
def cached_njit(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """`numba.njit`, keeping what it compiles; a decorator, with or without options."""
    if function is None:
        return functools.partial(cached_njit, **options)
    dispatcher: Any = numba.njit(**options)(function)
    if function.__module__.split(".")[0] == PACKAGE:  # the digest says nothing about other sources
        dispatcher._cache = _KeptFromFirstCall(function)
    return dispatcher
