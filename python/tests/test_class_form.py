"""Strategies written as classes: Zipline's form with sim_params and a portal, run_algorithm's, a script's; their calls outside of a run."""

import textwrap

import pandas as pd
import pytest

import rustybt
from rustybt import api, errors
from rustybt.algorithm import TradingAlgorithm
from rustybt.data.data_portal import DataPortal
from rustybt.finance.trading import SimulationParameters
from rustybt.utils.api_support import ZiplineAPI
from rustybt.utils.calendar_utils import get_calendar
from rustybt.utils.context_tricks import CallbackManager


class Holds(TradingAlgorithm):
    """Buys AAA on the first bar."""

    def initialize(self, shares=10):
        self.shares, self.calls, self.asset = shares, [], self.symbol("AAA")

    def before_trading_start(self, data):
        self.calls.append("before")

    def handle_data(self, data):
        self.calls.append("bar")
        if self.calls.count("bar") == 1:
            self.order(self.asset, self.shares)
        api.record(held=self.portfolio.positions[self.asset].amount)

    def analyze(self, perf):
        self.analyzed = perf


@pytest.fixture
def portal(market):
    calendar = get_calendar("NYSE")
    finder = market.bundle.asset_finder
    return DataPortal(
        finder, calendar, pd.Timestamp("2020-01-02"), equity_daily_reader=market.bundle.equity_daily_bar_reader
    )


def params(**settings):
    days = pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-10")
    return SimulationParameters(*days, get_calendar("NYSE"), capital_base=50_000, **settings)


def test_class_runs_over_a_portal(portal):
    algo = Holds(sim_params=params(), data_portal=portal, shares=7)
    result = algo.run()
    assert list(result.held) == [0, 7, 7, 7, 7, 7, 7]
    assert algo.calls == ["before", "bar"] * 7
    assert algo.analyzed is result
    assert result.summary["transactions"] == 1 and list(result.starting_cash)[0] == 50_000


def test_class_gives_the_numbers_of_functions(market, run):
    def initialize(context):
        context.asset, context.bars = api.symbol("AAA"), 0

    def handle_data(context, data):
        context.bars += 1
        if context.bars == 1:
            api.order(context.asset, 10)

    functions = run(handle_data, initialize)
    for algorithm in (Holds, Holds(), Holds(shares=10)):
        algorithm = rustybt.run_algorithm(algorithm=algorithm, bundle=market.bundle)
        assert list(algorithm.portfolio_value) == list(functions.portfolio_value)


def test_methods_may_name_the_context(market):
    class Named(TradingAlgorithm):
        def initialize(self, context):
            context.asset = self.symbol("AAA")

        def handle_data(self, context, data):
            assert context is self
            self.record(price=data.current(context.asset, "price"))

    prices = rustybt.run_algorithm(algorithm=Named, bundle=market.bundle).price
    assert list(prices)[:3] == [100.0, 100.25, 100.5]


def test_a_script_may_define_a_class(market, command_line, tmp_path):
    script = tmp_path / "strategy.py"
    script.write_text(
        textwrap.dedent(
            """
            from rustybt.algorithm import TradingAlgorithm

            class Mine(TradingAlgorithm):
                def initialize(self):
                    self.asset = self.symbol("AAA")

                def handle_data(self, data):
                    self.order_target(self.asset, 3)
            """
        )
    )
    done = command_line(market.root, "run", str(script), "--bundle", "market", "--end", "2020-01-10", "--json")
    assert done.returncode == 0, done.stderr
    assert '"transactions": 1' in done.stdout


def test_two_classes_in_a_script_are_an_error(market, command_line, tmp_path):
    script = tmp_path / "strategy.py"
    script.write_text(
        "from rustybt.algorithm import TradingAlgorithm\nclass A(TradingAlgorithm): pass\nclass B(TradingAlgorithm): pass\n"
    )
    done = command_line(market.root, "run", str(script), "--bundle", "market")
    assert done.returncode != 0 and "A, B" in done.stderr


def test_source_text_and_functions_exclude_each_other(portal):
    source = "def initialize(context):\n    context.seen = offset\n"
    algo = TradingAlgorithm(sim_params=params(), data_portal=portal, script=source, namespace={"offset": 3})
    algo.run()
    assert algo.seen == 3
    with pytest.raises(ValueError, match="received a script and the following API methods as functions"):
        TradingAlgorithm(sim_params=params(), data_portal=portal, script=source, handle_data=lambda context, data: None)


