"""Columns of a CSV file beside the bars: what fetch_csv reads, and from when on a strategy sees each row.

    def initialize(context):
        fetch_csv("https://example.com/short_interest.csv", date_column="Settlement Date", symbol_column="Ticker")

    def handle_data(context, data):
        days_to_cover = data.current(context.asset, "days_to_cover")

A row holds until the next one of its asset. It is seen from the first session that closes after its time (with minute bars: opens
after it). Under the preset zipline a row with a time on a day is seen in all minutes of that day, as in Zipline, which looks ahead.
"""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from abc import ABC, abstractmethod
from io import StringIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pandas as pd

from rustybt.data.data_portal import DataPortal
from rustybt.errors import ConnectionFailed, FileNotFound, MultipleSymbolsFound, SourceRefused, SymbolNotFound, ZiplineError
from rustybt.utils.calendar_utils import get_calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rustybt._types import Frequency
    from rustybt.assets import AssetFinder
    from rustybt.utils.calendar_utils import TradingCalendar

__all__ = [
    "ALLOWED_READ_CSV_KWARGS",
    "ALLOWED_REQUESTS_KWARGS",
    "FetcherCSVRedirectError",
    "PandasCSV",
    "PandasRequestsCSV",
    "SHARED_REQUESTS_KWARGS",
    "fetch_into_run",
    "mask_requests_args",
]

#: keywords of fetch_csv that go to requests.get
ALLOWED_REQUESTS_KWARGS = {"params", "headers", "auth", "cert"}
#: keywords of fetch_csv that go to pandas.read_csv
ALLOWED_READ_CSV_KWARGS = set(
    "sep delimiter header names index_col usecols dtype converters true_values false_values skipinitialspace skiprows skipfooter "
    "nrows na_values keep_default_na na_filter thousands decimal lineterminator quotechar quoting doublequote escapechar comment "
    "encoding dialect".split()
)
SHARED_REQUESTS_KWARGS = {"stream": True, "allow_redirects": False}
#: the country whose assets a symbol means, by the run's calendar
_COUNTRY_OF_CALENDAR = dict(
    pair.split(":")
    for pair in (
        "XBUE:AR XWBO:AT XASX:AU XBRU:BE BVMF:BR XTSE:CA XSWX:CH XSGO:CL XSHG:CN XBOG:CO XPRA:CZ XFRA:DE XCSE:DK XMAD:ES XHEL:FI "
        "XPAR:FR XLON:GB ASEX:GR XHKG:HK XBUD:HU XIDX:ID XDUB:IE XBOM:IN XMIL:IT XTKS:JP XKRX:KR XMEX:MX XKLS:MY XAMS:NL XOSL:NO "
        "XNZE:NZ XLIM:PE XPHS:PH XKAR:PK XWAR:PL XLIS:PT XMOS:RU XSTO:SE XSES:SG XBKK:TH XIST:TR XTAI:TW XNYS:US XJSE:ZA us_futures:US"
    ).split()
)
_TIMEOUT_SECONDS, _TIMEOUT_VALIDATING = 30.0, 1.0  # until the first byte
_log = logging.getLogger("rustybt")


class FetcherCSVRedirectError(ZiplineError):
    """The address answers that the file is somewhere else."""

    msg = "Attempt to fetch_csv from a redirected url. {url}\nmust be changed to {new_url}\n"

    url: str
    new_url: str
    extra: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.url, self.new_url, self.extra = kwargs["url"], kwargs["new_url"], kwargs["extra"]
        super().__init__(*args, **kwargs)


class RequestPair(NamedTuple):
    """Keywords for requests.get and the address to get."""

    requests_kwargs: dict[str, Any]
    url: str


def mask_requests_args(
    url: str, validating: bool = False, params_checker: Callable[[str], tuple[str, Any]] | None = None, **kwargs: Any
) -> RequestPair:
    """What of some keywords requests.get takes. params_checker(url) gives (address, more parameters).

    >>> mask_requests_args("https://example.com/a.csv", sep=";").requests_kwargs
    {'timeout': 30.0, 'stream': True, 'allow_redirects': False}
    """
    wanted = {name: value for name, value in kwargs.items() if name in ALLOWED_REQUESTS_KWARGS}
    if params_checker is not None:
        url, more = params_checker(url)
        if more:
            wanted["params"] = {**wanted.get("params", {}), **more}
    wanted["timeout"] = _TIMEOUT_VALIDATING if validating else _TIMEOUT_SECONDS
    return RequestPair({**wanted, **SHARED_REQUESTS_KWARGS}, url)


