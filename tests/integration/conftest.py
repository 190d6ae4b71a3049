"""The built `rustybt` command, with data of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = Path(os.environ.get("RUSTYBT_EXECUTABLE", ROOT / "build/dev/bin/rustybt"))


class Command:
    """Runs `rustybt` in a folder with a data root of its own."""

    def __init__(self, folder: Path, data: Path):
        self.folder = folder
        self.environment = {**os.environ, "RUSTYBT_ROOT": str(data), "NO_COLOR": "1"}

    def __call__(self, *words, stdin=None, **environment):
        return subprocess.run(
            [str(EXECUTABLE), *(str(word) for word in words)],
            cwd=self.folder,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def ok(self, *words, **environment):
        result = self(*words, **environment)
        assert result.returncode == 0, f"{words}\n{result.stdout}\n{result.stderr}"
        return result


@pytest.fixture(scope="session")
def executable():
    if not EXECUTABLE.exists():
        message = f"{EXECUTABLE} is not built"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return EXECUTABLE


@pytest.fixture
def rustybt(executable, tmp_path):
    """A command in an empty folder, with an empty data root."""
    return Command(tmp_path, tmp_path / "root")


@pytest.fixture(scope="session")
def invented_market(executable, tmp_path_factory):
    """A data root with the bundle `market`: SYN001..SYN004 and MARKET, 2020 and 2021; SYN004 is delisted in 2021."""
    folder = tmp_path_factory.mktemp("market")
    Command(folder, folder / "root").ok(
        *("ingest", "synthetic", "--assets", 4, "--first", "2020-01-01", "--last", "2021-12-31", "--name", "market"),
    )
    return folder / "root"


@pytest.fixture
def market(invented_market, tmp_path):
    """A command in an empty folder, on the invented market."""
    return Command(tmp_path, invented_market)


@pytest.fixture(scope="session")
def invented_minutes(executable, tmp_path_factory):
    """aaa.csv, AAA by the minute on the seven sessions from 2020-06-24 on, and a data root with the bundle `minutes` of it."""
    folder = tmp_path_factory.mktemp("minutes")
    random, price, lines = np.random.default_rng(5), 100.0, ["date,open,high,low,close,volume"]
    for day in ("2020-06-24", "2020-06-25", "2020-06-26", "2020-06-29", "2020-06-30", "2020-07-01", "2020-07-02"):
        for minute in range(571, 961):  # 09:31 to 16:00 in New York
            last, price = price, round(price * float(np.exp(random.normal(0, 0.002))), 2)
            high, low = max(last, price), min(last, price)
            lines.append(f"{day} {minute // 60:02}:{minute % 60:02},{last:.2f},{high:.2f},{low:.2f},{price:.2f},10000")
    (folder / "aaa.csv").write_text("\n".join(lines) + "\n")
    Command(folder, folder / "root").ok("ingest", "aaa.csv", "--name", "minutes", "--timezone", "America/New_York")
    return folder


@pytest.fixture
def minute_market(invented_minutes, tmp_path):
    """A command in a folder with aaa.csv, on its bundle `minutes`."""
    shutil.copy(invented_minutes / "aaa.csv", tmp_path)
    return Command(tmp_path, invented_minutes / "root")
