"""Importing is cheap and gives what it promises."""

import subprocess
import sys


def modules_after(statement, environment_path):
    code = f"import sys; sys.path[:0] = {environment_path!r}; {statement}; print(' '.join(sys.modules))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_import_loads_nothing_heavy():
    for statement in ("import rustybt", "import rustybt.api", "import rustybt.compat.zipline, zipline.api"):
        loaded = modules_after(statement, sys.path)
        assert not {"numpy", "pandas", "pyarrow", "polars", "inspect"} & set(loaded), statement


def test_unknown_attribute_is_an_attribute_error():
    import rustybt

    try:
        rustybt.no_such_name
    except AttributeError as error:
        assert "no_such_name" in str(error)
    else:
        raise AssertionError("expected AttributeError")
