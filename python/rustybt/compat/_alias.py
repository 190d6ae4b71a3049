"""The one finder behind `import zipline`; see rustybt.compat.zipline."""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys

from rustybt import _preset

_OURS = "rustybt"
_ALIAS = "zipline"
# modules of ours that have no counterpart in zipline
_HIDDEN = {
    f"rustybt.{name}" for name in ("compat", "result", "_core", "_dates", "_explain", "_html", "_magic", "_not_yet", "_preset", "_script", "_shapes")
}


class _Loader(importlib.abc.Loader):
    def __init__(self, target):
        self.target = target

    def create_module(self, spec):
        module = importlib.import_module(self.target)
        # the import system is about to replace it by the alias's
        self.spec = module.__spec__
        return module

    def exec_module(self, module):
        module.__spec__ = self.spec


class _Finder(importlib.abc.MetaPathFinder):
    """Maps zipline.* to rustybt.*; remembers whether anybody asked."""

    used = False

    def find_spec(self, name, path=None, target=None):
        if name != _ALIAS and not name.startswith(_ALIAS + "."):
            return None
        self.used = True
        ours = _OURS + name[len(_ALIAS) :]
        if ours in _HIDDEN or not _exists(ours):
            raise ModuleNotFoundError(
                f"rustybt has no module for {name!r}; it has {', '.join(_siblings(ours))}", name=name
            )
        return importlib.machinery.ModuleSpec(name, _Loader(ours), is_package=True)


_finder = _Finder()


def install():
    """Put the alias on the import path; the preset stays."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


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
    found = [
        m.name for m in pkgutil.iter_modules(importlib.import_module(parent).__path__) if not m.name.startswith("_")
    ]
    return [f"{_ALIAS}{parent[len(_OURS) :]}.{n}" for n in sorted(found) if f"{_OURS}.{n}" not in _HIDDEN]


def activate() -> None:
    """Make `import zipline` give rustybt, with the preset of the same name. Doing it twice is the same as once."""
    install()
    use_preset("the zipline alias is active")


def use_preset(reason):
    """The preset `zipline` is the process's default from here on."""
    _preset.default, _preset.reason = "zipline", reason


def deactivate() -> None:
    """Undo activate(): `import zipline` means a real zipline again."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name in [n for n in sys.modules if n == _ALIAS or n.startswith(_ALIAS + ".")]:
        if sys.modules[name].__name__.startswith(_OURS):
            del sys.modules[name]
    _preset.default, _preset.reason = "rustybt", "default"


def watch():
    """Forget what was imported so far; see was_imported."""
    _finder.used = False


def was_imported():
    """Has anything imported zipline through the alias since watch()?"""
    return _finder.used