class PandasCSV(ABC):
    """Rows of a CSV file by the session from which they are seen (UTC), with the column `sid`: an asset, or `symbol`.

    symbol: the name of what the rows are about, where they are not about assets. symbol_column: where the rows' symbols stand.
    pre_func(frame) is given the rows as read, post_func(frame) as they are kept. timezone: of times without one.
    Rows without a time or with an unknown symbol are left out; log messages tell their number.
    """

    pre_func: Callable[[pd.DataFrame], pd.DataFrame] | None
    post_func: Callable[[pd.DataFrame], pd.DataFrame] | None
    finder: AssetFinder
    calendar: TradingCalendar
    date_column: str
    date_format: str | None
    timezone: Any
    symbol: str | None
    symbol_column: str
    data_frequency: Frequency
    country_code: str | None

    def __init__(
        self,
        pre_func: Callable[[pd.DataFrame], pd.DataFrame] | None,
        post_func: Callable[[pd.DataFrame], pd.DataFrame] | None,
        asset_finder: AssetFinder,
        trading_calendar: TradingCalendar,
        date_column: str,
        date_format: str | None,
        timezone: Any,
        symbol: str | None,
        symbol_column: str | None,
        data_frequency: Frequency,
        country_code: str | None,
        follow_zipline: bool,
        **kwargs: Any,
    ) -> None:
        unknown = sorted(set(kwargs) - ALLOWED_READ_CSV_KWARGS)
        if unknown:
            raise TypeError(f"Unexpected keyword arguments: {', '.join(unknown)}")
        self.pre_func, self.post_func = pre_func, post_func
        self.finder, self.calendar = asset_finder, trading_calendar
        self.date_column, self.date_format, self.timezone = date_column, date_format, timezone
        self.symbol, self.symbol_column = symbol, symbol_column or "symbol"
        self.data_frequency, self.country_code = data_frequency, country_code
        self.follow_zipline = follow_zipline
        self.pandas_kwargs: dict[str, Any] = self._for_pandas(kwargs)
        self.df: pd.DataFrame = self.load_df()

    @abstractmethod
    def fetch_data(self) -> pd.DataFrame:
        """The rows as they are in the file."""

    def load_df(self) -> pd.DataFrame:
        """The rows as a run takes them."""
        rows = self.fetch_data()
        if self.pre_func:
            rows = self.pre_func(rows)
        if self.date_column not in rows.columns:
            raise KeyError(f"fetch_csv: no column {self.date_column!r}; the file has {', '.join(map(str, rows.columns))}")
        rows["dt"] = self._sessions_of(self._times(rows[self.date_column]))
        timeless = rows["dt"].isnull()
        if timeless.any():
            _log.warning("fetch_csv: %d rows without a readable time in the run's calendar are left out", timeless.sum())
        rows = rows[~timeless]
        rows = rows.assign(sid=self.symbol) if self.symbol is not None else self._with_assets(rows)
        rows = rows.set_index("dt").sort_index(kind="stable")
        dropped = [self.date_column] if self.symbol is not None else [self.date_column, self.symbol_column]
        rows = rows[rows.columns.drop(dropped)]
        return self.post_func(rows) if self.post_func else rows

    def _for_pandas(self, kwargs):
        if kwargs.get("usecols") and self.date_column not in kwargs["usecols"]:
            kwargs["usecols"] = [*kwargs["usecols"], self.date_column]
        return {"keep_default_na": False, "na_values": {"symbol": []}, **kwargs}  # "NA" is a symbol

    def _times(self, texts):
        """Moments in UTC; NaT for what is none."""
        form = self.date_format if self.date_format is not None else "mixed"
        if self.follow_zipline:  # there all are written as the first one is, or are left out
            if self.date_format is not None:
                _log.warning("fetch_csv does not use date_format, as in Zipline: dates are parsed as pandas finds them")
            form = None
        times = pd.DatetimeIndex(pd.to_datetime(texts.values, format=form, errors="coerce", utc=str(self.timezone) == "UTC"))
        return times if times.tz is not None else times.tz_localize(str(self.timezone)).tz_convert("UTC")

    def _sessions_of(self, times):
        """The session (midnight UTC) from which a row of a time is seen; NaT after the last one."""
        sessions = self.calendar.sessions
        if not self.follow_zipline:
            bounds = self.calendar.closes if self.data_frequency == "daily" else self.calendar.opens
            places = pd.DatetimeIndex(bounds).searchsorted(times, side="right")
        elif self.data_frequency == "daily":  # a day ends at 16:00 in New York, whatever the calendar
            days = (times.tz_convert("US/Eastern") - pd.Timedelta(hours=16)).normalize().tz_localize(None)
            places = sessions.searchsorted(days, side="right")
        else:
            return times
        known = (places < len(sessions)) & times.notna()
        days = sessions.values[np.minimum(places, len(sessions) - 1)]
        return pd.DatetimeIndex(np.where(known, days, np.datetime64("NaT"))).tz_localize("UTC")

    def _with_assets(self, rows):
        if self.symbol_column not in rows.columns:
            raise KeyError(f"fetch_csv: no column {self.symbol_column!r}; the file has {', '.join(map(str, rows.columns))}")
        if "sid" in rows.columns:
            warnings.warn(
                "Assignment of the 'sid' column of a DataFrame is not supported by Fetcher. The 'sid' column has been overwritten.",
                category=UserWarning,
                stacklevel=2,
            )
            rows = rows.drop(columns="sid")
        found = {symbol: self._asset(symbol, None) for symbol in rows[self.symbol_column].unique()}
        assets = [
            self._asset(symbol, day) if found[symbol] is _SEVERAL else found[symbol]
            for symbol, day in zip(rows[self.symbol_column], rows["dt"])
        ]
        rows = rows.assign(sid=pd.Series(assets, index=rows.index, dtype=object))
        unknown = rows["sid"].isnull()
        if unknown.any():
            _log.warning("fetch_csv: %d rows with unknown symbols are left out", unknown.sum())
        return rows[~unknown]

    def _asset(self, symbol, day):
        """The asset of a symbol, None for an unknown one, _SEVERAL where a day is needed to tell."""
        if not isinstance(symbol, str):
            return None
        try:
            return self.finder.lookup_symbol(symbol.upper(), as_of_date=day, country_code=self.country_code)
        except MultipleSymbolsFound:
            return _SEVERAL
        except SymbolNotFound:
            return None


