"""The wheel in a new environment: command, import and CMake package, away from the source tree.

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


def run(*command, cwd):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    result = subprocess.run([str(c) for c in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """A new environment with the wheel installed."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    run(*pip, "wheel", ROOT, "--no-deps", "--no-build-isolation", "-w", folder, cwd=folder)
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


def test_command_runs(prefix, tmp_path):
    version = (ROOT / "VERSION").read_text().strip()
    assert version in run(prefix / "bin" / "rustybt", "version", cwd=tmp_path)


def test_package_imports_from_the_environment(prefix, tmp_path):
    file = run(prefix / "bin" / "python", "-c", "import rustybt; print(rustybt.__file__)", cwd=tmp_path)
    assert Path(file.strip()).is_relative_to(prefix)


def test_consumer_finds_the_package(prefix, tmp_path):
    (config,) = prefix.glob("lib/python*/site-packages/rustybt/cmake")
    run("cmake", "-S", ROOT / "tests" / "consumer", "-B", tmp_path, f"-Drustybt_DIR={config}", cwd=tmp_path)
    run("cmake", "--build", tmp_path, cwd=tmp_path)
    assert "0.50" in run(tmp_path / "consumer", cwd=tmp_path)
