"""Files of Zipline's root (ZIPLINE_ROOT, else ~/.zipline), where scripts look for bundles and extensions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from rustybt._types import StrPath

    _Environment = Mapping[str, str] | None

__all__ = [
    "cache_path",
    "cache_root",
    "data_path",
    "data_root",
    "default_extension",
    "ensure_cache_root",
    "ensure_directory",
    "ensure_directory_containing",
    "ensure_file",
    "hidden",
    "last_modified_time",
    "modified_since",
    "zipline_path",
    "zipline_root",
]


def zipline_root(environ: _Environment = None) -> str:
    """Zipline's root; of this process's environment unless another one is given.

    >>> zipline_root({"ZIPLINE_ROOT": "/data/zipline"})
    '/data/zipline'
    """
    root = (os.environ if environ is None else environ).get("ZIPLINE_ROOT")
    return os.path.expanduser("~/.zipline") if root is None else root


def zipline_path(paths: Iterable[str], environ: _Environment = None) -> str:
    """A path below Zipline's root.

    >>> zipline_path(["data", "mine"], {"ZIPLINE_ROOT": "/z"})
    '/z/data/mine'
    """
    return os.path.join(zipline_root(environ), *paths)


def default_extension(environ: _Environment = None) -> str:
    """The extension.py that is run before commands."""
    return zipline_path(["extension.py"], environ)


def data_root(environ: _Environment = None) -> str:
    """The folder of bundles."""
    return zipline_path(["data"], environ)


def data_path(paths: Iterable[str], environ: _Environment = None) -> str:
    """A path below the folder of bundles."""
    return zipline_path(["data", *paths], environ)


def cache_root(environ: _Environment = None) -> str:
    """The folder of what can be made again."""
    return zipline_path(["cache"], environ)


def cache_path(paths: Iterable[str], environ: _Environment = None) -> str:
    """A path below the folder of what can be made again."""
    return zipline_path(["cache", *paths], environ)


def ensure_cache_root(environ: _Environment = None) -> None:
    """Make that folder, if it is not there."""
    ensure_directory(cache_root(environ))


def ensure_directory(path: StrPath) -> None:
    """Make a folder, and those above it, if it is not there."""
    os.makedirs(path, exist_ok=True)


def ensure_directory_containing(path: StrPath) -> None:
    """Make the folder of a file, if it is not there."""
    ensure_directory(Path(path).parent)


def ensure_file(path: StrPath) -> None:
    """Make an empty file, and the folders above it, if it is not there."""
    ensure_directory_containing(path)
    Path(path).touch()


def hidden(path: StrPath) -> bool:
    """Does its name begin with a dot?"""
    return Path(path).name.startswith(".")


def last_modified_time(path: StrPath) -> pd.Timestamp:
    """When a file was changed, in UTC."""
    import pandas as pd

    return pd.Timestamp(os.path.getmtime(path), unit="s", tz="UTC")


def modified_since(path: StrPath, dt: pd.Timestamp) -> bool:
    """Was a file changed after a time? False when it is not there."""
    return os.path.exists(path) and last_modified_time(path) > dt
