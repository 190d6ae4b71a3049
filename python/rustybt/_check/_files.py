"""Tables that a strategy reads itself, with another future: whoever opens a file gets a changed copy of it.

Reads go through Python's `open` or through functions of pandas, Polars and pyarrow; rows are told by a column (or index) of
dates. What cannot be cut (a database, the network, a file without dates) is named in the trace as unchecked.
"""

import builtins
import functools
import importlib.util
import io
import os
import re
import sys
import tempfile

_TEXT = re.compile(r"\.(csv|tsv|txt|dat)(\.(gz|bz2|xz))?$", re.IGNORECASE)
_ARROW = re.compile(r"\.(parquet|pq)$", re.IGNORECASE)
_PICKLE = re.compile(r"\.(pkl|pickle)(\.(gz|bz2|xz))?$", re.IGNORECASE)
_CODE = re.compile(r"\.(py|pyc|so|pth|toml|ini|cfg|yaml|yml|md)$", re.IGNORECASE)
_READERS = {
    "pandas": ("read_parquet", "read_feather", "read_pickle", "read_excel", "read_hdf"),
    "polars": ("read_csv", "scan_csv", "read_parquet", "scan_parquet", "read_ipc", "scan_ipc"),
    "pyarrow.parquet": ("read_table", "ParquetFile"),
    "pyarrow.csv": ("read_csv", "open_csv"),
}


def watch(trace, future, sources, trust):
    """From now on files are seen as of `future` ("cut:2020-03-05"; "" = as they are).

    sources: the only ones to change (real paths, "bundle:NAME"; None = all). trust: files that are never changed.
    """
    files = _Files(trace, future, sources, {os.path.realpath(path) for path in trust})
    kept = builtins.open

    @functools.wraps(kept)
    def open_file(file, mode="r", *args, **kwargs):
        if isinstance(file, (str, os.PathLike)) and not set(mode) & set("wax+"):
            file = files.seen(file)
        return kept(file, mode, *args, **kwargs)

    builtins.open = io.open = open_file
    _watch_bundles(trace, files)
    sys.meta_path.insert(0, _Finder(files))
    for name in _READERS:
        if name in sys.modules:
            _watch_readers(sys.modules[name], name, files)

    def hear(event, arguments):
        if event in ("sqlite3.connect", "socket.connect") and trace.place():
            files.unchecked(trace.place(), str(arguments[0] if event == "sqlite3.connect" else arguments[1]))

    sys.addaudithook(hear)


class _Finder:
    """Wraps the readers of a library after its import."""

    def __init__(self, files):
        self._files = files

    def find_spec(self, name, path=None, target=None):
        if name not in _READERS:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            _watch_readers(module, name, self._files)

        spec.loader.exec_module = exec_module
        return spec


def _watch_readers(module, name, files):
    for reader in _READERS[name]:
        function = getattr(module, reader, None)
        if function is not None:
            setattr(module, reader, _reading(function, files))


def _reading(function, files):
    @functools.wraps(function)
    def read(source, *args, **kwargs):
        if isinstance(source, (str, os.PathLike)):
            source = files.seen(source)
        elif isinstance(source, (list, tuple)):
            source = [files.seen(s) if isinstance(s, (str, os.PathLike)) else s for s in source]
        return function(source, *args, **kwargs)

    return read


def _watch_bundles(trace, files):
    """Bundles that the strategy opens beside the one it runs on."""
    from rustybt import _core

    load = _core.load_bundle

    def load_bundle(name, *args, **kwargs):
        bundle = load(name, *args, **kwargs)
        source = f"bundle:{name}"
        if trace.place():
            trace.write("file", trace.place(), source)
        return _core.with_future(bundle, files.future) if files.changes(source) else bundle

    _core.load_bundle = load_bundle


class _Files:
    def __init__(self, trace, future, sources, trusted):
        self.future = future
        self._trace = trace
        self._sources = sources
        self._trusted = trusted
        self._copies = {}
        self._busy = False
        self._folder = tempfile.TemporaryDirectory(prefix="rustybt-check-")
        # what libraries read for themselves (time zones, fonts) and our copies
        self._elsewhere = (self._folder.name, sys.prefix, sys.base_prefix, "/usr/", "/etc/", "/proc/", "/sys/", "/dev/")

    def changes(self, source):
        return bool(self.future) and (self._sources is None or source in self._sources)

    def unchecked(self, place, what):
        self._trace.write("unchecked", place, what)

    def seen(self, file):
        """The path to open instead of `file`."""
        place = "" if self._busy else self._trace.place()
        path = os.path.realpath(os.fspath(file)) if place else ""
        if not place or not os.path.isfile(path) or _CODE.search(path) or path.startswith(self._elsewhere):
            return file
        if path in self._copies:
            return self._copies[path] or file
        self._copies[path] = None
        if path in self._trusted:
            return file
        self._busy = True  # our own reading is not the strategy's
        try:
            copy = self._changed_copy(path, place)
        finally:
            self._busy = False
        if copy is None:
            return file
        self._trace.write("file", place, path)
        if not self.changes(path):
            return file
        self._copies[path] = copy
        return copy

    def _changed_copy(self, path, place):
        """A copy of the file with another future; None where no row can be told to lie in the future."""
        from rustybt._check import _tables

        future = _tables.Future(self.future or "cut:9999-12-31")
        copy = os.path.join(self._folder.name, f"{len(self._copies)}-{os.path.basename(path)}")
        try:
            if _TEXT.search(path):
                done = _tables.copy_text(path, copy, future)
            elif _ARROW.search(path):
                done = _tables.copy_parquet(path, copy, future)
            elif _PICKLE.search(path):
                done = _tables.copy_pickle(path, copy, future)
            else:
                done = False
        except Exception as error:  # noqa: BLE001 (whatever the file is, the strategy may be able to read it)
            self.unchecked(place, f"{path} ({type(error).__name__}: {error})")
            return None
        if not done:
            self.unchecked(place, path)
            return None
        return copy
