"""rustybt.testing: fixtures, assert_equal, invented assets and bars."""

import unittest
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from rustybt.assets import Equity, synthetic
from rustybt.testing import core, fixtures
from rustybt.testing.predicates import assert_equal, assert_messages_equal, instance_of, wildcard


def run_case(case):
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def test_fixtures_live_as_long_as_their_case():
    seen = []

    class Case(fixtures.WithTmpDir, fixtures.WithInstanceTmpDir, fixtures.WithAssetFinder, fixtures.ZiplineTestCase):
        ASSET_FINDER_EQUITY_SIDS = 5, 7
        ASSET_FINDER_EQUITY_SYMBOLS = "FIVE", "SEVEN"

        def test_them(self):
            asset = self.asset_finder.retrieve_asset(7)
            self.assertIsInstance(asset, Equity)
            self.assertEqual((asset.symbol, asset.exchange_full, asset.country_code), ("SEVEN", "TEST", "??"))
            self.assertEqual(asset.start_date, pd.Timestamp("2006-01-03"))
            seen.extend([self.tmpdir.path, self.instance_tmpdir.path])

    assert run_case(Case).wasSuccessful()
    assert len(seen) == 2 and not any(core.os.path.exists(path) for path in seen)
    assert not hasattr(Case, "asset_finder")


def test_a_fixture_that_forgets_super_is_named():
    class Case(fixtures.ZiplineTestCase):
        @classmethod
        def init_class_fixtures(cls):
            pass

        def test_nothing(self):
            pass

    ((_, error),) = run_case(Case).errors
    assert "does not call super()" in error


def test_minutes_of_constant_bars():
    class Case(fixtures.WithConstantFutureMinuteBarData, fixtures.ZiplineTestCase):
        START_DATE, END_DATE = pd.Timestamp("2016-01-05"), pd.Timestamp("2016-01-06")

        @classmethod
        def make_futures_info(cls):
            return pd.DataFrame({"symbol": ["CLG16"], "root_symbol": ["CL"], "multiplier": [1000], "exchange": ["CMES"]}, index=[9])

        def test_them(self):
            ((sid, frame),) = self.make_future_minute_bar_data()
            self.assertEqual((sid, len(frame)), (9, 2 * 24 * 60))
            self.assertEqual(frame.iloc[-1].to_list(), [4, 6, 3, 5, 100])

    assert run_case(Case).wasSuccessful(), run_case(Case).errors


@pytest.mark.parametrize(
    "result, expected, said",
    [
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, r"2.0 != 2.1 .*\npath: _\['a'\]\[1\]"),
        ({"a": 1, "b": 2}, {"a": 1, "c": 2}, r"only in result: {'b'}\nonly in expected: {'c'}"),
        (MappingProxyType({1: 2}), MappingProxyType({1: 3}), r"2 != 3\npath: _\[1\]"),
        ([1], [1, 2], "lengths do not match: 1 != 2"),
        (np.array([1, 2]), np.array([1, 3]), "Mismatched elements: 1 / 2"),
        (pd.Series([1]), pd.Series([2]), "Series are different"),
        (slice(1, 2), slice(1, 3), "stops are not equal: 2 != 3"),
        (pd.Timestamp("2020"), pd.Timestamp("2020", tz="UTC"), "None != UTC"),
        (float("nan"), 1.0, "nan != 1.0"),
    ],
)
def test_assert_equal_names_the_place(result, expected, said):
    assert_equal(result, result)
    with pytest.raises(AssertionError, match=said):
        assert_equal(result, expected)


def test_assert_equal_takes_tolerances_and_placeholders():
    assert_equal(1.0, 1.0 + 5e-7)
    assert_equal({"a": (1, object())}, {"a": (wildcard, instance_of(object))})
    with pytest.raises(AssertionError):
        assert_equal(1.0, 1.1, float_atol=0.01)
    assert_equal(1.0, 1.1, float_atol=0.2)
    assert instance_of(int, exact=True) != True  # noqa: E712
    with pytest.raises(AssertionError, match="line 1, col 2"):
        assert_messages_equal("same\nabc", "same\nabd")