_SEVERAL = object()


class PandasRequestsCSV(PandasCSV):
    """A CSV file at an address: http(s) through the package requests, else a path or a file:// address."""

    MAX_DOCUMENT_SIZE = 100 * 1024 * 1024
    CONTENT_CHUNK_SIZE = 4096
    requests_kwargs: dict[str, Any]
    url: str

    def __init__(
        self,
        url: str,
        *args: Any,
        special_params_checker: Callable[[str], tuple[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.fetch_size: int | None = None
        self.fetch_hash: str | None = None
        self.requests_kwargs, self.url = mask_requests_args(url, params_checker=special_params_checker, **kwargs)
        super().__init__(*args, **{name: v for name, v in kwargs.items() if name not in ALLOWED_REQUESTS_KWARGS})

    def fetch_data(self) -> pd.DataFrame:
        if not str(self.url).lower().startswith(("http://", "https://")):
            path = str(self.url)
            if path.startswith("file://"):
                path = url2pathname(urlsplit(path).path)
            if not os.path.exists(path):
                raise FileNotFound.with_hint(f"fetch_csv: there is no file {path}", "give a path or an http address")
            return pd.read_csv(path, **self.pandas_kwargs)
        text = "".join(self.fetch_url(self.url))
        self.fetch_size, self.fetch_hash = len(text), hashlib.md5(text.encode()).hexdigest()
        return pd.read_csv(StringIO(text), **self.pandas_kwargs)

    def fetch_url(self, url: str) -> Iterator[str]:
        """The text of an address in pieces. Raises ConnectionFailed, SourceRefused, FetcherCSVRedirectError."""
        try:
            import requests
        except ImportError:
            raise ConnectionFailed.with_hint("fetch_csv needs the package requests for an http address", "pip install requests") from None
        try:
            response = requests.get(url, **self.requests_kwargs)
        except requests.exceptions.RequestException as error:
            raise ConnectionFailed.with_hint(f"Could not connect to {url}: {error}", "check the address and the network") from error
        if response.is_redirect:
            new_url = response.headers["location"]
            raise FetcherCSVRedirectError(url=url, new_url=new_url, extra={"old_url": url, "new_url": new_url})
        if not response.ok:
            raise SourceRefused.with_hint(f"Problem reaching {url}: status {response.status_code}", "check the address")
        if "charset" not in response.headers.get("content-type", ""):
            response.encoding = "utf-8"  # requests would take Latin-1 for text
        size = 0
        for piece in response.iter_content(self.CONTENT_CHUNK_SIZE, decode_unicode=True):
            size += len(piece)
            if size > self.MAX_DOCUMENT_SIZE:
                raise SourceRefused.with_hint(f"{url} has more than {self.MAX_DOCUMENT_SIZE} characters", "fetch a part of it")
            yield piece


def fetch_into_run(
    context: Any,
    url: str,
    pre_func: Callable[[pd.DataFrame], pd.DataFrame] | None,
    post_func: Callable[[pd.DataFrame], pd.DataFrame] | None,
    date_column: str,
    date_format: str | None,
    timezone: Any,
    symbol: str | None,
    symbol_column: str | None,
    country_code: str | None,
    **kwargs: Any,
) -> PandasRequestsCSV:
    """Read a file and let the run of `context` see its columns; a portal that the run stands on sees them too."""
    calendar = get_calendar(context._calendar_name())
    days = [pd.Timestamp(day, unit="D") for day, _, _ in context._sessions()]
    if context._extra_columns is None:
        portal = context.__dict__.get("data_portal")
        context._extra_columns = portal if portal is not None else DataPortal(context.asset_finder, calendar, None)
    source = PandasRequestsCSV(
        url,
        pre_func,
        post_func,
        context.asset_finder,
        calendar,
        date_column,
        date_format,
        timezone,
        symbol,
        symbol_column,
        context._environment()["data_frequency"],
        country_code or _COUNTRY_OF_CALENDAR.get(calendar.name),
        context._zipline,
        **kwargs,
    )
    context._extra_columns.handle_extra_source(source.df, SimpleNamespace(start_session=days[0], end_session=days[-1]))
    return source
