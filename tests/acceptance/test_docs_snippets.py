"""The documentation's bash blocks run as written, in their order, from an empty folder."""

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
    blocks = FENCE.findall((ROOT / "docs" / document).read_text())
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


def test_getting_started(tmp_path):
    result = run_blocks("getting_started.md", tmp_path)
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
