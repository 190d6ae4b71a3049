"""The names of zipline.api, and what they do outside and inside a run."""

import pytest

import rustybt
from rustybt import api
from rustybt.errors import NoSuchPipeline, NotYetSupported, PipelineOutputDuringInitialize

# zipline.api.__all__ of zipline-reloaded 3.2.1
NAMES = """EODCancel FixedBasisPointsSlippage FixedSlippage HistoricalRestrictions NeverCancel RESTRICTION_STATES Restriction
StaticRestrictions VolumeShareSlippage attach_pipeline batch_market_order calendars cancel_order cancel_policy commission
continuous_future date_rules events execution fetch_csv future_symbol get_datetime get_environment get_open_orders get_order math_utils
order order_percent order_target order_target_percent order_target_value order_value pipeline_output record schedule_function
set_asset_restrictions set_benchmark set_cancel_policy set_commission set_do_not_order_list set_long_only set_max_leverage
set_max_order_count set_max_order_size set_max_position_size set_min_leverage set_slippage set_symbol_lookup_date sid slippage symbol
symbols time_rules""".split()
OF_OUR_OWN = ["costs", "modify_order", "order_bracket", "order_oco", "order_oto", "set_borrow_cost", "set_financing", "set_funding", "latency", "set_latency", "partial_fill", "set_partial_fill", "margin", "set_margin"]


def test_all_names_of_zipline_are_there():
    assert len(NAMES) == 53
    assert sorted(api.__all__) == sorted(NAMES + OF_OUR_OWN)
    assert all(hasattr(api, name) for name in NAMES)


def test_functions_need_a_running_strategy():
    with pytest.raises(RuntimeError, match="^zipline api method order must be called during a simulation.$"):
        api.order(None, 1)


def test_names_of_later_parts_say_so(run):
    def initialize(context):
        with pytest.raises(NotYetSupported, match="not supported yet"):
            api.attach_pipeline(None, "x")

    run(initialize=initialize)


def test_output_of_a_pipeline_that_is_not_attached(run):
    def initialize(context):
        with pytest.raises(PipelineOutputDuringInitialize, match="during initialize"):
            api.pipeline_output("x")

    def handle_data(context, data):
        with pytest.raises(KeyError) as raised:
            api.pipeline_output("x")
        assert type(raised.value) is NoSuchPipeline
        assert str(raised.value).startswith("No pipeline named 'x' exists. Valid pipeline names are [].")

    run(handle_data, initialize, end="2020-01-02")


def test_context_is_the_strategy_object_and_has_the_same_calls(run):
    def initialize(context):
        assert context.symbol("AAA") is api.symbol("aaa") is context.sid(0)
        context.symbol = "a name of the strategy's own"  # must not break the free function
        assert api.symbol("BBB").symbol == "BBB"
        assert [a.symbol for a in api.symbols("AAA", "BBB")] == ["AAA", "BBB"]

    run(initialize=initialize)


def test_free_functions_reach_the_innermost_run(market):
    seen = []

    def outer(context, data):
        if not seen:
            rustybt.run_algorithm(initialize=inner, bundle=market.bundle, end="2020-01-03")
            seen.append(str(api.get_datetime().date()))

    def inner(context):
        seen.append(str(api.get_environment("end").date()))

    rustybt.run_algorithm(handle_data=outer, bundle=market.bundle)
    assert seen == ["2020-01-03", "2020-01-02"]


def test_environment(run):
    values = {}
    run(initialize=lambda context: values.update(context.get_environment("*")), capital_base="2500.50")
    assert values["arena"] == "backtest" and values["platform"] == "zipline"
    assert values["data_frequency"] == "daily" and values["capital_base"] == 2500.5
    assert str(values["start"]) == "2020-01-02 14:31:00+00:00" and str(values["end"]) == "2020-01-17 21:00:00+00:00"

    def bad(context):
        with pytest.raises(ValueError, match="'planet' is not a valid field"):
            context.get_environment("planet")

    run(initialize=bad)


def test_get_datetime_in_another_zone(run):
    def handle_data(context, data):
        assert str(context.get_datetime().time()) == "21:00:00"
        assert str(context.get_datetime("America/New_York").time()) == "16:00:00"
        assert context.get_datetime() == data.current_dt

    run(handle_data)


def test_context_refuses_to_speak_after_the_run(run):
    kept = []
    run(initialize=lambda context: kept.extend([context, context.portfolio, context.symbol("AAA")]))
    with pytest.raises(ValueError, match="not running"):
        kept[0].portfolio
    with pytest.raises(ValueError, match="not running"):
        kept[1].cash
    assert kept[2].symbol == "AAA"
