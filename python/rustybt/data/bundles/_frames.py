"""Frames of bars on their way to the core: pandas, Polars, pyarrow, or dicts of columns, all as Arrow tables."""

from rustybt import _core
from rustybt.errors import InvalidArgument, MissingColumn

PRICES = ("open", "high", "low", "close", "volume")
_DAY_NAMES = ("date", "session", "day")
_MINUTE_NAMES = ("dt", "timestamp", "time", "datetime", "date")


def bar_series(frame, daily, origin):
    """The bars of one symbol, exact. Times are a frame's index of times, else the column `date` (minutes: `dt`)."""
    if frame is None or isinstance(frame, _core.BarSeries):
        return frame
    table, time = _table(frame, daily, origin)
    return _core.frame_bars(table, time, daily, origin)


def bars_by_symbol(frames, daily, origin):
    """{symbol: bars} of a dict of frames, or of one frame with a column `symbol` (or `sid`)."""
    if frames is None:
        return {}
    if symbol := _symbol_column(frames):
        table, time = _table(frames, daily, origin, symbol)
        return _core.split_frame(table, symbol, time, daily, origin)
    return {symbol: bar_series(frame, daily, f"{origin} of {symbol}") for symbol, frame in frames.items()}


def _symbol_column(frames):
    if "close" not in _names(frames):
        return None
    return next((name for name in ("symbol", "sid") if name in _names(frames)), None)


def _names(frame):
    names = getattr(frame, "column_names", None)  # pyarrow
    if names is None:
        names = getattr(frame, "columns", frame)  # pandas and Polars; a dict is its names
    return [str(name) for name in names]


def _table(frame, daily, origin, *more):
    import pyarrow as pa

    names = _names(frame)
    index = getattr(frame, "index", None)
    has_times = getattr(getattr(index, "dtype", None), "kind", "") == "M"  # they count, whatever columns there are
    time = next((name for name in (_DAY_NAMES if daily else _MINUTE_NAMES) if name in names and not has_times), None)
    columns = {}
    if time is None:
        if index is None or callable(index):
            raise MissingColumn(f"{origin}: no times; expected a column {(_DAY_NAMES if daily else _MINUTE_NAMES)[0]!r}"
                                f" or a frame with an index of times, found {', '.join(names)}")
        time = "index"
        columns[time] = _array(index)
    for name in (time, *more, *PRICES):
        if name in names and name not in columns:
            columns[name] = _array(frame[name])
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidArgument(f"{origin}: columns of different lengths: {', '.join(f'{n} {k}' for n, k in lengths.items())}")
    return pa.table(columns), time


def _array(values):
    import pyarrow as pa

    if hasattr(values, "to_arrow"):  # Polars
        values = values.to_arrow()
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        return values
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # kinds mixed in one column: as text, exactly
        return pa.array([None if value is None or value != value else str(value) for value in values])
