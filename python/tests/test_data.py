"""data.current, history and their shapes; window and the native statistics."""

import math

import numpy as np
import pandas as pd
import pytest

from rustybt.errors import UnknownField


def on_last_day(run, check, **settings):
    """Run `check(context, data, assets)` on the market's last session."""
    ran = []

    def handle_data(context, data):
        if str(context.get_datetime().date()) == "2020-01-17":
            check(context, data, [context.symbol(s) for s in ("AAA", "BBB", "CCC")])
            ran.append(True)

    run(handle_data, **settings)
    assert ran


def test_current_has_zipline_shapes(run, market):
    def check(context, data, assets):
        a, b, c = assets
        price = data.current(a, "price")
        assert isinstance(price, float) and price == float(market.closes[-1]) == 51.375
        assert data.current(b, "volume") == 100 and isinstance(data.current(b, "volume"), int)
        by_field = data.current(a, ["price", "volume"])
        assert (
            isinstance(by_field, pd.Series)
            and by_field.name == "AAA"
            and by_field.to_dict() == {"price": 51.375, "volume": 1000.0}
        )
        by_asset = data.current([a, b], "close")
        assert by_asset.name == "close" and by_asset[a] == 51.375 and by_asset[b] == 20.005
        frame = data.current([a, b], ["open", "close"])
        assert (
            list(frame.index) == [a, b] and list(frame.columns) == ["open", "close"] and frame.at[b, "open"] == 20.005
        )
        assert data.current(assets=a, fields="price") == price

    on_last_day(run, check)


def test_current_after_the_end_of_an_asset(run):
    def check(context, data, assets):
        c = assets[2]
        assert math.isnan(data.current(c, "close")) and data.current(c, "volume") == 0
        assert str(data.current(c, "last_traded").date()) == "2020-01-09"
        assert data.can_trade(c) is False
        assert data.can_trade(assets).tolist() == [True, True, False]
        assert data.is_stale(assets).tolist() == [False, False, False]

    on_last_day(run, check)


@pytest.mark.parametrize(
    "call, text",
    [
        (
            lambda d, a: d.current(5, "price"),
            "Expected assets argument to be of type or iterable of type Asset, ContinuousFuture",
        ),
        (lambda d, a: d.current(a, 5), "Expected fields argument to be of type or iterable of type str"),
        (lambda d, a: d.current("AAA", "price"), "found the text 'AAA'"),
        (lambda d, a: d.history("AAA", "price", 3, "1d"), "found the text 'AAA'"),
        (lambda d, a: d.history(a, "price", "3", "1d"), "Expected bar_count argument to be of type int"),
        (lambda d, a: d.history(a, "price", 3, 5), "Expected frequency argument to be of type str"),
        (lambda d, a: d.can_trade("AAA"), "found the text 'AAA'"),
    ],
)
def test_wrong_types_are_named(run, call, text):
    def check(context, data, assets):
        with pytest.raises(TypeError, match=text):
            call(data, assets[0])

    on_last_day(run, check)


def test_zipline_preset_lets_a_string_pass(run):
    def check(context, data, assets):
        assert math.isnan(data.current("AAA", "price"))
        with pytest.raises(ValueError, match="invalid literal for int"):
            data.history("AAA", "price", 3, "1d")

    on_last_day(run, check, preset="zipline")


def test_unknown_field(run):
    def error(context, data, assets):
        with pytest.raises(UnknownField):
            data.current(assets[0], "vwap")

    def nan(context, data, assets):
        assert math.isnan(data.current(assets[0], "vwap"))

    on_last_day(run, error)
    on_last_day(run, nan, preset="zipline")


def test_history_has_zipline_shapes(run):
    def check(context, data, assets):
        a, b, _ = assets
        series = data.history(a, "price", 5, "1d")
        # 101.75 of 01-13 was before the 2:1 split of 01-14
        assert series.name is a
        assert [str(t.date()) for t in series.index] == [
            "2020-01-13",
            "2020-01-14",
            "2020-01-15",
            "2020-01-16",
            "2020-01-17",
        ]
        assert series.iloc[0] == 101.75 / 2 and series.index.tz is None
        frame = data.history([a, b], "close", 3, "1d")
        assert list(frame.columns) == [a, b] and frame[b].tolist() == [20.005] * 3
        several = data.history([a, b], ["close", "volume"], 2, "1d")
        assert list(several.columns) == ["close", "volume"] and several.index.names == ["date", "asset"]
        assert several.loc[(pd.Timestamp("2020-01-17"), b), "volume"] == 100.0
        assert len(several) == 4
        frame.iloc[0, 0] = -1  # the frame is the strategy's own
        assert data.history([a, b], "close", 3, "1d").iloc[0, 0] > 0

    on_last_day(run, check)


