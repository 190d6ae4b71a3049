"""Examples in docstrings are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["rustybt.errors", "rustybt._dates", "rustybt.finance.commission", "rustybt.finance.costs", "rustybt.utils.calendar_utils", "rustybt.utils.validation"])
def test_examples(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted > 0 and outcome.failed == 0
