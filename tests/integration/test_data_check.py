"""`rustybt data check`: defects are found where they are, and clean data is left alone."""

import copy
import csv
import json
import os
import random
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
import defects  # noqa: E402

SHARED = Path(os.environ.get("RUSTYBT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared")) / "data"

# The data README names these vendor errors; no others may be reported as errors in the S&P 500 files.
KNOWN_VENDOR_ERRORS = {("SO.csv", "2001-04-03", "bad_dividend")}


def shared(path):
    if not (SHARED / path).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{SHARED / path} is not there")
        pytest.skip(f"{SHARED / path} is not there: set RUSTYBT_TEST_DATA")
    return SHARED / path


@pytest.fixture
def check(rustybt):
    """The findings of a file or folder, as JSON; the exit status must agree with them."""

    def run(path, *words):
        result = rustybt("data", "check", path, "--json", *words)
        report = json.loads(result.stdout)
        errors = sum(f["severity"] == "error" for f in report["findings"])
        assert report["errors"] == errors
        assert result.returncode == (1 if errors else 0), result.stderr
        return report

    return run


def of_severity(report, severity):
    return [f for f in report["findings"] if f["severity"] == severity]


def test_every_known_defect_is_reported_and_no_other_error(check):
    folder = shared("dirty/injected")
    for entry in json.loads((folder / "defects.json").read_text())["files"]:
        text = (folder / entry["file"]).read_text(encoding="utf-8-sig")
        dates = [line.replace(";", ",").split(",")[0] for line in text.splitlines()[1:]]
        report = check(folder / entry["file"])
        expected = []
        if isinstance(entry["defects"], str):
            expected = [] if entry["severity"] == "none" else [(dates[-1], entry["severity"], None)]
        else:
            for d in entry["defects"]:
                days = [x for x in dates if d["from"] <= x <= d["to"]] if "from" in d else [d["date"]]
                expected += [(day, d["severity"], d.get("column")) for day in days if d["severity"] != "none"]
        found = {(f["date"], f["severity"], f["column"]) for f in report["findings"]}
        for day, severity, column in expected:
            assert any(f[:2] == (day, severity) and column in (None, f[2]) for f in found), (entry["file"], day)
        assert {f[:2] for f in found if f[1] != "info"} == {e[:2] for e in expected}, entry["file"]
        for f in report["findings"]:
            if f["code"] != "missing_session":
                assert dates[f["row"]] == f["date"], f
            assert f["line"] == f["row"] + 2


def test_vendor_files_have_no_errors_but_the_known_ones(check):
    folder = shared("equities/sp500_daily_raw")
    report = check(folder)
    assert report["rows"] == 329_774
    errors = {(Path(f["file"]).name, f["date"], f["code"]) for f in of_severity(report, "error")}
    assert errors == KNOWN_VENDOR_ERRORS
    assert len(of_severity(report, "warning")) < 250, "a warning for everything is a warning for nothing"


def windows(count, chooser):
    """Stretches of real bars of several symbols and years."""
    files = sorted(shared("equities/sp500_daily_raw").glob("*.csv"))
    columns = ["timestamp", "open", "high", "low", "close", "volume"]
    series = {}
    for _ in range(count):
        file = chooser.choice(files)
        if file not in series:
            with open(file) as lines:
                series[file] = sorted([row[c] for c in columns] for row in csv.DictReader(lines))
        length = chooser.choice([80, 250, 500])
        start = chooser.randrange(0, len(series[file]) - length)
        yield file.stem, series[file][start : start + length]


def test_injected_defects_of_every_kind_are_found(check, tmp_path):
    chooser = random.Random(20140609)
    cases = {}
    assert len(defects.KINDS) == 29
    for kind in defects.KINDS:
        for symbol, rows in windows(6, chooser):
            at = chooser.randrange(15, len(rows) - 15)
            number = len(cases)
            clean = tmp_path / "files" / f"{number}_{symbol}_clean.csv"
            dirty = tmp_path / "files" / f"{number}_{symbol}_{kind.__name__}.csv"
            clean.parent.mkdir(exist_ok=True)
            clean.write_text(defects.Injected(rows).text())
            case = kind(copy.deepcopy(rows), at, chooser)
            dirty.write_bytes(case.text().encode())
            cases[str(clean)] = None
            cases[str(dirty)] = case
    found = {}
    for f in check(tmp_path / "files")["findings"]:
        found.setdefault(f["file"], []).append(f)
    for file, case in cases.items():
        findings = found.get(file, [])
        here = [(f["row"], f["severity"], f["code"], f["message"]) for f in findings]
        errors = {f["row"] for f in findings if f["severity"] == "error"}
        if case is None:
            assert not errors, (file, here)
            continue
        allowed = set()
        for place, severity in case.expected:
            places = place if isinstance(place, tuple) else (place,)
            allowed |= set(places)
            assert any(f["row"] in places and f["severity"] == severity for f in findings), (file, place, here)
        assert errors <= allowed, (file, here)
        if case.dates:
            assert [f["date"] for f in findings if f["code"] == "missing_session"] == case.dates, (file, here)


