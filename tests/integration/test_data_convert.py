"""`rustybt data convert` and `data synth`: bars leave as exactly as they came."""

import csv
import json
from decimal import Decimal

import polars
import pyarrow.parquet as parquet

PRICES = """date,symbol,open,high,low,close,volume
2020-01-02,AAA,10.25,10.5,10.125,10.3333,1000
2020-01-03,AAA,10.5,11,10.5,11,2500
2020-01-02,BBB,0.1,0.3,0.1,0.2,7
2020-01-06,BBB,0.2,0.2,0.2,0.2,8
"""


def rows(text):
    """(date, symbol) -> numbers."""
    return {(r.pop("date"), r.pop("symbol")): {k: Decimal(v) for k, v in r.items()} for r in csv.DictReader(text.splitlines())}


def ingested(rustybt, tmp_path):
    (tmp_path / "prices.csv").write_text(PRICES)
    rustybt.ok("ingest", "prices.csv", "--name", "mine")
    return rustybt


def test_csv_to_bundle_to_csv_keeps_every_number(rustybt, tmp_path):
    ingested(rustybt, tmp_path)
    result = json.loads(rustybt.ok("data", "convert", "mine", "out.csv", "--json").stdout)
    assert (result["rows"], result["symbols"], result["format"]) == (4, 2, "csv")
    assert rows((tmp_path / "out.csv").read_text()) == rows(PRICES)
    first = json.loads(rustybt.ok("ingest", "out.csv", "--name", "again", "--json").stdout)
    bundles = {b["name"]: b for b in json.loads(rustybt.ok("bundles", "--json").stdout)["bundles"]}
    assert first["data_hash"] == bundles["mine"]["data_hash"]


def test_parquet_holds_the_same_decimals(rustybt, tmp_path):
    ingested(rustybt, tmp_path)
    rustybt.ok("data", "convert", "mine", "out.parquet")
    expected = rows(PRICES)
    for table in (parquet.read_table(tmp_path / "out.parquet").to_pylist(), polars.read_parquet(tmp_path / "out.parquet").to_dicts()):
        assert {(str(r.pop("date")), r.pop("symbol")): r for r in table} == expected


def test_symbols_fields_and_days_can_be_chosen(rustybt, tmp_path):
    ingested(rustybt, tmp_path)
    chosen = ["--symbol", "BBB", "--field", "close", "--start", "2020-01-03", "--end", "2020-01-06"]
    rustybt.ok("data", "convert", "mine", "out.csv", *chosen)
    assert (tmp_path / "out.csv").read_text() == "date,symbol,close\n2020-01-06,BBB,0.2\n"


def test_csvdir_can_be_ingested_again(rustybt, tmp_path):
    ingested(rustybt, tmp_path)
    rustybt.ok("data", "convert", "mine", "folder")
    assert sorted(f.name for f in (tmp_path / "folder" / "daily").iterdir()) == ["AAA.csv", "BBB.csv"]
    rustybt.ok("ingest", "csvdir", "folder", "--name", "again")
    rustybt.ok("data", "convert", "again", "again.csv")
    assert rows((tmp_path / "again.csv").read_text()) == rows(PRICES)


def test_actions_that_stay_behind_are_said(market):
    said = market.ok("data", "convert", "market", "market.csv").stderr
    assert "splits" in said and "stay in the bundle" in said


def test_nothing_is_overwritten_and_what_is_not_there_is_named(rustybt, tmp_path):
    ingested(rustybt, tmp_path)
    (tmp_path / "kept.csv").write_text("mine")
    for words, text in {
        ("mine", "kept.csv"): "is there already",
        ("nothing", "out.csv"): "nothing",
        ("mine", "out.csv", "--symbol", "ZZZ"): "has no symbol ZZZ",
        ("mine", "out.csv", "--field", "vwap"): "no bar field named 'vwap'",
        ("mine", "out.csv", "--frequency", "minute"): "has no minute bars",
    }.items():
        failed = rustybt("data", "convert", *words)
        assert failed.returncode != 0 and text in failed.stderr, words
    assert (tmp_path / "kept.csv").read_text() == "mine"
    assert not (tmp_path / "out.csv").exists()


def test_an_invented_market_is_the_same_for_the_same_seed(rustybt, tmp_path):
    words = ["--assets", "2", "--start", "2020-01-01", "--end", "2020-01-31"]
    for name, seed in (("a.csv", "7"), ("b.csv", "7"), ("c.csv", "8")):
        rustybt.ok("data", "synth", name, "--seed", seed, *words)
    a, b, c = ((tmp_path / f).read_bytes() for f in ("a.csv", "b.csv", "c.csv"))
    assert a == b != c
    assert len(a.splitlines()) == 1 + 3 * 21  # 21 sessions of January 2020 on XNYS; two stocks and the fund
    rustybt.ok("data", "synth", "minute.parquet", "--frequency", "minute", "--assets", "1", "--start", "2020-01-02", "--end", "2020-01-03")
    assert parquet.read_table(tmp_path / "minute.parquet").num_rows == 2 * 2 * 390


def test_longer_bars_name_their_end_or_their_start(rustybt, tmp_path):
    ingested(rustybt, tmp_path)
    result = rustybt.ok("data", "convert", "mine", "weeks.csv", "--to", "1w", "--json")
    assert json.loads(result.stdout)["frequency"] == "1w"
    assert "the data end on 2020-01-06, within the last bar of 1w of 1 symbols: it is partial" in result.stderr
    assert rows((tmp_path / "weeks.csv").read_text()) == rows(
        "date,symbol,open,high,low,close,volume\n"
        "2020-01-03,AAA,10.25,11,10.125,11,3500\n"
        "2020-01-03,BBB,0.1,0.3,0.1,0.2,7\n"
        "2020-01-10,BBB,0.2,0.2,0.2,0.2,8\n"
    )
    rustybt.ok("data", "convert", "mine", "starts.csv", "--to", "1w", "--label-start", "--symbol", "AAA", "--field", "close")
    assert rows((tmp_path / "starts.csv").read_text()) == rows("date,symbol,close\n2019-12-30,AAA,11\n")


def test_minutes_become_hours_and_days(rustybt, tmp_path):
    minutes = [f"2020-01-02 {9 + m // 60:02}:{m % 60:02}" for m in range(31, 421)]  # 09:31 to 16:00 in New York
    lines = [f"{time},10,{11 + i},9,{10 + i / 100:.2f},1" for i, time in enumerate(minutes)]
    (tmp_path / "aaa.csv").write_text("\n".join(["date,open,high,low,close,volume", *lines]) + "\n")
    rustybt.ok("ingest", "aaa.csv", "--name", "m", "--timezone", "America/New_York")
    rustybt.ok("data", "convert", "m", "hours.csv", "--to", "1h", "--field", "close", "--field", "volume")
    found = (tmp_path / "hours.csv").read_text().splitlines()
    assert found[1] == "2020-01-02T15:30:00Z,AAA,10.59,60" and found[-1] == "2020-01-02T21:00:00Z,AAA,13.89,30"
    assert len(found) == 8
    rustybt.ok("data", "convert", "m", "days.csv", "--to", "1d", "--field", "high", "--field", "volume")
    assert rows((tmp_path / "days.csv").read_text()) == rows("date,symbol,high,volume\n2020-01-02,AAA,400,390\n")
    refused = rustybt("data", "convert", "m", "bad.csv", "--to", "7x")
    assert refused.returncode != 0 and 'no length of bars is called "7x"' in refused.stderr
