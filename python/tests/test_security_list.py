"""Lists of securities in time, as Zipline's leveraged ETFs."""

import datetime
from types import SimpleNamespace

import pandas as pd
import pytest

from rustybt import errors
from rustybt.api import order, set_asset_restrictions, set_do_not_order_list, symbol
from rustybt.utils import security_list
from rustybt.utils.security_list import SecurityList, SecurityListSet

# what zipline.utils.security_list.load_from_directory of zipline-reloaded 3.2.1 gives for its leveraged_etf_list
ADDED = {
    "20120913": 2, "20120919": 1, "20121012": 1, "20130605": 2, "20130916": 1, "20131002": 2, "20131009": 1, "20131121": 4,
    "20131227": 2, "20140410": 1, "20140923": 1, "20141119": 2, "20141226": 1, "20150123": 207, "20160826": 35,
}  # fmt: skip


class Finder:
    """Knows every symbol but X; the sid is the symbol's letter."""

    def lookup_symbol(self, symbol, as_of_date):
        if symbol == "X":
            raise errors.SymbolNotFound(symbol=symbol)
        return SimpleNamespace(sid=ord(symbol))


def names(sids):
    return "".join(sorted(map(chr, sids)))


def test_the_leveraged_etfs_are_zipline_s():
    data = security_list.load_from_directory("leveraged_etf_list")
    assert list(data) == [datetime.datetime(2002, 1, 3)]
    changes = data[datetime.datetime(2002, 1, 3)]
    assert {d.strftime("%Y%m%d"): len(c["add"]) for d, c in changes.items()} == ADDED
    assert all(c["delete"] == [] for c in changes.values())


def test_folders_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(security_list, "SECURITY_LISTS_DIR", str(tmp_path))
    folder = tmp_path / "mine" / "20150105" / "20140102"
    folder.mkdir(parents=True)
    (folder / "add").write_text("A\nB\n")
    (folder / "delete").write_text("")
    assert security_list.load_from_directory("mine") == {
        datetime.datetime(2015, 1, 5): {datetime.datetime(2014, 1, 2): {"add": ["A", "B"], "delete": []}}
    }


def test_a_list_changes_on_its_days_of_knowledge():
    lookup = datetime.datetime(2014, 1, 2)
    data = {
        datetime.datetime(2015, 1, 5): {lookup: {"add": ["A", "B", "X"], "delete": []}},
        datetime.datetime(2015, 2, 2): {lookup: {"add": ["C"], "delete": ["A"]}},
    }
    listed = SecurityList(data, lambda: pd.Timestamp("2015-01-06", tz="UTC"), Finder())
    assert names(listed.current_securities(pd.Timestamp("2015-01-04", tz="UTC"))) == ""
    assert names(listed.current_securities(pd.Timestamp("2015-02-02", tz="UTC"))) == "BC"
    assert names(listed.current_securities(pd.Timestamp("2015-01-05", tz="UTC"))) == "AB"  # however it was asked before
    with pytest.warns(DeprecationWarning, match="Iterating over security_lists is deprecated"):
        assert names(listed) == "AB"
    with pytest.warns(DeprecationWarning, match="Evaluating inclusion"):
        assert ord("A") in listed


@pytest.fixture
def etf_from_the_8th(tmp_path, monkeypatch):
    """A list of leveraged ETFs with BBB from 2020-01-08 on."""
    monkeypatch.setattr(security_list, "SECURITY_LISTS_DIR", str(tmp_path))
    folder = tmp_path / "leveraged_etf_list" / "20200108" / "20200102"
    folder.mkdir(parents=True)
    (folder / "add").write_text("BBB\n")
    (folder / "delete").write_text("")


def buy(context, data):
    order(symbol("BBB"), 1)


def test_restrictions_of_leveraged_etfs_end_a_run_on_their_day(run, etf_from_the_8th):
    def initialize(context):
        set_asset_restrictions(SecurityListSet(context.get_datetime, context.asset_finder).restrict_leveraged_etfs)

    with pytest.raises(errors.TradingControlViolation, match="BBB") as broken:
        run(buy, initialize)
    assert broken.value.partial_result.perf.index[-1].day == 7


def test_a_list_may_be_given_to_the_old_call(run, etf_from_the_8th):
    tradable = []

    def initialize(context):
        lists = SecurityListSet(context.get_datetime, context.asset_finder)
        with pytest.warns(DeprecationWarning, match="set_do_not_order_list"):
            set_do_not_order_list(lists.leveraged_etf_list, on_error="log")

    def handle_data(context, data):
        tradable.append(bool(data.can_trade(symbol("BBB"))))
        order(symbol("BBB"), 1)

    result = run(handle_data, initialize)
    assert tradable == [True] * 4 + [False] * 8
    assert len(result.to_pandas("orders")) >= 12  # only logged
