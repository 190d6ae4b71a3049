"""Series and frames of BarData: what the C++ object does not answer with a single number."""

import operator

import numpy as np
import pandas as pd

from rustybt import errors
from rustybt._core import Asset, ContinuousFuture, bar_period, is_intraday
from rustybt._pandas_blocks import frame_of, index_of, series_of

_FREQUENCIES = ("1d", "1m")  # Zipline's
_PRICES = ("open", "high", "low", "close", "price")
_PRICED = (Asset, ContinuousFuture)


def _is_list(value):
    return hasattr(value, "__iter__") and not isinstance(value, str)


def _check(data, name, value, kind, kind_name, may_be_list=True):
    """Zipline's type check of an argument, down to its text. Its quirk Q30 lets a plain string pass as assets."""
    first = value
    if may_be_list and _is_list(value):
        if len(value) == 0:
            return
        first = value[0] if hasattr(value, "__getitem__") and not hasattr(value, "iloc") else next(iter(value))
    if isinstance(first, kind):
        return
    if kind in (Asset, _PRICED) and isinstance(first, str):
        if data._zipline or _names_row(data, first):
            return
        raise errors.WrongType.with_hint(
            f"Expected {name} argument to be of type or iterable of type {kind_name}, found the text {first!r}",
            f'look the asset up first: symbol("{first}")',
        )
    raise errors.WrongType.with_hint(
        f"Expected {name} argument to be of type {'or iterable of type ' if may_be_list else ''}{kind_name}",
        f"{name} is {first!r}: pass {kind_name}",
    )


def _names_row(data, name):
    """Is it the name that rows of fetch_csv were given?"""
    extra = data._extra_columns
    return extra is not None and any(name in assets for assets in extra._augmented_sources_map.values())


def fetcher_assets(data):
    """Assets that the rows of fetch_csv name on the day of now."""
    extra = data._extra_columns
    return [] if extra is None else extra.get_fetcher_assets(data.current_session)


def _scalar(data, asset, field):
    if (extra := data._extra_columns) is not None and extra._is_extra_source(asset, field, None):
        if field in extra._augmented_sources_map:
            return extra._get_fetcher_value(asset, field, data.current_session)
    if not data._is_field(field) and not data._zipline:
        raise errors.UnknownField(f"no field named {field!r}")
    if isinstance(asset, str):
        return float("nan")
    return data._scalar(asset, field)


def current(data, assets, fields, currency=None):
    """The current bar: a number, a Series by field or by asset, or a frame of both; prices in `currency` where it is given."""
    if currency is not None:
        return _current_in(data, assets, fields, currency)
    _check(data, "assets", assets, _PRICED, "Asset, ContinuousFuture")
    _check(data, "fields", fields, str, "str")
    if not _is_list(assets):
        if not _is_list(fields):
            return _scalar(data, assets, fields)
        return pd.Series(
            [_scalar(data, assets, f) for f in fields], index=list(fields), name=getattr(assets, "symbol", None)
        )
    assets = list(assets)
    if not _is_list(fields):
        return pd.Series([_scalar(data, a, fields) for a in assets], index=_index(assets), name=fields)
    columns = {f: [_scalar(data, a, f) for a in assets] for f in fields}
    return pd.DataFrame(columns, index=_index(assets), columns=list(fields))


def _current_in(data, assets, fields, currency):
    """current() with each price times the rate of its asset."""
    values = current(data, assets, fields)
    code = currency.upper()
    priced = [f for f in (fields if _is_list(fields) else [fields]) if f in _PRICES]
    if not _is_list(assets):
        if not _is_list(fields):
            return values * data._rate_to(assets, code) if priced else values
        rate = data._rate_to(assets, code) if priced else 1.0
        return pd.Series([v * rate if f in _PRICES else v for f, v in values.items()], index=values.index, name=values.name)
    rates = pd.Series([data._rate_to(a, code) if priced else 1.0 for a in values.index], index=values.index)
    if not _is_list(fields):
        return values * rates if priced else values
    return pd.DataFrame({f: values[f] * rates if f in _PRICES else values[f] for f in values}, columns=values.columns)


_last_index = [], pd.Index([], dtype=object)


