"""Extensions: Python files that are run before an ingest or a run, to register bundles, metrics and calendars."""

import importlib.util
import os

_loaded = {}  # module by path


def load(files=(), default=True, strict=True, root=None, environ=os.environ):
    """Run the default extension, then `files`, each once; `import zipline` gives rustybt there. Returns the names of the
    registered bundles.

    The default is extension.py in RUSTYBT_ROOT, else in Zipline's root. Not strict: an error is a warning.
    """
    from rustybt import _core

    chosen = [os.path.abspath(path) for path in files]
    if default:
        zipline_root = environ.get("ZIPLINE_ROOT") or os.path.expanduser("~/.zipline")
        roots = (str(root) if root is not None else environ.get("RUSTYBT_ROOT") or _core.default_root(), zipline_root)
        places = (os.path.abspath(os.path.join(place, "extension.py")) for place in roots)
        chosen[:0] = [path for path in places if os.path.exists(path)][:1]
    for path in chosen:
        if path not in _loaded:
            try:
                _run(path)
            except Exception as error:
                if strict:
                    raise
                import warnings

                warnings.warn(f"Failed to load extension: {path!r}: {error}", stacklevel=3)
    from rustybt.data.bundles import bundles

    return sorted(set(bundles) - {"csvdir"})  # the command has its own source of that name


def forget():
    """Let every file run again at the next load."""
    _loaded.clear()


def _run(path):
    from rustybt.compat import _alias

    if not os.path.exists(path):
        from rustybt.errors import FileNotFound

        raise FileNotFound(f"there is no extension {path}")
    _alias.install()
    spec = importlib.util.spec_from_file_location(f"rustybt_extension_{len(_loaded)}", path)
    _loaded[path] = module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del _loaded[path]
        raise
