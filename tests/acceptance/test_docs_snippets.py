"""The documentation's bash blocks run as written, in their order, from an empty folder."""

import datetime
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = Path(os.environ.get("RUSTYBT_EXECUTABLE", ROOT / "build/dev/bin/rustybt"))
FENCE = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_blocks(document, folder):
    """Run all blocks in one shell; returns what they print."""
    if not EXECUTABLE.exists():
        message = f"{EXECUTABLE} is not built"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    blocks = FENCE.findall((ROOT / document).read_text())
    environment = {
        **os.environ,
        "PATH": f"{EXECUTABLE.parent}:{os.environ['PATH']}",
        "RUSTYBT_ROOT": str(folder / "root"),
        "NO_COLOR": "1",
    }
    environment.pop("PYTHONPATH", None)
    result = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", "\n".join(blocks)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    return result


def write_prices(file, first, last):
    """Bars on the week days of a stretch without holidays."""
    day, rows = datetime.date.fromisoformat(first), ["date,open,high,low,close,volume"]
    while day <= datetime.date.fromisoformat(last):
        if day.weekday() < 5:
            price = 50 + len(rows)  # rises, so the short average is above the long one
            rows.append(f"{day},{price},{price},{price},{price},90000")
        day += datetime.timedelta(days=1)
    file.write_text("\n".join(rows) + "\n")


def test_readme(tmp_path):
    """On files of which no assumption is made: the strategy's symbol begins after the others and ends before them."""
    (strategy,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "average.py").write_text(strategy)
    (tmp_path / "prices").mkdir()
    write_prices(tmp_path / "prices" / "ABC.csv", "2023-07-10", "2023-08-25")
    write_prices(tmp_path / "prices" / "XYZ.csv", "2023-07-05", "2023-09-01")
    result = run_blocks("README.md", tmp_path)
    assert "bundle mine: 2 assets, 78 daily and 0 minute bars" in result.stdout
    assert "average.py on bundle mine: 2023-07-05 to 2023-09-01, 43 sessions, daily bars" in result.stdout
    assert re.search(r"Orders +1$", result.stdout, re.MULTILINE)
    assert (tmp_path / "average.html").stat().st_size < 500_000


def test_data(tmp_path):
    result = run_blocks("docs/data.md", tmp_path)
    assert "refused, nothing has changed" in result.stdout and "there are errors" in result.stdout
    assert "bundle mine: 1 assets, 4 daily and 0 minute bars" in result.stdout
    assert "5 bars, 1 split" in result.stdout
    assert "2024-07-05,ABC,10.25,10.90,10.20,10.55,263500" in result.stdout  # the week of Monday to Wednesday and a holiday
    assert re.search(r"2024-07-03 ┆ 10\.55", result.stdout)


def test_getting_started(tmp_path):
    result = run_blocks("docs/getting_started.md", tmp_path)
    # what the page says about its own snippets
    assert "bundle mine: 2 assets, 114 daily and 0 minute bars" in result.stdout
    assert "average.py on bundle mine: 2023-10-03 to 2023-11-22, 37 sessions, daily bars" in result.stdout
    assert "average.cpp on bundle mine: 2023-10-03 to 2023-11-22, 37 sessions, daily bars" in result.stdout
    assert "status 3" in result.stdout
    assert "error 2101 SymbolNotFound: Symbol 'ABD' was not found." in result.stderr
    assert (tmp_path / "average.html").stat().st_size < 500_000
    assert (tmp_path / "average_tables" / "transactions.parquet").exists()
    assert (tmp_path / "results" / "report.html").exists()
    # the strategy in C++ does the same
    summaries = re.findall(r"Total return +(\S+) %", result.stdout)
    assert len(summaries) == 2
    assert summaries[0] == summaries[1]
