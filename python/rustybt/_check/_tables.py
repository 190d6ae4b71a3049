"""Tables with another future: rows after a day are cut off, mirrored or shuffled (rustybt/data/future.cpp does so with bars)."""

import csv

import numpy as np
import pandas as pd


class Future:
    """ "cut:2020-03-05": what happens to the rows of later days. Minutes of a day ("+120") are left alone."""

    def __init__(self, text):
        self.kind, moment = text.split(":")
        day, _, minutes = moment.partition("+")
        self.day = np.datetime64(day) + np.timedelta64(1 if minutes else 0, "D")

    def rows(self, days):
        """Positions of the rows that are not known yet; `days` may have gaps (NaT: known)."""
        return np.flatnonzero(days > self.day)


def days_of(values):
    """Days of a column, or None when it holds no dates. Time zones: the day in UTC."""
    values = pd.Series(np.asarray(values) if not isinstance(values, (pd.Series, pd.Index)) else values)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[D]")
    if values.dtype.kind == "M":
        return values.to_numpy("datetime64[D]")
    if values.dtype != object and not isinstance(values.dtype, pd.StringDtype) or len(values) == 0:
        return None
    text = values.astype(str).str.strip()
    if not text.head(200).str.match(r"^\d{4}[-/.]?\d\d?[-/.]?\d\d?([T ].*)?$|^\d\d?[-/.]\d\d?[-/.]\d{4}").mean() > 0.9:
        return None
    compact = text.head(200).str.fullmatch(r"\d{8}").all()
    parsed = pd.to_datetime(text, errors="coerce", utc=True, format="%Y%m%d" if compact else None)
    if parsed.notna().mean() < 0.9 or not parsed.dropna().dt.year.between(1900, 2200).all():
        return None
    return parsed.dt.tz_localize(None).to_numpy("datetime64[D]")


def mirrored(values, keys, known, rows):
    """New numbers of `rows`: around the last known value of their key, so that what rose falls."""
    numbers = np.asarray(values, dtype=float).copy()
    base = {}
    for row in known:
        if numbers[row] == numbers[row]:
            base[keys[row]] = numbers[row]
    for row in rows:
        last = base.setdefault(keys[row], numbers[row])
        numbers[row] = last * last / numbers[row] if last > 0 and numbers[row] > 0 else 2 * last - numbers[row]
    return numbers[rows]


def shuffled(keys, rows):
    """For each of `rows` the row that its values come from, of the same key."""
    random = np.random.Generator(np.random.PCG64(1))
    source = np.asarray(rows).copy()
    of_key = np.array([keys[row] for row in rows], dtype=object)
    for key in dict.fromkeys(of_key):
        places = np.flatnonzero(of_key == key)
        source[places] = source[random.permutation(places)]
    return source


def copy_text(path, copy, future):
    """Delimited text; False without a column of dates."""
    compression = {"gz": "gzip", "bz2": "bz2", "xz": "xz"}.get(path.rsplit(".", 1)[-1].lower())
    with pd.io.common.get_handle(path, "r", compression=compression, encoding="utf-8-sig") as handle:
        start = handle.handle.read(1 << 16)
    try:
        dialect = csv.Sniffer().sniff(start.split("\n")[0], delimiters=",;\t| ")
    except csv.Error:
        return False
    with pd.io.common.get_handle(path, "r", compression=compression, encoding="utf-8-sig") as handle:
        lines = [line for line in csv.reader(handle.handle, dialect) if line]
    width = max(map(len, lines), default=0)
    grid = [line + [""] * (width - len(line)) for line in lines]
    for header in (1, 0):
        body = pd.DataFrame(grid[header:], dtype=object)
        dates = {c: days for c in body if (days := days_of(body[c])) is not None}
        if dates:
            break
    else:
        return False
    body = _with_future(body, dates, future)
    with pd.io.common.get_handle(copy, "w", compression=compression, encoding="utf-8") as handle:
        writer = csv.writer(handle.handle, delimiter=dialect.delimiter, lineterminator="\n")
        writer.writerows([line for line in lines[:header]])
        writer.writerows(body.itertuples(index=False))
    return True


def _with_future(frame, dates, future, column_of=pd.to_numeric):
    """The frame after its first column of dates was looked at; text columns without numbers are keys."""
    date = next(iter(dates))
    rows = future.rows(dates[date])
    if future.kind == "cut":
        return frame.drop(index=frame.index[rows])
    numbers = {}
    for c in frame:
        if c not in dates:
            values = pd.to_numeric(frame[c], errors="coerce")
            if values.notna().mean() > 0.5:
                numbers[c] = values
    others = [c for c in frame if c not in dates and c not in numbers]
    keys = list(frame[others].astype(str).itertuples(index=False, name=None)) if others else [()] * len(frame)
    frame = frame.copy()
    known = np.setdiff1d(np.arange(len(frame)), rows)
    for c, values in numbers.items():
        place = frame.columns.get_loc(c)
        if future.kind == "shuffled":
            new = frame[c].to_numpy()[shuffled(keys, rows)]
        else:
            new = mirrored(values, keys, known, rows)
            if frame[c].dtype == object:
                new = [repr(float(n)) if n == n else "" for n in new]
            elif frame[c].dtype.kind in "iu":
                new = np.clip(np.nan_to_num(new), 0, 2**62).astype(frame[c].dtype)
        frame.iloc[rows, place] = new
    return frame


def change_frame(frame, future):
    """A frame with another future, dates in its index or a column; None without dates."""
    as_series = isinstance(frame, pd.Series)
    table = frame.to_frame() if as_series else frame
    levels = [table.index.get_level_values(i) for i in range(table.index.nlevels)]
    dates = {("index", i): days for i, level in enumerate(levels) if (days := days_of(level)) is not None}
    inner = table.reset_index(drop=True)
    inner.columns = range(inner.shape[1])
    for c in inner:
        if (days := days_of(inner[c])) is not None:
            dates[c] = days
    if not dates:
        return None
    for i, level in enumerate(levels):
        if ("index", i) not in dates and len(levels) > 1:
            inner[("index", i)] = level.astype(str)
    changed = _with_future(inner, dates, future)
    index = table.index[changed.index]
    changed = changed[[c for c in changed if not isinstance(c, tuple)]]
    changed.columns, changed.index = table.columns, index
    return changed.iloc[:, 0] if as_series else changed


def copy_pickle(path, copy, future):
    """A pickled pandas frame or series; False for anything else."""
    value = pd.read_pickle(path)
    if not isinstance(value, (pd.DataFrame, pd.Series)):
        return False
    changed = change_frame(value, future)
    if changed is None:
        return False
    changed.to_pickle(copy)
    return True


def copy_parquet(path, copy, future):
    """A Parquet file; types stay as they are. False without a column of dates."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path).read()
    frame = table.to_pandas(ignore_metadata=True)
    dates = {c: days for c in frame if (days := days_of(_plain(frame[c]))) is not None}
    if not dates:
        return False
    rows = future.rows(next(iter(dates.values())))
    if future.kind == "cut":
        table = table.take(np.setdiff1d(np.arange(len(frame)), rows))
    else:
        changed = _with_future(frame, dates, future)
        for i, field in enumerate(table.schema):
            if field.name not in dates and not changed[field.name].equals(frame[field.name]):
                values = pa.Array.from_pandas(changed[field.name])
                table = table.set_column(i, field, values.cast(field.type, safe=False))
    pq.write_table(table, copy)
    return True


def _plain(column):
    """Dates as Arrow gives them (objects of datetime.date) as text."""
    return column.astype(str) if column.dtype == object and len(column) and hasattr(column.iloc[0], "year") else column