def test_parameter_space_runs_every_combination_and_names_those_that_fail():
    seen = []

    class Case(fixtures.ZiplineTestCase):
        @core.parameter_space(x=[1, 2], y=[10, 20])
        def test_it(self, x, y):
            seen.append((x, y))
            self.assertNotEqual((x, y), (2, 10))

    ((_, said),) = run_case(Case).failures
    assert seen == [(1, 10), (1, 20), (2, 10), (2, 20)]
    assert "x=2, y=10" in said and "x=1" not in said


def test_arrays():
    assert core.make_cascading_boolean_array((3, 3), first_value=False).tolist() == [
        [False, False, True], [False, True, True], [True, True, True]
    ]
    assert core.make_alternating_boolean_array((2, 2)).tolist() == [[True, False], [False, True]]
    rows = np.arange(6).reshape(2, 3)
    assert [sorted(row) for row in core.permute_rows(3, rows)] == rows.tolist()
    with pytest.raises(AssertionError, match="dtype"):
        core.check_arrays(np.array([1]), np.array([1.0]))


def test_invented_contracts():
    table = synthetic.make_commodity_future_info(10, ["CL"], [2014], month_codes={"G": 2, "F": 1})
    assert table["symbol"].to_dict() == {10: "CLF14", 11: "CLG14"}
    assert [str(t.date()) for t in table.loc[11, ["start_date", "notice_date", "expiration_date"]]] == [
        "2013-02-01", "2013-12-20", "2014-01-20"
    ]


def test_a_temporary_finder_and_an_empty_one():
    with core.tmp_asset_finder() as finder:
        assert [asset.symbol for asset in finder.retrieve_all(finder.sids)] == ["A", "B", "C"]
    with core.empty_asset_finder() as finder:
        assert list(finder.sids) == []


def test_files_stand_for_others_in_a_block(tmp_path):
    from rustybt.testing import add_security_data, patch_read_csv, read_compressed, security_list_copy, write_compressed
    from rustybt.utils.security_list import load_from_directory

    before = load_from_directory("leveraged_etf_list")
    known, looked_up = pd.Timestamp("2015-01-27"), pd.Timestamp("2015-01-25")
    with security_list_copy():
        add_security_data(["AAPL"], ["BZQ"])
        assert load_from_directory("leveraged_etf_list")[known][looked_up] == {"add": ["AAPL"], "delete": ["BZQ"]}
    assert load_from_directory("leveraged_etf_list") == before and known not in before
    with pytest.raises(RuntimeError, match="within security_list_copy"):
        add_security_data([], [])

    (tmp_path / "there.csv").write_text("a\n1\n")
    with patch_read_csv({"http://here/table.csv": tmp_path / "there.csv"}, strict=True):
        assert pd.read_csv("http://here/table.csv")["a"].tolist() == [1]
        with pytest.raises(AssertionError, match="not in the url map"):
            pd.read_csv(tmp_path / "there.csv")
    assert pd.read_csv(tmp_path / "there.csv")["a"].tolist() == [1]

    write_compressed(tmp_path / "file.gz", b"content")
    assert read_compressed(tmp_path / "file.gz") == b"content" != (tmp_path / "file.gz").read_bytes()


def test_slippage_for_tests_fills_what_it_is_told():
    from types import SimpleNamespace

    from rustybt.testing.slippage import TestingSlippage

    data, order = SimpleNamespace(current=lambda asset, field: {"close": 7.5}[field]), SimpleNamespace(asset="A", amount=-30)
    assert TestingSlippage(4).process_order(data, order) == (7.5, 4)
    assert TestingSlippage(TestingSlippage.ALL).process_order(data, order) == (7.5, -30)


def test_trade_sources_give_a_trade_a_session():
    from rustybt.utils import factory

    # 2006-01-03 is the year's first session, a Tuesday; prices rise from 1, volumes by 50 from 100
    parameters = factory.create_simulation_parameters(start=pd.Timestamp("2006-01-03"), num_days=3)
    trades = list(factory.create_daily_trade_source([1, 2], parameters, None, parameters.trading_calendar))
    assert [(t.sid, t.dt.day, t.price, t.volume) for t in trades] == [
        (1, 3, 1.0, 100), (2, 3, 1.0, 100), (1, 4, 2.0, 150), (2, 4, 2.0, 150), (1, 5, 3.0, 200), (2, 5, 3.0, 200)
    ]
    assert factory.create_returns_from_range(parameters).index.equals(parameters.sessions)
