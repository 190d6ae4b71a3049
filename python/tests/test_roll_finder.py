"""Chains of contracts and their rolls. Expected values: real zipline-reloaded 3.2.1 over the same tables, see `market`."""

import pickle
from collections import deque
from functools import partial

import pandas as pd
import pytest

from rustybt.assets import AssetDBWriter, AssetFinder
from rustybt.assets.continuous_futures import CHAIN_PREDICATES, ContractNode, OrderedContracts, delivery_predicate
from rustybt.assets.roll_finder import ROLL_DAYS_FOR_CURRENT_CONTRACT, CalendarRollFinder, RollFinder, VolumeRollFinder
from rustybt.utils.calendar_utils import get_calendar

CALENDAR = get_calendar("us_futures")
DAY = pd.Timestamp


def contract(sid, symbol, start, close):
    days = {"start_date": "2020-01-02", "end_date": close, "notice_date": close, "expiration_date": close, "auto_close_date": close}
    return {"sid": sid, "symbol": symbol, "root_symbol": symbol[:-3], "exchange": "CMES", "tick_size": 0.01, "multiplier": 50.0,
            **days, "start_date": start}  # fmt: skip


CONTRACTS = [
    contract(1, "CLF20", "2020-01-02", "2020-01-20"),
    contract(2, "CLG20", "2020-01-02", "2020-02-18"),
    contract(3, "CLH20", "2020-01-06", "2020-03-17"),
    contract(4, "CLJ20", "2020-03-02", "2020-04-17"),
    contract(11, "GCG20", "2020-01-02", "2020-02-18"),
    contract(12, "GCH20", "2020-01-02", "2020-03-17"),
    contract(13, "GCJ20", "2020-01-02", "2020-04-17"),
]


class Volumes:
    """A reader of daily bars: G passes F on 2020-01-15, falls back on 2020-01-16; H passes G on 2020-02-07."""

    last_available_dt = DAY("2020-04-17")
    trading_calendar = CALENDAR

    def get_value(self, sid, dt, field):
        assert field == "volume"
        return {
            1: 1000,
            2: 2000 if dt == DAY("2020-01-15") else 500,
            3: 10 if dt < DAY("2020-02-07") else 5000,
            4: 1,
        }[int(sid)]


@pytest.fixture
def finder(tmp_path):
    AssetDBWriter(tmp_path / "assets").write(futures=pd.DataFrame(CONTRACTS).set_index("sid"))
    return AssetFinder(tmp_path / "assets")


def test_calendar_rolls_on_the_auto_close(finder):
    rolls = CalendarRollFinder(CALENDAR, finder)
    assert rolls.get_rolls("CL", DAY("2020-01-06"), DAY("2020-03-20"), 0) == [
        (1, DAY("2020-01-20")),
        (2, DAY("2020-02-18")),
        (3, DAY("2020-03-17")),
        (4, None),
    ]
    assert rolls.get_rolls("CL", DAY("2020-01-06"), DAY("2020-02-03"), 1) == [(2, DAY("2020-01-20")), (3, None)]
    assert rolls.get_contract_center("CL", DAY("2020-01-17"), 0) == 1
    assert rolls.get_contract_center("CL", DAY("2020-01-20"), 0) == 2
    # a minute belongs to the session that ends on the next day's afternoon
    assert rolls.get_contract_center("CL", DAY("2020-01-19 23:01", tz="UTC"), 0) == 2
    # J has not started by then; the zipline preset gives the front contract instead
    assert rolls.get_contract_center("CL", DAY("2020-02-20"), 1) is None


def test_volume_rolls_on_the_session_after_the_switch(finder):
    rolls = VolumeRollFinder(CALENDAR, finder, Volumes())
    # the first switch within seven sessions of the close counts, though the volume came back for a while
    assert rolls.get_rolls("CL", DAY("2020-01-06"), DAY("2020-03-13"), 0) == [
        (1, DAY("2020-01-16")),
        (2, DAY("2020-02-10")),
        (3, None),
    ]
    assert rolls.get_contract_center("CL", DAY("2020-01-15"), 0) == finder.retrieve_asset(1)
    assert rolls.get_contract_center("CL", DAY("2020-01-16"), 0) == finder.retrieve_asset(2)
    assert rolls.get_contract_center("CL", DAY("2020-02-10"), 0).symbol == "CLH20"
    assert ROLL_DAYS_FOR_CURRENT_CONTRACT == 90


