"""The built `rustybt` command, with data of its own."""

import os
import subprocess
from pathlib import Path

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