def codes_of(report):
    counts = {}
    for f in report["findings"]:
        counts[f["code"]] = counts.get(f["code"], 0) + 1
    return counts


def test_futures_with_quotes_in_the_columns_of_prices(check):
    report = check(shared("futures/vx"))  # the data README counts 26 rows with high below low
    rows = [f for f in report["findings"] if f["code"] == "high_below_low"]
    assert len(rows) == 26 and all("nothing traded" in f["message"] for f in rows)
    scale = {f["date"] for f in report["findings"] if f["code"] == "scale_change"}
    assert scale == {"2007-03-26"}, "the exchange divided VIX futures by 10 that day"


def test_gaps_between_minutes_are_counted(check):
    report = check(shared("crypto/freqtrade/UNITTEST_BTC-1m.json.gz"))
    assert codes_of(report) == {"missing_bars": 538}  # as the data README counts them
    assert codes_of(check(shared("crypto/ftx_btc-perp_1m_2022-01.csv.gz"))) == {}


def test_stamps_and_zones_are_told_from_the_volume(check):
    spy = check(shared("equities/spy_minute_2011/nt-spy-minute-2011-03.csv"))  # over the clock change of March 13
    assert codes_of(spy) == {"stamped_at_end": 1}
    assert "times are UTC" in spy["findings"][0]["message"]
    lean = check(shared("equities/lean_minute/spy/20131007_spy_minute_trade.csv"))
    assert codes_of(lean) == {"stamped_at_start": 1}
    assert "New York" in lean["findings"][0]["message"]
    polars = check(shared("parquet/rustybt_market_data.parquet"))
    assert polars["findings"] == []
    assert "midnight in New York" in polars["files"][0]["remarks"][0]


def test_unadjusted_print_in_the_first_minute_after_a_split(check):
    report = check(shared("equities/lean_minute/aapl/20140609_aapl_minute_trade.csv"))
    (error,) = of_severity(report, "error")
    assert (error["row"], error["code"], error["column"]) == (0, "unadjusted_split", "open")
    assert "7:1" in error["message"]


def test_adjusted_prices_beside_a_split_column(check):
    (error,) = of_severity(check(shared("equities/zipline_csvdir/daily/AAPL.csv")), "error")
    assert (error["code"], error["date"]) == ("split_not_in_price", "2014-06-09")


def test_ticker_that_two_companies_used(check):
    report = check(shared("equities/lean_daily/fb.csv"))
    (gap,) = [f for f in report["findings"] if f["code"] == "long_gap"]
    assert gap["date"] == "2003-03-31" and "another company" in gap["message"]


def test_restatements_and_holidays_of_a_vendor(check):
    prices = check(shared("dirty/pystock_ohlc_restatements_2015_2017.csv"))
    assert codes_of(prices) == {"restatement": 3715}
    assert 200 < len(of_severity(prices, "warning")) < 400, "most only got more digits"
    assert codes_of(check(shared("dirty/pystock_volume_revisions_2016-01.csv"))) == {"restatement": 3184}
    holidays = check(shared("dirty/pystock_rows_on_market_holidays.csv"))
    assert codes_of(holidays)["not_a_session"] == 247


def test_newest_first_with_a_line_above_the_header(check):
    report = check(shared("crypto/coinbase_btcusd_1h_2017_2019.csv"))
    errors = of_severity(report, "error")  # five hours of 2017-11-12 stand between later ones in the source
    assert {(f["code"], f["date"]) for f in errors} == {("out_of_order", "2017-11-12")} and len(errors) == 5
    assert of_severity(report, "warning") == []
    assert "the newest row comes first" in report["files"][0]["remarks"]


def test_repair_gives_the_clean_file_back_and_logs_every_change(rustybt, check, tmp_path):
    spikes = shared("dirty/injected/07_price_spikes.csv")
    before = spikes.read_bytes()
    clean = (spikes.parent / "00_clean_aapl_2013_2014.csv").read_text().splitlines()
    result = rustybt("data", "check", spikes, "--fix", "out/fixed.csv")
    assert result.returncode == 0, result.stdout
    fixed = (tmp_path / "out/fixed.csv").read_text().splitlines()
    different = [i for i, (a, b) in enumerate(zip(fixed, clean, strict=True)) if a != b]
    assert [fixed[i][:10] for i in different] == ["2013-07-10"], "the doubtful high stays"
    with open(tmp_path / "out/fixed.csv.changes.csv") as lines:
        log = list(csv.DictReader(lines))
    assert len(log) == 12
    assert log[0] == {
        "file": str(spikes), "row": "60", "column": "open", "old": "4419.0000", "new": "441.9", "rule": "price_spike",
    }
    assert spikes.read_bytes() == before
    refused = rustybt("data", "check", spikes, "--fix", spikes)
    assert refused.returncode == 2 and "is the file itself" in refused.stderr


