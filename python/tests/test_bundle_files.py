"""What bundles hold on disk, as other programs read it; appends from Python."""

import datetime
import decimal
import json
import random

import pytest

from rustybt.data.bundles import write_frames
from rustybt.errors import RustybtError

FIELDS = ("open", "high", "low", "close", "volume")


def bars(seed, count, most_digits):
    """`count` bars of decimals with `most_digits` places, the last ten with none; every seventh has no price."""
    draw = random.Random(seed)
    rows = []
    for i in range(count):
        if i % 7 == 3:
            rows.append((None, None, None, None, decimal.Decimal(0)))
            continue
        digits = most_digits if i < count - 10 else 0
        low = draw.randrange(1, 10**9)
        cells = [low + 50, low + 90, low, low + 7, draw.randrange(10**7)]
        rows.append(tuple(decimal.Decimal(c).scaleb(-digits) for c in cells[:4]) + (decimal.Decimal(cells[4]),))
    return rows


def frame(times, rows, time):
    return {time: times, **{f: [None if r[i] is None else str(r[i]) for r in rows] for i, f in enumerate(FIELDS)}}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A bundle over year and month ends, its folder, and what must be in it: {sid: {time: five decimals}}."""
    root = tmp_path_factory.mktemp("files")
    days = [datetime.date(2021, 12, 1) + datetime.timedelta(days=i) for i in range(60)]
    start = datetime.datetime(2022, 1, 31, 20, 0, tzinfo=datetime.timezone.utc)
    minutes = [start + datetime.timedelta(minutes=i) for i in range(600)]
    daily = {f"S{a}": bars(a, len(days), a * 2) for a in range(4)}
    minute = {f"S{a}": bars(10 + a, len(minutes), a * 3) for a in range(3)}
    info = write_frames(
        "b",
        {s: frame(days, rows, "date") for s, rows in daily.items()},
        minute_bars={s: frame(minutes, rows, "dt") for s, rows in minute.items()},
        calendar="24/7",
        root=root,
    )
    assert info["rows"]["read"] == info["rows"]["added"] == 4 * 60 + 3 * 600
    folder = root / "data/b/versions" / info["version_id"]
    truth = {
        "daily": {int(s[1:]): dict(zip(days, rows)) for s, rows in daily.items()},
        "minute": {int(s[1:]): dict(zip(minutes, rows)) for s, rows in minute.items()},
    }
    return folder, truth


def by_sid(rows):
    out = {}
    for sid, time, *cells in rows:
        if isinstance(time, datetime.datetime):
            time = time.astimezone(datetime.timezone.utc)
        out.setdefault(sid, {})[time] = tuple(cells)
    return out


def columns(kind):
    return ["sid", "session" if kind == "daily" else "time", *FIELDS]


@pytest.mark.parametrize("kind", ["daily", "minute"])
def test_pyarrow_reads_equal_decimals(written, kind):
    dataset = pytest.importorskip("pyarrow.dataset")
    folder, truth = written
    table = dataset.dataset(folder / kind, partitioning="hive").to_table()
    assert set(table["year"].to_pylist()) == ({2021, 2022} if kind == "daily" else {2022})
    assert by_sid(zip(*(table[c].to_pylist() for c in columns(kind)))) == truth[kind]


@pytest.mark.parametrize("kind", ["daily", "minute"])
def test_polars_reads_equal_decimals(written, kind):
    polars = pytest.importorskip("polars")
    folder, truth = written
    table = polars.scan_parquet(folder / kind / "**/*.parquet", hive_partitioning=True).select(columns(kind)).collect()
    assert all(table.schema[f] == polars.Decimal for f in FIELDS)
    assert by_sid(table.rows()) == truth[kind]


@pytest.mark.parametrize("kind", ["daily", "minute"])
def test_duckdb_reads_equal_decimals(written, kind):
    duckdb = pytest.importorskip("duckdb")
    folder, truth = written
    query = f"SELECT {', '.join(columns(kind))} FROM read_parquet('{folder}/{kind}/**/*.parquet', hive_partitioning=true)"
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    assert by_sid(connection.execute(query).fetchall()) == truth[kind]


def test_append_adds_repeats_and_revises(tmp_path):
    def days(first, closes):
        dates = [f"2022-01-{first + i:02}" for i in range(len(closes))]
        return {"A": {"date": dates, **{f: list(closes) for f in FIELDS}}}

    whole = write_frames("whole", days(1, [1, 2, 3, 4, 5]), calendar="24/7", root=tmp_path)
    write_frames("b", days(3, [3, 4, 5]), calendar="24/7", root=tmp_path)
    info = write_frames("b", days(1, [1, 2, 3]), calendar="24/7", root=tmp_path, append=True)
    assert info["data_hash"] == whole["data_hash"]
    assert (info["rows"]["added"], info["rows"]["repeated"], info["restatements"]) == (2, 1, 0)
    with pytest.raises(RustybtError, match="2022-01-02: open 2 before, 7 now"):
        write_frames("b", days(2, [7]), calendar="24/7", root=tmp_path, append=True)
    info = write_frames("b", days(2, [7]), calendar="24/7", root=tmp_path, append=True, on_conflict="replace")
    assert info["restatements"] == 5
    folder = tmp_path / "data/b/versions" / info["version_id"]
    assert (folder / "restatements.csv").read_text().splitlines()[1:3] == ["A,2022-01-02,open,2,7", "A,2022-01-02,high,2,7"]
    manifest = json.loads((tmp_path / "data/b/manifest.json").read_text())
    assert manifest["rows"]["replacing"] == 1 and manifest["restatements"] == 5
    with pytest.raises(ValueError, match="on_conflict is 'later'"):
        write_frames("b", days(2, [7]), calendar="24/7", root=tmp_path, append=True, on_conflict="later")
