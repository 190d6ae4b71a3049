"""The wheel in a new environment, away from the source tree: command, import, strategies in both languages, CMake package.

Built without network: the build tools are those of this environment, and numpy and pyarrow are linked into the new one.
"""

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PYTHON_STRATEGY = """\
from rustybt.api import order, symbol

def initialize(context):
    context.asset = symbol("SYN001")
    context.bought = False

def handle_data(context, data):
    if not context.bought:
        order(context.asset, 100)
        context.bought = True
"""
CPP_STRATEGY = """\
#include "rustybt/algorithm/strategy.hpp"

struct BuyOnce : rustybt::Strategy {
  void handle_data(rustybt::Context& context, rustybt::BarData&) override {
    if (!bought_) context.order(context.symbol("SYN001"), 100);
    bought_ = true;
  }
  bool bought_ = false;
};
RUSTYBT_STRATEGY(BuyOnce)
"""


def run(*command, cwd, **environment):
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "RUSTYBT_PYTHON")}
    result = subprocess.run(
        [str(c) for c in command], cwd=cwd, env={**inherited, **environment}, capture_output=True, text=True
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """A new environment with the wheel installed."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    # the compiler by the name that the build of `make` calls it, so that ccache has its objects
    wheel_of = (*pip, "wheel", ROOT, "--no-deps", "--no-build-isolation", "-w", folder)
    run(*wheel_of, cwd=folder, CC=os.environ.get("CC", "cc"), CXX=os.environ.get("CXX", "c++"))
    (wheel,) = folder.glob("rustybt-*.whl")
    prefix = folder / "venv"
    venv.create(prefix)
    packages = Path(sysconfig.get_path("purelib", vars={"base": prefix, "platbase": prefix}))
    run(*pip, "--python", prefix / "bin" / "python", "install", "--no-deps", wheel, cwd=folder)
    for name in ("numpy", "pyarrow"):
        source = Path(importlib.util.find_spec(name).origin).parent
        for path in (source, source.with_name(f"{name}.libs")):
            if path.exists():
                (packages / path.name).symlink_to(path)
    return prefix


@pytest.fixture(scope="module")
def data(prefix, tmp_path_factory):
    """A data root of its own with the demo's invented market, made by `python -m rustybt demo`."""
    folder = tmp_path_factory.mktemp("data")
    run(prefix / "bin" / "python", "-m", "rustybt", "demo", cwd=folder, RUSTYBT_ROOT=str(folder / "root"))
    return folder / "root"


def test_command_runs(prefix, tmp_path):
    version = (ROOT / "VERSION").read_text().strip()
    assert version in run(prefix / "bin" / "rustybt", "version", cwd=tmp_path)


def test_package_imports_from_the_environment(prefix, tmp_path):
    file = run(prefix / "bin" / "python", "-c", "import rustybt; print(rustybt.__file__)", cwd=tmp_path)
    assert Path(file.strip()).is_relative_to(prefix)


def test_strategies_in_both_languages_give_the_same_run(prefix, data, tmp_path):
    (tmp_path / "strategy.py").write_text(PYTHON_STRATEGY)
    (tmp_path / "strategy.cpp").write_text(CPP_STRATEGY)
    for name in ("py", "cpp"):
        out = tmp_path / name
        run(
            *(prefix / "bin" / "rustybt", "run", f"strategy.{name}", "--bundle", "demo", "--output", out),
            *("--report", tmp_path / f"{name}.html"),
            cwd=tmp_path,
            RUSTYBT_ROOT=str(data),
        )
        assert (tmp_path / f"{name}.html").stat().st_size > 10_000
    tables = sorted(p.name for p in (tmp_path / "py").glob("*.parquet"))
    assert "transactions.parquet" in tables
    for table in tables:
        assert (tmp_path / "py" / table).read_bytes() == (tmp_path / "cpp" / table).read_bytes(), table


def test_consumer_finds_the_package(prefix, tmp_path):
    (config,) = prefix.glob("lib/python*/site-packages/rustybt/cmake")
    run("cmake", "-S", ROOT / "tests" / "consumer", "-B", tmp_path / "build", f"-Drustybt_DIR={config}", cwd=tmp_path)
    run("cmake", "--build", tmp_path / "build", cwd=tmp_path)
    assert "final value 100025" in run(tmp_path / "build" / "consumer", tmp_path / "bundles", cwd=tmp_path)
