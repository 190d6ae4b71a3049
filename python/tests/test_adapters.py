"""Adapters: one's own in Python, the core's against a server on loopback, discovery of installed ones."""

import json
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import rustybt
from rustybt.data.adapters import BaseDataAdapter, CSVAdapter, PolygonAdapter, YFinanceAdapter, registry
from rustybt.data.bundles import load
from rustybt.errors import EmptyData, InvalidArgument, MissingColumn, MissingKey, SourceRefused, SymbolNotFound

CHART = {
    "chart": {
        "result": [
            {
                "meta": {"gmtoffset": -18000, "longName": "X Inc.", "fullExchangeName": "NasdaqGS"},
                "timestamp": [1577975400, 1578061800],
                "events": {"splits": {"1578061800": {"date": 1578061800, "numerator": 4, "denominator": 1}}},
                "indicators": {
                    "quote": [
                        {
                            "open": [74.05999755859375, 74.25],
                            "high": [75.1500015258789, 75.25],
                            "low": [73.79750061035156, 74.125],
                            "close": [75.0875015258789, 74.5],
                            "volume": [135480400, 146322800],
                        }
                    ]
                },
            }
        ],
        "error": None,
    }
}


@pytest.fixture
def server():
    """A server whose `answer(path, headers)` gives (status, body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = self.server.answer(self.path, self.headers)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Rows(BaseDataAdapter):
    name = "rows"

    def fetch(self, symbols, start, end, frequency):
        return {
            symbol: {
                "date": ["2020-01-02", "2020-01-03"],
                "open": ["10.10", "10.2"],
                "high": ["11", "11"],
                "low": ["10", "10"],
                "close": [Decimal("10.55"), Decimal("10.6")],
                "volume": [100, 200],
            }
            for symbol in symbols
        }

    def actions(self, symbols, start, end):
        return {"splits": [{"symbol": symbols[0], "effective_date": "2020-01-03", "ratio": 0.5}]}


def test_an_adapter_of_ones_own_makes_a_bundle(tmp_path):
    info = Rows().ingest("mine", ["A", "B"], "2020-01-02", "2020-01-03", root=tmp_path)
    assert (info["assets"], info["daily_rows"], info["splits"]) == (2, 4, 1)
    assert info["source"] == "rows daily A, B 2020-01-02 to 2020-01-03"
    assert load("mine", root=tmp_path).info["data_hash"] == info["data_hash"]


def test_frames_that_cannot_be_ingested_are_refused():
    class Broken(Rows):
        def fetch(self, *_):
            return {"A": {"date": ["2020-01-02"], "close": [1]}}

    class Empty(Rows):
        def fetch(self, *_):
            return {}

    with pytest.raises(MissingColumn, match="rows A: no column open, high, low, volume; found date, close"):
        Broken().load("A", "2020-01-02", "2020-01-03")
    with pytest.raises(EmptyData):
        Empty().load("A", "2020-01-02", "2020-01-03")
    with pytest.raises(InvalidArgument, match="bundles hold daily and minute bars"):
        Rows().load("A", "2020-01-02", "2020-01-03", "1h")


def test_calls_are_paced_and_repeated(monkeypatch):
    slept = []
    monkeypatch.setattr("rustybt.data.adapters.base.time.sleep", slept.append)
    monkeypatch.setattr("rustybt.data.adapters.base.time.monotonic", lambda: 0.0)
    failures = [ConnectionError("a"), TimeoutError("b")]

    def ask(word):
        if failures:
            raise failures.pop(0)
        return word

    assert Rows().call(ask, "x") == "x"
    waits = [s for s in slept if s >= 0.8]
    assert 0.8 <= waits[0] <= 1.2 and 1.6 <= waits[1] <= 2.4
    assert [s for s in slept if s < 0.8] == [0.1, 0.2]  # ten requests per second
    with pytest.raises(ValueError):
        Rows().call(int, "x")


def test_yahoo_bars_are_exact_and_as_traded(server, tmp_path):
    paths = []

    def answer(path, headers):
        paths.append(path)
        return 200, CHART

    server.answer = answer
    adapter = YFinanceAdapter(root=tmp_path, base_url=server.url)
    bars = adapter.fetch(["X"], "2020-01-02", "2020-01-03", "daily")["X"].to_arrow()
    assert bars["open"].to_pylist() == [Decimal("296.24"), Decimal("74.25")]
    assert bars["low"].to_pylist() == [Decimal("295.19"), Decimal("74.125")]
    assert bars["volume"].to_pylist() == [33870100, 146322800]
    info = adapter.ingest("web", "X", "2020-01-02", "2020-01-03", root=tmp_path)
    assert (info["daily_rows"], info["splits"]) == (2, 1)
    assert paths[0].startswith("/v8/finance/chart/X?interval=1d")
    assert load("web", root=tmp_path).asset_finder.lookup_symbol("X", None).asset_name == "X Inc."


def test_a_refusal_never_shows_the_key(server, tmp_path, monkeypatch):
    server.answer = lambda path, headers: (403, {"status": "ERROR", "error": f"bad {headers['Authorization']}"})
    monkeypatch.setenv("POLYGON_API_KEY", "pk-secret-1")
    with pytest.raises(SourceRefused) as refused:
        PolygonAdapter(base_url=server.url).ingest("web", "X", "2020-01-02", "2020-01-03", root=tmp_path)
    assert "bad Bearer ***" in str(refused.value)
    assert "pk-secret-1" not in repr(refused.value) + refused.value.hint + str(refused.value.context)
    monkeypatch.delenv("POLYGON_API_KEY")
    with pytest.raises(MissingKey, match="none named POLYGON_API_KEY"):
        PolygonAdapter(base_url=server.url).ingest("web", "X", "2020-01-02", "2020-01-03", root=tmp_path)


def test_csv_files_are_an_adapter_too(tmp_path):
    (tmp_path / "a.csv").write_text("date,open,high,low,close,volume\n2020-01-02,1.10,1.2,1,1.15,10\n")
    adapter = CSVAdapter(tmp_path / "a.csv")
    assert adapter.fetch("A")["A"].to_arrow()["open"].to_pylist() == [Decimal("1.10")]
    with pytest.raises(SymbolNotFound, match="has no B; it has A"):
        adapter.fetch(["B"])
    assert adapter.ingest("csv", root=tmp_path / "root")["daily_rows"] == 1


def test_the_registry_has_the_cores_and_registered_ones():
    registry.register(Rows)
    try:
        assert registry.get("rows") is Rows
        assert {"csv", "yfinance", "polygon", "alpaca", "alphavantage", "rows"} <= set(registry.list_adapters())
        assert registry.get("yfinance") is YFinanceAdapter
        with pytest.raises(InvalidArgument, match="registered already"):
            registry.register(type("Other", (Rows,), {}))
        with pytest.raises(InvalidArgument, match="registered already"):
            registry.register(Rows, "csv")
    finally:
        registry.unregister("rows")
    with pytest.raises(InvalidArgument, match="there are alpaca"):
        registry.get("rows")
    with pytest.raises(InvalidArgument):
        registry.register(object)


def test_installed_packages_are_discovered(tmp_path, monkeypatch):
    (tmp_path / "adapter_package.py").write_text(
        "from rustybt.data.adapters import BaseDataAdapter\n"
        "class Found(BaseDataAdapter):\n"
        "    name = 'found'\n"
        "    def fetch(self, symbols, start, end, frequency): return {}\n"
    )
    info = tmp_path / "adapter_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: adapter-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[rustybt.data_adapters]\nfound = adapter_package:Found\nbroken = adapter_package:Missing\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(UserWarning, match="the adapter broken .* cannot be used"):
        found = registry.discover()
    try:
        assert found["found"].__module__ == "adapter_package"
    finally:
        registry.unregister("found")
        sys.modules.pop("adapter_package", None)


def test_the_package_names_its_adapters():
    assert rustybt.data.adapters.registry is registry