def test_what_cannot_fit_together_is_refused(portal):
    with pytest.raises(errors.ZeroCapitalError, match="initial capital base must be greater than zero"):
        nothing = SimulationParameters(pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-10"), get_calendar("NYSE"), 0)
        TradingAlgorithm(sim_params=nothing, data_portal=portal)
    with pytest.raises(ValueError, match="Must pass either data_portal or asset_finder"):
        TradingAlgorithm(sim_params=params())
    with pytest.raises(ValueError, match="Conflicting calendars"):
        TradingAlgorithm(sim_params=params(), data_portal=portal, trading_calendar=get_calendar("24/7"))
    with pytest.raises(RuntimeError, match="No data portal"):
        TradingAlgorithm(sim_params=params(), asset_finder=portal.asset_finder).run()


def test_lookups_without_a_run_ask_the_portal(portal):
    algo = TradingAlgorithm(sim_params=params(), data_portal=portal)
    assert algo.symbol("AAA").sid == algo.sid(algo.symbol("AAA").sid).sid
    with pytest.raises(errors.SymbolNotFound):
        algo.symbol("NONE")
    assert not algo.initialized and algo.data_frequency == "daily"


def test_records_and_capital_changes_stay_after_the_run(portal):
    def handle_data(context, data):
        context.record(n=context.recorded_vars.get("n", 0) + 1)

    change = {pd.Timestamp("2020-01-08", tz="UTC"): {"type": "delta", "value": 500.0}}
    algo = TradingAlgorithm(sim_params=params(), data_portal=portal, handle_data=handle_data, capital_changes=change)
    algo.run()
    assert algo.recorded_vars == {"n": 7}
    assert algo.capital_change_deltas == {pd.Timestamp("2020-01-08", tz="UTC"): 500.0}


def test_packets_add_up_to_the_frame(portal):
    change = {pd.Timestamp("2020-01-08", tz="UTC"): {"type": "target", "value": 60_000.0}}
    packets = list(Holds(sim_params=params(), data_portal=portal, capital_changes=change).get_generator())
    result = Holds(sim_params=params(), data_portal=portal, capital_changes=change).run()
    days = [p["daily_perf"] for p in packets if "daily_perf" in p]
    assert [d["pnl"] for d in days] == list(result.pnl)
    assert [d["recorded_vars"]["held"] for d in days] == list(result.held)
    whole = [p["cumulative_perf"] for p in packets if "daily_perf" in p]
    assert whole[-1]["pnl"] == pytest.approx(sum(result.pnl)) and whole[-1]["starting_cash"] == 50_000
    places = [i for i, p in enumerate(packets) if "capital_change" in p]
    assert places == [4], "before the packet of its session, the fifth"
    assert packets[4]["capital_change"]["target"] == 60_000.0
    assert packets[-1] == {}, "the default metrics leave no risk report"


def test_functions_of_the_api_find_methods_that_were_put_on_the_object(portal):
    algo = TradingAlgorithm(sim_params=params(), data_portal=portal)
    algo.order = lambda *arguments: ("own", arguments)
    with ZiplineAPI(algo):
        assert api.order(1, 2) == ("own", (1, 2))
        with ZiplineAPI(TradingAlgorithm(sim_params=params(), data_portal=portal)):
            assert api.symbol("AAA").symbol == "AAA"
        assert api.order() == ("own", ())
    with pytest.raises(RuntimeError, match="must be called during a simulation"):
        api.order(1, 2)


def test_an_attribute_with_the_name_of_a_call_does_not_hide_it(run):
    def initialize(context):
        context.symbol = api.symbol("AAA")

    def handle_data(context, data):
        assert api.symbol("BBB").symbol == "BBB" and context.symbol.symbol == "AAA"

    assert len(run(handle_data, initialize)) == 12


def test_events_of_a_bar_are_wrapped_in_a_context_of_ones_own(portal):
    said = []

    def initialize(context):
        context.schedule_function(lambda context, data: said.append("scheduled"))

    algo = TradingAlgorithm(
        sim_params=params(),
        data_portal=portal,
        initialize=initialize,
        handle_data=lambda context, data: said.append("bar"),
        create_event_context=CallbackManager(lambda data: said.append("in"), lambda data: said.append("out")),
    )
    algo.schedule_function(lambda context, data: said.append("before the run"))
    algo.run()
    assert said == ["in", "bar", "before the run", "scheduled", "out"] * 7


def test_the_context_of_events_is_left_when_a_strategy_fails(portal):
    said = []

    def handle_data(context, data):
        raise LookupError("mine")

    around = CallbackManager(lambda data: said.append("in"), lambda data: said.append("out"))
    with pytest.raises(LookupError, match="mine"):
        TradingAlgorithm(sim_params=params(), data_portal=portal, handle_data=handle_data, create_event_context=around).run()
    assert said == ["in", "out"]


def test_the_blotter_shows_open_orders(run):
    def handle_data(context, data):
        asset = context.symbol("AAA")
        if context.get_datetime().day == 2:
            context.order(asset, 3, limit_price=1.0)
        assert [o.amount for o in context.blotter.open_orders[asset]] == [3]
        assert context.get_open_orders(asset.sid)[0].limit == 1.0

    run(handle_data, end="2020-01-10")
