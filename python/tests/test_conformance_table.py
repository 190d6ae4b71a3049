"""How tools/conformance.py counts what pytest wrote down."""

import importlib.util
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "conformance.py"


@pytest.fixture(scope="module")
def conformance():
    spec = importlib.util.spec_from_file_location("conformance", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def read(conformance, tmp_path):
    def read(cases, text):
        path = tmp_path / "junit.xml"
        path.write_text(f"<testsuites><testsuite>{text}</testsuite></testsuites>")
        return conformance.read_junit(path, cases)

    return read


def test_skipped_cases_count_neither_way(read):
    outcome = read(2, '<testcase/><testcase><skipped/></testcase><testcase><failure message="E: 1 != 2"/></testcase>')
    assert (outcome.cases, outcome.passed, outcome.reasons) == (2, 1, {"E: N != N": 1})


def test_a_file_that_cannot_be_imported_fails_with_all_its_cases(read):
    said = "x.py:1: in module\nE   ModuleNotFoundError: rustybt has no module for 'zipline.x'; it has zipline.api"
    outcome = read(697, f'<testcase><error message="collection failure">{said}</error></testcase>')
    assert outcome.passed == 0
    assert outcome.reasons == {"ModuleNotFoundError: rustybt has no module for 'zipline.x'": 697}


def test_cases_that_were_never_collected_are_not_lost(read):
    outcome = read(5, '<testcase/><testcase><failure message="E: bad"/></testcase>')
    assert outcome.reasons == {"E: bad": 1, "not collected": 3}


def test_more_passes_than_zipline_has_end_the_count(read):
    with pytest.raises(SystemExit, match="stale"):
        read(1, "<testcase/><testcase/>")


def test_passes_of_what_zipline_skips_do_not_count(conformance, tmp_path):
    path = tmp_path / "junit.xml"
    path.write_text("<testsuites><testsuite><testcase/><testcase/></testsuite></testsuites>")
    assert conformance.read_junit(path, 1, skipped=1)[:3] == (1, 1, {})


def test_equal_failures_with_other_numbers_are_one_reason(conformance):
    first = conformance.reason("AssertionError: 10 != 12.5 at 0x7f01\nmore")
    assert first == conformance.reason("AssertionError: 9 != 3 at 0x7f99") == "AssertionError: N != N at 0x.."


def test_the_totals_of_the_table_are_the_sums(conformance):
    one = conformance.Outcome(3, 2, conformance.collections.Counter({"a | b": 1}))
    two = conformance.Outcome(4, 4, conformance.collections.Counter())
    text = conformance.report({"tests/one.py": one, "tests/two.py": two})
    assert "| all | 7 | 6 | 1 | |" in text
    assert "| a \\| b | 1 |" in text


def test_each_failing_case_has_its_reason_or_says_that_there_is_none(conformance, capsys):
    counter = conformance.collections.Counter
    one = conformance.Outcome(5, 1, counter(), ("test_a[1]", "test_a[2]", "test_b"))  # one case was never run
    two = conformance.Outcome(2, 2, counter())
    known = [
        ("tests/one.py", "test_a*", "a is out of scope"),
        ("tests/one.py", "*", "needs more"),
        ("tests/two.py", "test_x", "was broken"),
    ]
    text = conformance.report({"tests/one.py": one, "tests/two.py": two}, known)
    assert "| tests/one.py | test_a* | 2 | a is out of scope |" in text
    assert "| tests/one.py | * | 2 | needs more |" in text and "tests/two.py | test_x" not in text
    assert "test_x of tests/two.py pass" in capsys.readouterr().out
    assert "| tests/one.py |  | 4 | no reason recorded |" in conformance.report({"tests/one.py": one})


def test_recorded_reasons_name_files_that_are_run(conformance):
    files = conformance.zipline_cases()
    for name, pattern, why in conformance.known_reasons():
        assert name in files and name not in conformance.OUT_OF_SCOPE and pattern and why
