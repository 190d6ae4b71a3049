"""The room check finds what it is there for."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "check_rooms.py"
ROOMS = """
rustybt_room(core)
rustybt_room(utils USES core)
rustybt_room(finance USES utils LINKS Some::lib)
rustybt_room(data USES utils)
rustybt_room(data/adapters USES data)
"""


def check(root, files):
    (root / "cmake").mkdir()
    (root / "cmake" / "RoomList.cmake").write_text(ROOMS)
    for name, text in files.items():
        file = root / "rustybt" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    result = subprocess.run([sys.executable, SCRIPT, "--root", root], capture_output=True, text=True)
    return result.returncode, result.stdout


@pytest.mark.parametrize(
    ("file", "include"),
    [
        ("finance/order.hpp", "rustybt/core/money.hpp"),  # through utils
        ("finance/decimal/ledger.cpp", "rustybt/finance/order.hpp"),  # a sub-folder that is no room
        ("finance/order.cpp", "rustybt/finance/decimal/ledger.hpp"),
        ("data/adapters/csv.cpp", "rustybt/data/portal.hpp"),
        ("core/money.hpp", "rustybt/version.hpp"),
    ],
)
def test_allowed(tmp_path, file, include):
    status, output = check(tmp_path, {file: f'#include "{include}"\n'})
    assert (status, output) == (0, "check_rooms: every include is allowed\n")


@pytest.mark.parametrize(
    ("file", "include", "rule"),
    [
        ("core/money.hpp", "rustybt/utils/x.hpp", "room core may not use utils; it may use: no other room"),
        ("finance/decimal/ledger.cpp", "rustybt/data/x.hpp", "room finance may not use data; it may use: core, utils"),
        ("data/portal.cpp", "rustybt/data/adapters/csv.hpp", "room data may not include its sub-room data/adapters"),
        ("data/portal.cpp", "rustybt/network/x.hpp", "no such room"),
        ("data/portal.hpp", "arrow/api.h", "heavy third-party headers belong into .cpp files"),
    ],
)
def test_violation_is_named_with_file_line_and_rule(tmp_path, file, include, rule):
    status, output = check(tmp_path, {file: f'#pragma once\n#include "{include}"\n'})
    assert (status, output) == (1, f'rustybt/{file}:2: #include "{include}": {rule}\n')


def test_this_repository():
    result = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
