"""`rustybt ingest` from web sources and `rustybt keys`, with servers on loopback."""

import json
import ssl
import stat
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CHART = {
    "chart": {
        "result": [
            {
                "meta": {"gmtoffset": -18000, "longName": "X Inc.", "fullExchangeName": "NasdaqGS"},
                "timestamp": [1577975400, 1578061800],
                "events": {"dividends": {"1578061800": {"amount": 0.205, "date": 1578061800}}},
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


class Server(ThreadingHTTPServer):
    """Answers GET requests by `answer(path, headers) -> (status, body)`."""

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.paths = []
        self.scheme = "http"
        self.thread = threading.Thread(target=self.serve_forever)

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.paths.append(self.path)
        status, body = self.server.answer(self.path, self.headers)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


YAHOO = ("ingest", "yfinance", "--symbols", "X", "--start", "2020-01-02", "--end", "2020-01-03", "--name", "web")
POLYGON = ("ingest", "polygon", "--symbols", "X", "--start", "2020-01-02", "--end", "2020-01-03", "--name", "web")


def everything(rustybt, *results):
    """All that the commands printed and left in files."""
    text = "".join(r.stdout + r.stderr for r in results).encode()
    for path in rustybt.folder.rglob("*"):
        if path.is_file():
            text += path.read_bytes()
    return text


def test_a_bundle_from_the_web(rustybt):
    with Server(lambda path, headers: (200, CHART)) as server:
        result = rustybt.ok(*YAHOO, "--base-url", server.url)
    assert "yfinance: daily bars of X, 2020-01-02 to 2020-01-03, as traded" in result.stdout
    assert "bundle web: 1 assets, 2 daily and 0 minute bars, 0 splits, 1 dividends" in result.stdout
    listed = json.loads(rustybt.ok("data", "list", "web", "--json").stdout)
    assert listed["symbols"][0]["exchange"] == "NasdaqGS"
    rustybt.ok("data", "check", "web")


def test_a_repeated_ingest_is_served_from_the_cache(rustybt):
    with Server(lambda path, headers: (200, CHART)) as server:
        for _ in range(2):
            rustybt.ok(*YAHOO, "--base-url", server.url)
        assert len(server.paths) == 1
        shown = rustybt.ok("data", "cache")
        assert "yfinance" in shown.stdout and "X 1d 2020-01-02 to 2020-01-03" in shown.stdout
        kept = json.loads(rustybt.ok("data", "cache", "--json").stdout)
        assert (len(kept["entries"]), kept["hits"], kept["limit"]) == (1, 1, 10 * 2**30)
        assert kept["bytes"] == kept["entries"][0]["bytes"] == len(json.dumps(CHART))
        rustybt.ok(*YAHOO, "--base-url", server.url, "--freshness", "always")
        assert len(server.paths) == 2
        assert json.loads(rustybt.ok("data", "cache", "--limit", "100kB", "--json").stdout)["limit"] == 100_000
        assert json.loads(rustybt.ok("data", "cache", "--clear", "--json").stdout)["entries"] == []
        rustybt.ok(*YAHOO, "--base-url", server.url)
        assert len(server.paths) == 3
    refused = rustybt("data", "cache", "--limit", "much")
    assert refused.returncode != 0 and "500MB" in refused.stderr


def test_a_dry_run_asks_nobody(rustybt):
    with Server(lambda path, headers: (500, {})) as server:
        rustybt.ok(*YAHOO, "--base-url", server.url, "--dry-run")
        assert server.paths == []


def test_a_key_goes_to_its_source_and_nowhere_else(rustybt):
    key = "pk-5ecret/value"
    seen = []

    def answer(path, headers):
        seen.append(headers["Authorization"])
        return 403, {"status": "NOT_AUTHORIZED", "message": f"the key {key} is not entitled"}

    phrase = {"RUSTYBT_PASSPHRASE": "correct horse"}
    stored = rustybt("keys", "set", "POLYGON_API_KEY", stdin=key + "\n", **phrase)
    assert stored.returncode == 0, stored.stderr
    with Server(answer) as server:
        refused = rustybt(*POLYGON, "--base-url", server.url, **phrase)
        as_json = rustybt(*POLYGON, "--base-url", server.url, "--json", **phrase)
        from_environment = rustybt(*POLYGON, "--base-url", server.url, POLYGON_API_KEY="env-5ecret")
        given = rustybt(*POLYGON, "--base-url", server.url, "--api-key", "arg-5ecret", POLYGON_API_KEY="env-5ecret")
    assert [r.returncode for r in (refused, as_json, from_environment, given)] == [6, 6, 6, 6]
    assert "error 5004 SourceRefused" in refused.stderr and "the key *** is not entitled" in refused.stderr
    assert seen == [f"Bearer {k}" for k in (key, key, "env-5ecret", "arg-5ecret")]
    left = everything(rustybt, stored, refused, as_json)
    for secret in (key, "5ecret", "correct horse"):
        assert secret.encode() not in left
    assert b"arg-5ecret" not in everything(rustybt, given) and b"env-5ecret" not in everything(rustybt, from_environment)


def test_keys_are_listed_and_removed_with_the_right_passphrase_only(rustybt):
    def set_key(name, value, phrase):
        return rustybt("keys", "set", name, stdin=value, RUSTYBT_PASSPHRASE=phrase)

    assert set_key("B_KEY", "2", "right").returncode == 0
    assert set_key("A_KEY", "1", "right").returncode == 0
    file = rustybt.folder / "root" / "credentials"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = json.loads(rustybt.ok("keys", "list", "--json", RUSTYBT_PASSPHRASE="right").stdout)
    assert listed == {"keys": ["A_KEY", "B_KEY"]}
    wrong = rustybt("keys", "list", RUSTYBT_PASSPHRASE="wrong")
    assert wrong.returncode == 6 and "WrongPassphrase" in wrong.stderr
    rustybt.ok("keys", "remove", "A_KEY", RUSTYBT_PASSPHRASE="right")
    assert rustybt.ok("keys", "list", RUSTYBT_PASSPHRASE="right").stdout == "B_KEY\n"
    assert rustybt("keys", "remove", "A_KEY", RUSTYBT_PASSPHRASE="right").returncode == 6
    assert set_key("C_KEY", "", "right").returncode == 2


def test_a_missing_key_says_where_to_put_it(rustybt):
    result = rustybt(*POLYGON, "--base-url", "http://127.0.0.1:1", POLYGON_API_KEY="")
    assert result.returncode == 6
    assert "rustybt keys set POLYGON_API_KEY" in result.stderr


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=somebody else"]
        + ["-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        capture_output=True,
    )
    assert made.returncode == 0, made.stderr
    return folder


def test_a_self_signed_certificate_is_refused_until_it_is_trusted(rustybt, certificate):
    with Server(lambda path, headers: (200, CHART)) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.scheme = "https"
        refused = rustybt(*YAHOO, "--base-url", server.url)
        assert refused.returncode == 6
        assert "TlsFailed" in refused.stderr and "self-signed certificate" in refused.stderr
        assert server.paths == []
        rustybt.ok(*YAHOO, "--base-url", server.url, SSL_CERT_FILE=str(certificate / "cert.pem"))
        wrong_name = server.url.replace("127.0.0.1", "localhost")
        named = rustybt(*YAHOO, "--base-url", wrong_name, SSL_CERT_FILE=str(certificate / "cert.pem"))
        assert named.returncode == 6 and "TlsFailed" in named.stderr


def test_plain_http_to_another_machine_is_refused(rustybt):
    result = rustybt(*YAHOO, "--base-url", "http://192.0.2.1")
    assert result.returncode == 2 and "plain http" in result.stderr