def test_repair_removes_what_cannot_be_and_keeps_what_it_cannot_know(rustybt, check, tmp_path):
    folder = shared("dirty/injected")
    clean = (folder / "00_clean_aapl_2013_2014.csv").read_text()
    rustybt.ok("data", "check", folder / "10_non_session_dates.csv", "--fix", "days.csv")
    assert (tmp_path / "days.csv").read_text() == clean
    conflicting = rustybt("data", "check", folder / "01_duplicate_dates.csv", "--fix", "twice.csv")
    assert conflicting.returncode == 1, "two rows that differ: which is right is no matter of rules"
    assert len((tmp_path / "twice.csv").read_text().splitlines()) == 506
    rustybt("data", "check", folder / "04_missing_values.csv", "--fix", "filled.csv", "--fill")
    left = check(tmp_path / "filled.csv")
    assert codes_of(left) == {"missing_value": 2}  # volumes are not invented
    rows = clean.splitlines()
    swapped = tmp_path / "swapped.csv"
    swapped.write_text("\n".join([rows[0], rows[2], rows[1], *rows[3:]]) + "\n")
    rustybt.ok("data", "check", swapped, "--fix", "sorted.csv")
    assert (tmp_path / "sorted.csv").read_text() == clean


def test_broken_rows_are_not_filled(rustybt, tmp_path):
    text = "date,open,high,low,close,volume\n2013-01-02,5,6,4,5,9\n2013-01-03,5\n2013-01-04,5,6,4,5,8\n"
    (tmp_path / "broken.csv").write_text(text)
    assert rustybt("data", "check", "broken.csv", "--fix", "out.csv", "--fill").returncode == 1
    assert (tmp_path / "out.csv").read_text() == text


def test_repair_of_a_parquet_file(rustybt, check, tmp_path):
    pd = pytest.importorskip("pandas")
    frame = pd.read_csv(shared("dirty/injected/10_non_session_dates.csv"), parse_dates=["date"])
    frame.loc[50, ["open", "high", "low", "close"]] *= 10
    frame.to_parquet(tmp_path / "dirty.parquet")
    rustybt.ok("data", "check", "dirty.parquet", "--fix", "clean.parquet")
    fixed = pd.read_parquet(tmp_path / "clean.parquet")
    assert len(fixed) == 504
    clean = pd.read_csv(shared("dirty/injected/00_clean_aapl_2013_2014.csv"))
    assert fixed["close"].tolist() == pytest.approx(clean["close"].tolist(), abs=1e-9)


def test_bundle_is_checked_by_the_same_rules(rustybt, check, tmp_path):
    rows = shared("dirty/injected/00_clean_aapl_2013_2014.csv").read_text().splitlines()
    cells = rows[60].split(",")
    rows[60] = ",".join([cells[0], *(f"{float(c) * 10:.2f}" for c in cells[1:5]), cells[5]])
    (tmp_path / "AAPL.csv").write_text("\n".join(rows) + "\n")
    rustybt.ok("ingest", "AAPL.csv", "--name", "mine")
    report = check("mine")
    assert all(file["ok"] for file in report["files"])
    (spike,) = of_severity(report, "error")
    assert (spike["symbol"], spike["date"], spike["code"]) == ("AAPL", cells[0], "price_spike")
    assert [f["code"] for f in of_severity(report, "warning")] == ["unadjusted_split"]  # a bundle knows its splits


def test_many_symbols_in_one_file(check, tmp_path):
    """Regression event 12: upstream refused frames of several symbols, and saw jumps where one symbol met the next."""
    pd = pytest.importorskip("pandas")
    frame = pd.read_csv(shared("equities/sp500_universe_daily_raw_2016_2021.csv.gz"))
    part = frame[frame["symbol"].isin(["KO", "NVDA", "GOOGL"])].sort_values(["date", "symbol"])
    part.to_csv(tmp_path / "three.csv", index=False)
    report = check(tmp_path / "three.csv")
    assert of_severity(report, "error") == []
    assert report["files"][0]["symbols"] == 3


def test_output_for_people(rustybt):
    result = rustybt("data", "check", shared("dirty/injected/08_bad_volume.csv"))
    assert result.returncode == 1
    assert "negative_volume" in result.stdout and "volume is negative (-11340000)" in result.stdout
    assert result.stdout.rstrip().splitlines()[-1].startswith("verdict: not to be trusted")


def test_what_cannot_be_read_is_said(rustybt, check, tmp_path):
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.csv").write_text("date,open,high,low,close,volume\n")
    assert codes_of(check(tmp_path / "notes.csv")) == {"unreadable_file": 1}
    assert codes_of(check(tmp_path / "empty.csv")) == {"empty_file": 1}
    assert rustybt("data", "check", "nowhere.csv").returncode == 7
    assert rustybt("data", "check", "nothing").returncode == 3
    assert rustybt("data", "check", "notes.csv", "--calendar", "XMARS").returncode == 2
