"""The checked-in calendar tables are what tools/make_calendars.py makes of exchange_calendars 4.13.2.

The samples hold a hash over every session, open, close, break and early close of every calendar, computed from
exchange_calendars; rustybt/utils/calendar_utils_test.cpp compares the C++ calendars with it.
"""

import importlib.metadata
import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REMEDY = "stale: run `.venv/bin/python tools/make_calendars.py` and commit both files"


def load_tool():
    spec = importlib.util.spec_from_file_location("make_calendars", ROOT / "tools" / "make_calendars.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool():
    module = load_tool()
    try:
        found = importlib.metadata.version("exchange_calendars")
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != module.VERSION:
        message = f"the calendar tables need exchange_calendars {module.VERSION}, found {found}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return module


@pytest.fixture(scope="module")
def calendars(tool):
    return tool.load_schedules()


def differing(made, checked_in):
    """The first lines that differ, for the failure message."""
    pairs = zip(made.splitlines(), checked_in.splitlines(), strict=False)
    return [f"made {a!r}, checked in {b!r}" for a, b in pairs if a != b][:5]


def test_tables_are_current(tool, calendars):
    schedules, aliases = calendars
    made, checked_in = tool.tables_text(schedules, aliases), tool.TABLES.read_text()
    assert made == checked_in, f"{tool.TABLES.name} is {REMEDY}; {differing(made, checked_in)}"


def test_samples_are_current(tool, calendars):
    made, checked_in = tool.samples_text(calendars[0]), tool.SAMPLES.read_text()
    assert made == checked_in, f"{tool.SAMPLES.name} is {REMEDY}; {differing(made, checked_in)}"


def test_rules_are_plain_days(tool, calendars):
    """24/5 and 24/7 have no table: they must be what the rules in calendar_registry.cpp say."""
    rules = {s.name: s for s in calendars[0] if s.name in tool.RULES}
    for name, mask in {"24/5": 0b0011111, "24/7": 0b1111111}.items():
        assert rules[name].week_mask == mask
        assert tool.encode(rules[name]) == ("0 1440", [])
