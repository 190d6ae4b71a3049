"""`zipline` as another name of `rustybt`.

    import rustybt.compat.zipline            # from here on `import zipline` gives rustybt's modules
    python -m rustybt.compat.zipline script.py arguments

Nothing is copied: zipline.api IS rustybt.api. Activating sets the process's default preset to "zipline". A real zipline that is
already imported stays; one that is merely installed is hidden while the alias is active.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys

from rustybt import _preset

_OURS = "rustybt"
_ALIAS = "zipline"
# what these packages of ours hold has no counterpart in zipline
_HIDDEN = {"rustybt.compat", "rustybt._core", "rustybt._script", "rustybt._preset", "rustybt._shapes", "rustybt._dates", "rustybt._not_yet"}


class _Loader(importlib.abc.Loader):
    def __init__(self, target):
        self.target = target

    def create_module(self, spec):
        module = importlib.import_module(self.target)
        # the import system is about to write the alias's names into the module: keep its own
        self.kept = {k: getattr(module, k, None) for k in ("__name__", "__loader__", "__package__", "__spec__", "__path__", "__file__", "__cached__")
                     if hasattr(module, k)}
        return module

    def exec_module(self, module):
        for key, value in self.kept.items():
            setattr(module, key, value)


class _Finder(importlib.abc.MetaPathFinder):
    """Maps zipline.* to rustybt.*; remembers whether anybody asked."""

    used = False

    def find_spec(self, name, path=None, target=None):
        if name != _ALIAS and not name.startswith(_ALIAS + "."):
            return None
        self.used = True
        ours = _OURS + name[len(_ALIAS):]
        if ours in _HIDDEN or not _exists(ours):
            raise ModuleNotFoundError(f"rustybt has no module for {name!r}; it has {', '.join(_siblings(ours))}", name=name)
        spec = importlib.machinery.ModuleSpec(name, _Loader(ours), is_package=True)
        return spec


_finder = _Finder()


def _exists(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _siblings(name):
    """Names that exist beside a missing module, under the alias."""
    import pkgutil

    parent = name.rpartition(".")[0]
    while parent and not _exists(parent):
        parent = parent.rpartition(".")[0]
    found = [m.name for m in pkgutil.iter_modules(importlib.import_module(parent).__path__) if not m.name.startswith("_")]
    return [f"{_ALIAS}{parent[len(_OURS):]}.{n}" for n in sorted(found) if n != "compat"]


def activate():
    """Make `import zipline` give rustybt. Doing it twice is the same as once."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    _preset.default, _preset.reason = "zipline", "the zipline alias is active"


def deactivate():
    """Undo activate(): `import zipline` means a real zipline again."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in [n for n in sys.modules if n == _ALIAS or n.startswith(_ALIAS + ".")]:
        if sys.modules[name].__name__.startswith(_OURS):
            del sys.modules[name]
    _preset.default, _preset.reason = "rustybt", "default"


def was_imported():
    """Has anything imported zipline through the alias?"""
    return _finder.used


def main(arguments):
    """Run a script as `python script.py` would, with the alias active."""
    import runpy

    if not arguments:
        raise SystemExit("usage: python -m rustybt.compat.zipline script.py [arguments]")
    sys.argv = arguments
    sys.path[0] = importlib.import_module("os").path.dirname(importlib.import_module("os").path.abspath(arguments[0]))
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    from rustybt.compat import zipline as _this  # the one module that holds the finder, not this __main__ copy

    _this.activate()
    _this.main(sys.argv[1:])
else:
    activate()
