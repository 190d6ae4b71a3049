"""Examples in docstrings are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["rustybt.errors", "rustybt.country", "rustybt.extensions", "rustybt._dates", "rustybt.finance.commission", "rustybt.finance.costs", "rustybt.utils.calendar_utils", "rustybt.utils.validation", *(f"rustybt.utils.{name}" for name in ("cache", "compat", "date_utils", "exploding_object", "final", "functional", "input_validation", "memoize", "numpy_utils", "pandas_utils", "paths", "preprocess", "sentinel", "sharedoc"))])
def test_examples(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0 and outcome.failed == 0