def _index(assets):
    """Index of assets: a strategy asks for the same ones bar after bar."""
    global _last_index
    known, index = _last_index
    if len(known) != len(assets) or not all(map(operator.is_, known, assets)):
        index = pd.Index(assets, dtype=object)
        _last_index = list(assets), index
    return index.view()  # whoever gets it may name it


def can_trade(data, assets):
    return _question(data, assets, data._can_trade)


def is_stale(data, assets):
    return _question(data, assets, data._is_stale)


def _question(data, assets, answer):
    _check(data, "assets", assets, Asset, "Asset")
    if not _is_list(assets):
        return answer(assets)
    assets = list(assets)
    return pd.Series([answer(a) for a in assets], index=_index(assets), dtype=bool)


def history(data, assets, fields, bar_count, frequency, currency=None):
    """The last bars: a Series, a frame with one column per asset, or for several fields rows by (time, asset)."""
    _check(data, "assets", assets, _PRICED, "Asset, ContinuousFuture")
    _check(data, "fields", fields, str, "str")
    _check(data, "bar_count", bar_count, (int, np.integer), "int", may_be_list=False)
    _check(data, "frequency", frequency, str, "str", may_be_list=False)
    if frequency not in _FREQUENCIES and (data._zipline or not bar_period(frequency)):
        raise errors.InvalidArgument.with_hint(f"Invalid frequency: {frequency}", 'frequency is "1d" or "1m"')
    if bar_count < 1:
        raise errors.InvalidArgument.with_hint(f"bar_count must be >= 1, but got {bar_count}", "ask for one bar at least")
    single_asset = not _is_list(assets)
    asset_list = [assets] if single_asset else list(assets)
    for asset in asset_list:
        if isinstance(asset, str):  # as zipline, whose sids are numbers
            raise errors.InvalidArgument.with_hint(
                f"invalid literal for int() with base 10: {asset!r}", f'look the asset up first: symbol("{asset}")'
            )
    if not _is_list(fields):
        values, index, partial = _window(data, asset_list, fields, bar_count, frequency, currency)
        rows = series_of(values[0], index, assets) if single_asset else frame_of(values, index, _index(asset_list))
        return _marked(rows, frequency, partial)
    columns, partial = {}, False
    for field in fields:
        values, index, partial = _window(data, asset_list, field, bar_count, frequency, currency, of_several_fields=True)
        columns[field] = values.T.ravel()
    label = "date_time" if index.tz is not None else "date"
    rows = pd.MultiIndex.from_product([index, asset_list], names=[label, "asset"])
    return _marked(pd.DataFrame(columns, index=rows).sort_index(), frequency, partial)


def _marked(rows, frequency, partial):
    """Bars longer than a source's say whether more of the last one may come."""
    if frequency not in _FREQUENCIES:
        rows.attrs["last_is_partial"] = partial
    return rows


def _window(data, assets, field, bar_count, frequency, currency, of_several_fields=False):
    is_bar = field in (*_PRICES, "volume")
    if not is_bar and not (field == "sid" and all(isinstance(a, ContinuousFuture) for a in assets)):
        raise errors.InvalidArgument.with_hint(
            f"Invalid field: {field}", f"fields of bars are {', '.join((*_PRICES, 'volume'))}"
        )
    code = "" if currency is None else currency.upper()
    labels, values, partial = data._history(assets, field, int(bar_count), frequency, code, of_several_fields)
    return values, index_of(labels, is_intraday(frequency)), partial


def plain_history(assets, labels, values, utc):
    """The Series of an asset or the frame of a list of assets, of a call that needed no check."""
    index = index_of(labels, utc)
    if isinstance(assets, Asset):
        return series_of(values[0], index, assets)
    return frame_of(values, index, _index(assets))


def weights(portfolio):
    """portfolio.current_portfolio_weights: value of each position divided by the portfolio's."""
    held = portfolio.positions.items()
    values = [p.last_sale_price * p.amount * a.price_multiplier * p._rate for a, p in held]
    index = _index([a for a, _ in held]) if held else None
    return pd.Series(values, index=index, dtype=float) / portfolio.portfolio_value
