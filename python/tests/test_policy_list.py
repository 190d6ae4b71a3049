"""docs/policy_tests.md names the tests of every policy and quirk: they must exist, and none may be left out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = re.findall(r"^\| (`?\w+`?)(?:, ([^|]*?))? \| (.*) \|$", (ROOT / "docs/policy_tests.md").read_text(), re.MULTILINE)
LINES = {line.strip("`"): tests for line, _, tests in ROWS if line != "line"}


def cpp_tests():
    found = set()
    for file in (ROOT / "rustybt").rglob("*_test.cpp"):
        found |= {".".join(t) for t in re.findall(r"^(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\((\w+),\s*(\w+)", file.read_text(), re.M)}
    return found


def python_tests():
    files = [*(ROOT / "python/tests").glob("test_*.py"), *(ROOT / "tests/integration").glob("test_*.py")]
    return {f"{file.name}::{name}" for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)}


def test_every_named_test_exists():
    known = cpp_tests() | python_tests()
    named = {name for tests in LINES.values() for name in re.findall(r"`([^`]+)`", tests)}
    assert len(named) > 50
    assert sorted(named - known) == []


def test_every_policy_has_tests():
    policies = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/policies.md").read_text(), re.MULTILINE)
    assert len(policies) >= 15
    for policy in policies:
        assert "`" in LINES.get(policy, ""), f"{policy} has no line with tests in docs/policy_tests.md"


@pytest.mark.parametrize("number", range(1, 38))
def test_every_quirk_has_a_line(number):
    tests = LINES[f"Q{number}"]
    assert "`" in tests or tests.startswith("none: ")