@pytest.mark.parametrize(
    "arguments, text",
    [
        (("price", 0, "1d"), "bar_count must be >= 1"),
        (("price", 3, "1y"), "Invalid frequency"),
        (("vwap", 3, "1d"), "Invalid field"),
    ],
)
def test_history_refuses(run, arguments, text):
    def check(context, data, assets):
        with pytest.raises(ValueError, match=text):
            data.history(assets[0], *arguments)

    on_last_day(run, check)


def test_what_a_strategy_does_to_history_stays_its_own(run):
    def check(context, data, assets):
        pair = list(assets[:2])
        frame, series = data.history(pair, "close", 3, "1d"), data.history(assets[0], "close", 3, "1d")
        before = frame.copy(), series.copy()
        frame.index.name, frame.columns.name, series.index.name = "day", "asset", "day"
        frame.iloc[0, 0] = series.iloc[1] = -1.0
        frame["more"] = 2.0
        assert frame.iloc[0].tolist() == [-1.0, before[0].iloc[0, 1], 2.0] and series.iloc[1] == -1.0
        pd.testing.assert_frame_equal(data.history(pair, "close", 3, "1d"), before[0])
        pd.testing.assert_series_equal(data.history(assets[0], "close", 3, "1d"), before[1])

    on_last_day(run, check)


def test_history_takes_its_arguments_in_every_form(run):
    def check(context, data, assets):
        a, b, _ = assets
        expected = data.history(a, ["close"], 3, "1d")["close"].droplevel("asset").tolist()
        for series in (
            data.history(a, "close", 3, "1d"),
            data.history(a, "close", bar_count=3, frequency="1d"),
            data.history(frequency="1d", assets=a, bar_count=np.int64(3), fields="close"),
        ):
            assert series.tolist() == expected and series.name is a and series.index.tz is None
        for pair in ([a, b], (a, b), pd.Index([a, b]), np.array([a, b], dtype=object)):
            frame = data.history(pair, "close", 3, "1d")
            assert list(frame.columns) == [a, b] and frame[a].tolist() == expected
            assert frame.columns.dtype == object and frame.dtypes.tolist() == [float, float]
        for wrong in ({"asset": a}, {"assets": a, "bars": 3}):
            with pytest.raises(TypeError):
                data.history(fields="close", bar_count=3, frequency="1d", **wrong)

    on_last_day(run, check)


def test_series_and_frames_are_those_of_pandas_constructors():
    from rustybt import _pandas_blocks as blocks

    assert blocks.series_of.__name__ == "fast_series"  # with the pandas of this project the short way is taken
    labels, values = np.arange(4) * 86_400_000_000_000, np.arange(8.0).reshape(2, 4)
    index = blocks.index_of(labels, True)
    assert index.tz is not None and [t.isoformat() for t in index[:2]] == ["1970-01-01T00:00:00+00:00", "1970-01-02T00:00:00+00:00"]
    frame = blocks.frame_of(values, index, pd.Index(["a", "b"]))
    assert frame.mean().to_dict() == {"a": 1.5, "b": 5.5} and frame.loc["1970-01-03", "b"] == 6.0
    assert (frame * 2).iloc[-1].tolist() == [6.0, 14.0] and frame.pct_change().shape == (4, 2)


def test_window_is_a_read_only_view_of_history(run):
    kept = []

    def handle_data(context, data):
        asset = context.symbol("AAA")
        if str(context.get_datetime().date()) in ("2020-01-13", "2020-01-17"):
            window = data.window(asset, "close", 4)
            assert isinstance(window, np.ndarray) and not window.flags.writeable and not window.flags.owndata
            assert window.tolist() == data.history(asset, "close", 4, "1d").tolist()
            with pytest.raises(ValueError):
                window[0] = 1.0
            kept.append((window, window.tolist()))
            values = data.history(asset, "close", 4, "1d")
            assert data.mean(asset, "close", 4) == pytest.approx(values.mean(), rel=1e-15)
            assert data.std(asset, "close", 4) == pytest.approx(values.std(), rel=1e-14)
            assert (data.max(asset, "close", 4), data.min(asset, "close", 4)) == (values.max(), values.min())

    run(handle_data)
    # views outlive the run and stay as they were, also over the split between the two
    assert [w.tolist() for w, _ in kept] == [values for _, values in kept]


def test_window_refuses_what_it_cannot_give(run):
    def check(context, data, assets):
        with pytest.raises(ValueError):
            data.window(assets[0], "close", 0)
        with pytest.raises(KeyError):
            data.window(assets[0], "vwap", 3)
        with pytest.raises(TypeError):
            data.mean("AAA", "close", 3)
        with pytest.raises(TypeError, match="missing required argument 'n'"):
            data.mean(assets[0], "close")

    on_last_day(run, check)
