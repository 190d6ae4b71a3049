"""The sources on the web. Keys: the argument, else the environment variable, else `rustybt keys set NAME`."""

from rustybt.data.adapters._native import NativeAdapter

__all__ = ["AlpacaAdapter", "AlphaVantageAdapter", "PolygonAdapter", "YFinanceAdapter"]


class YFinanceAdapter(NativeAdapter):
    """Yahoo Finance: daily bars of any age, minutes of the last 30 days; no key. Prices are put back to what was traded."""

    name = "yfinance"
    description = "Yahoo Finance"


class PolygonAdapter(NativeAdapter):
    """Polygon: US stocks, unadjusted, with splits and dividends. Key: api_key or POLYGON_API_KEY."""

    name = "polygon"
    description = "Polygon (Massive)"


class AlpacaAdapter(NativeAdapter):
    """Alpaca: US stocks and crypto pairs. Keys: api_key or APCA_API_KEY_ID, api_secret or APCA_API_SECRET_KEY."""

    name = "alpaca"
    description = "Alpaca market data"


class AlphaVantageAdapter(NativeAdapter):
    """Alpha Vantage: stocks. Key: api_key or ALPHAVANTAGE_API_KEY; premium=False for free keys."""

    name = "alphavantage"
    description = "Alpha Vantage"