def test_a_rule_of_ones_own_decides_the_rolls(finder):
    class BeforeTheMonth(RollFinder):
        """Leaves a contract on the first day of the month in which it closes."""

        def __init__(self, trading_calendar, asset_finder):
            self.trading_calendar, self.asset_finder = trading_calendar, asset_finder

        def _active_contract(self, oc, front, back, dt):
            close = oc.sid_to_contract[front].contract.auto_close_date
            return back if dt >= close.replace(day=1) else front

    rolls = BeforeTheMonth(CALENDAR, finder)
    assert rolls.get_contract_center("CL", DAY("2020-01-31"), 0) == 2
    assert rolls.get_contract_center("CL", DAY("2020-02-03"), 0) == 3
    assert rolls.get_rolls("CL", DAY("2020-01-21"), DAY("2020-02-20"), 0) == [(2, DAY("2020-02-03")), (3, None)]

    class Later(CalendarRollFinder):
        def _active_contract(self, oc, front, back, dt):
            return super()._active_contract(oc, front, back, dt - CALENDAR.day)

    assert Later(CALENDAR, finder).get_contract_center("CL", DAY("2020-02-18"), 0) == 3  # closed: G is no front any more
    assert CalendarRollFinder(CALENDAR, finder)._active_contract(
        finder.get_ordered_contracts("CL"), 1, 2, DAY("2020-01-20")
    ) == 2  # fmt: skip
    with pytest.raises(TypeError):
        RollFinder(CALENDAR, finder)


def test_an_error_of_the_reader_reaches_the_caller(finder):
    class Broken(Volumes):
        def get_value(self, sid, dt, field):
            raise LookupError(f"no volume of {sid}")

    with pytest.raises(LookupError, match="no volume of 4"):
        VolumeRollFinder(CALENDAR, finder, Broken()).get_contract_center("CL", DAY("2020-01-21"), 0)


def test_a_chain_answers_by_sid(finder):
    chain = finder.get_ordered_contracts("CL")
    assert chain is finder.get_ordered_contracts("CL") and chain.root_symbol == "CL"
    assert (chain.start_date, chain.end_date) == (DAY("2020-01-02"), DAY("2020-04-17"))
    assert chain.contract_before_auto_close(DAY("2020-01-20").value) == 2
    assert chain.contract_at_offset(1, 2, DAY("2020-01-06").value) == 3
    assert chain.contract_at_offset(1, 2, DAY("2020-01-03").value) is None  # has not started
    assert chain.contract_at_offset(4, 1, DAY("2020-04-01").value) is None
    assert list(chain.active_chain(2, DAY("2020-02-28").value)) == [2, 3]
    with pytest.raises(KeyError):
        chain.active_chain(11, DAY("2020-02-28").value)
    nodes = chain.sid_to_contract
    assert isinstance(nodes[1], ContractNode) and nodes[1].prev is None and nodes[1].contract == 1
    assert (nodes[1] >> 3).contract.symbol == "CLJ20" and (nodes[4] << 1).contract == 3
    assert nodes[1] << 1 is None and nodes[3] >> 2 is None and nodes[2] >> 0 is nodes[2]


def test_predicates_choose_the_contracts_of_a_chain(finder, tmp_path):
    contracts = finder.retrieve_all([11, 12, 13])
    assert list(finder.get_ordered_contracts("GC").sid_to_contract) == [11, 13]  # gold has no March
    assert [c for c in contracts if CHAIN_PREDICATES["GC"](c)] == [11, 13]
    assert list(OrderedContracts("GC", deque(contracts)).sid_to_contract) == [11, 12, 13]
    march = partial(delivery_predicate, {"H"})
    assert list(OrderedContracts("GC", deque(contracts), march).sid_to_contract) == [12]
    own = AssetFinder(tmp_path / "assets", future_chain_predicates={"CL": march})
    assert list(own.get_ordered_contracts("CL").sid_to_contract) == [3]
    assert list(own.get_ordered_contracts("GC").sid_to_contract) == [11, 12, 13]  # the default predicates are replaced
    assert own.create_continuous_future("CL", 0, "calendar", None).start_date == DAY("2020-01-06")


def test_a_chain_begins_with_a_contract_that_could_be_traded(finder):
    late = [pickle.loads(pickle.dumps(c)) for c in finder.retrieve_all([2, 3])]
    dead = type(late[0])(1, late[0].exchange_info, symbol="CLF20", start_date=DAY("2020-01-20"), end_date=DAY("2020-03-02"),
                         auto_close_date=DAY("2020-01-20"))  # fmt: skip
    assert list(OrderedContracts("CL", deque([dead, *late])).sid_to_contract) == [2, 3]
