"""Extensions: Python files that are run before a command, to register bundles."""

import importlib.util
import os

_loaded = []


def load(files, environ=os.environ):
    """Run the default extension, then `files`; `import zipline` gives rustybt there. Returns the names of registered bundles.

    The default is extension.py in RUSTYBT_ROOT, else in Zipline's root.
    """
    from rustybt import _core
    from rustybt.compat import _alias
    from rustybt.data.bundles import bundles

    zipline_root = environ.get("ZIPLINE_ROOT") or os.path.expanduser("~/.zipline")
    defaults = [os.path.join(root, "extension.py") for root in (_core.default_root(), zipline_root)]
    default = next((path for path in defaults if os.path.exists(path)), None)
    chosen = [*([default] if default else []), *files]
    if chosen:
        _alias.install()
    for path in chosen:
        if not os.path.exists(path):
            from rustybt.errors import FileNotFound

            raise FileNotFound(f"there is no extension {path}")
        spec = importlib.util.spec_from_file_location(f"rustybt_extension_{len(_loaded)}", path)
        module = importlib.util.module_from_spec(spec)
        _loaded.append(module)
        spec.loader.exec_module(module)
    return sorted(set(bundles) - {"csvdir"})  # the command has its own source of that name
