"""Files that stand for others while a test runs."""

from __future__ import annotations

import gzip
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import pandas as pd

from rustybt.testing.core import tmp_dir
from rustybt.utils import security_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rustybt._types import StrPath


@contextmanager
def security_list_copy() -> Iterator[None]:
    """Work on a copy of the folders of security lists in a `with` block."""
    with tmp_dir() as copy:
        shutil.copytree(security_list.SECURITY_LISTS_DIR, copy.path, dirs_exist_ok=True)
        with (
            mock.patch.object(security_list, "SECURITY_LISTS_DIR", copy.path),
            mock.patch.object(security_list, "using_copy", True, create=True),
        ):
            yield


def add_security_data(adds: Iterable[str], deletes: Iterable[str]) -> None:
    """Put symbols on the list of leveraged ETFs, and take some off, on 2015-01-27; within security_list_copy only."""
    if not hasattr(security_list, "using_copy"):
        raise RuntimeError("add_security_data must be used within security_list_copy context")
    folder = os.path.join(security_list.SECURITY_LISTS_DIR, "leveraged_etf_list", "20150127", "20150125")
    os.makedirs(folder, exist_ok=True)
    for name, symbols in (("add", adds), ("delete", deletes)):
        with open(os.path.join(folder, name), "w") as file:
            file.writelines(f"{symbol}\n" for symbol in symbols)


@contextmanager
def patch_read_csv(url_map: Mapping[Any, Any], module: Any = pd, strict: bool = False) -> Iterator[None]:
    """Let read_csv of a module read other files, by address, in a `with` block; strict: no others than these."""
    read_csv = pd.read_csv

    def read(filepath_or_buffer, *args, **kwargs):
        if filepath_or_buffer in url_map:
            filepath_or_buffer = url_map[filepath_or_buffer]
        elif strict:
            raise AssertionError(f"attempted to call read_csv on  {filepath_or_buffer!r} which not in the url map")
        return read_csv(filepath_or_buffer, *args, **kwargs)

    with mock.patch.object(module, "read_csv", read):
        yield


def write_compressed(path: StrPath, content: bytes) -> None:
    """Write a file by gzip."""
    with gzip.open(path, "wb") as file:
        file.write(content)


def read_compressed(path: StrPath) -> bytes:
    """What is in a file by gzip."""
    with gzip.open(path, "rb") as file:
        return file.read()
