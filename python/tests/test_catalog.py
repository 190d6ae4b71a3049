"""The catalog from Python: what data there is."""

import hashlib

import pytest

from rustybt import errors
from rustybt.data import bundles, catalog
from rustybt.data.polars.catalog import DataCatalog


def test_it_lists_bundles_symbols_and_files(market):
    found = catalog.DataCatalog(market.root)
    (row,) = found.datasets()
    assert (row["name"], row["assets"], row["daily_rows"], row["splits"], row["quality"]) == ("market", 3, 30, 1, None)
    assert [(r["symbol"], r["frequency"], r["first"], r["last"], r["rows"]) for r in found.ranges("market")] == [
        ("AAA", "1d", "2020-01-02", "2020-01-17", 12),
        ("BBB", "1d", "2020-01-02", "2020-01-17", 12),
        ("CCC", "1d", "2020-01-02", "2020-01-09", 6),
    ]
    assert [r["symbol"] for r in found.ranges(symbol="CCC")] == ["CCC"]
    folder = market.root / "data" / "market" / "versions" / row["version"]
    for file in found.files("market"):
        assert hashlib.sha256((folder / file["path"]).read_bytes()).hexdigest() == file["sha256"]


def test_it_is_an_index_and_is_made_again(tmp_path, bars):
    bundles.write_frames("mine", {"AAA": bars(["1", "2"])}, root=tmp_path)
    before = catalog.DataCatalog(tmp_path).datasets()
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database")
    assert catalog.DataCatalog(tmp_path).datasets() == before
    bundles.write_frames("mine", {"AAA": bars(["1", "2", "3"])}, root=tmp_path)
    assert catalog.DataCatalog(tmp_path).dataset("mine")["daily_rows"] == 3


def test_quality_belongs_to_the_data_that_were_checked(tmp_path, bars):
    bundles.write_frames("mine", {"AAA": bars(["1", "2"])}, root=tmp_path)
    catalog.DataCatalog(tmp_path).record_quality("mine", errors=1, warnings=2, checked_at="2024-01-01T00:00:00")
    expected = {"checked_at": "2024-01-01T00:00:00", "errors": 1, "warnings": 2}
    assert catalog.DataCatalog(tmp_path).dataset("mine")["quality"] == expected
    bundles.write_frames("mine", {"AAA": bars(["1", "2.5"])}, root=tmp_path)
    assert catalog.DataCatalog(tmp_path).dataset("mine")["quality"] is None


def test_an_unknown_bundle_is_named(market):
    with pytest.raises(errors.UnknownBundle, match="'nothing'.*there are: market"):
        catalog.DataCatalog(market.root).files("nothing")


def test_frames_of_polars(market, tmp_path):
    found = DataCatalog(market.root)
    assert found.datasets_frame().select("name", "assets", "errors").rows() == [("market", 3, None)]
    assert found.ranges_frame(symbol="CCC")["rows"].to_list() == [6]
    assert found.files_frame("market").height == len(found.files("market"))
    assert DataCatalog(tmp_path).datasets_frame().height == 0
