"""Values with a date of expiry, frames in files, files that appear when they are whole."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from rustybt.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from rustybt._types import StrPath

__all__ = ["CachedObject", "Expired", "ExpiringCache", "dataframe_cache", "working_dir", "working_file"]


class Expired(Exception):
    """The value of a CachedObject is too old."""


class CachedObject:
    """A value that may be used up to the time `expires`.

    >>> CachedObject("a", expires=5).unwrap(5)
    'a'
    """

    def __init__(self, value: Any, expires: Any) -> None:
        self._value, self._expires, self._always = value, expires, False

    @classmethod
    def expired(cls) -> CachedObject:
        """One that has expired at any time."""
        nothing = cls(None, None)
        nothing._always = True
        return nothing

    def unwrap(self, dt: Any) -> Any:
        """The value; raises Expired when dt is after its expiry."""
        if self._always or self._expires < dt:
            raise Expired(self._expires)
        return self._value


class ExpiringCache:
    """Values by key, each up to its expiry; then `cleanup` gets the value, and the key is gone."""

    def __init__(
        self, cache: MutableMapping[Any, Any] | None = None, cleanup: Callable[[Any], None] = lambda value: None
    ) -> None:
        self._cache: MutableMapping[Any, Any] = {} if cache is None else cache
        self.cleanup = cleanup

    def get(self, key: Any, dt: Any) -> Any:
        """The value at the time dt; raises KeyError when there is none, or none any more."""
        held = self._cache[key]
        try:
            return held.unwrap(dt)
        except Expired as error:
            del self._cache[key]
            self.cleanup(held._value)
            raise KeyError(key) from error

    def set(self, key: Any, value: Any, expiration_dt: Any) -> None:
        """Keep a value up to and with a time."""
        self._cache[key] = CachedObject(value, expiration_dt)


_UNFINISHED = ".part"  # end of the name of a file that is being written


class dataframe_cache(MutableMapping[str, Any]):
    """Frames by name, each in a file of the folder `path`; the folder goes at the end of a `with` block.

    lock: a context manager around each access. serialization: "pickle", or "pickle:N" with a protocol. `cache[:]` is a dict
    of all. Without clean_on_failure the folder stays when the block fails.
    """

    def __init__(
        self,
        path: StrPath | None = None,
        lock: Any = None,
        clean_on_failure: bool = True,
        serialization: str = "pickle",
    ) -> None:
        kind, _, protocol = serialization.partition(":")
        if kind != "pickle":
            raise ValueError(f"'serialization' must be 'pickle[:n]', not {serialization!r}")
        self._protocol = int(protocol) if protocol else None
        self.path: str = tempfile.mkdtemp() if path is None else os.fspath(path)
        self.lock: Any = nullcontext() if lock is None else lock
        self.clean_on_failure = clean_on_failure
        os.makedirs(self.path, exist_ok=True)

    def _keypath(self, key):
        if not key or os.path.basename(key) != key or key.endswith(_UNFINISHED):
            raise InvalidArgument(f"a key of the cache is a plain name, found {key!r}")
        return os.path.join(self.path, key)

    def __enter__(self) -> dataframe_cache:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        if self.clean_on_failure or value is None:
            with self.lock:
                shutil.rmtree(self.path)

    def __getitem__(self, key: Any) -> Any:
        if key == slice(None):
            return dict(self.items())
        try:
            with self.lock, open(self._keypath(key), "rb") as file:
                return pickle.load(file)
        except FileNotFoundError:
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: pd.DataFrame) -> None:
        path = self._keypath(key)
        with self.lock:
            with open(path + _UNFINISHED, "wb") as file:
                pickle.dump(value, file, protocol=self._protocol)
            os.replace(path + _UNFINISHED, path)  # whole or not at all

    def __delitem__(self, key: str) -> None:
        try:
            with self.lock:
                os.remove(self._keypath(key))
        except FileNotFoundError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in os.listdir(self.path) if not name.endswith(_UNFINISHED)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: keys={{{', '.join(map(repr, sorted(self)))}}}>"


class working_file:
    """A temporary file in a `with` block, moved to `final_path` at its end unless it fails; `path` is its name."""

    def __init__(self, final_path: StrPath, *args: Any, **kwargs: Any) -> None:
        self._file = tempfile.NamedTemporaryFile(*args, delete=False, **kwargs)
        self._final_path = final_path

    @property
    def path(self) -> str:
        return self._file.name

    def __enter__(self) -> working_file:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self._file.close()
        if kind is None:
            shutil.move(self.path, self._final_path)
        else:
            os.remove(self.path)


class working_dir:
    """A temporary folder in a `with` block, copied to `final_path` at its end unless it fails; `path` is its name."""

    def __init__(self, final_path: StrPath) -> None:
        self.path: str = tempfile.mkdtemp()
        self._final_path = final_path

    def getpath(self, *path_parts: str) -> str:
        """A path in the folder."""
        return os.path.join(self.path, *path_parts)

    def ensure_dir(self, *path_parts: str) -> str:
        """A folder in the folder, made if it is not there."""
        path = self.getpath(*path_parts)
        os.makedirs(path, exist_ok=True)
        return path

    def __enter__(self) -> working_dir:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        if kind is None:
            shutil.copytree(self.path, self._final_path, dirs_exist_ok=True)
        shutil.rmtree(self.path)
