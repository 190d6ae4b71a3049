#!/usr/bin/env python3
"""Check every #include of the rooms against cmake/RoomList.cmake.

A room may include its own headers and those of the rooms it uses, transitively; never a sub-room of its own. Third-party
headers that are heavy belong into .cpp files only. Prints `file:line: include: rule` for each violation, exit status 1.
"""

import argparse
import re
import sys
from pathlib import Path

ROOM_CALL = re.compile(r"^rustybt_room\(\s*([a-z_/]+)([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]')
HEAVY = (
    *("arrow/", "parquet/", "sqlite3.h", "openssl/", "CLI/", "fmt/", "nanobind/"),
    *("spdlog/", "boost/", "nlohmann/", "Python.h"),
)
ANYWHERE = {"rustybt/version.hpp"}  # generated


def read_rooms(room_list: Path) -> dict[str, set[str]]:
    """Return for each room the set of rooms it may include, transitively, without itself."""
    uses: dict[str, set[str]] = {}
    for name, arguments in ROOM_CALL.findall(re.sub(r"#.*", "", room_list.read_text())):
        words = arguments.split()
        direct = []
        if "USES" in words:
            for word in words[words.index("USES") + 1 :]:
                if word.isupper():
                    break
                direct.append(word)
        for room in direct:
            if room not in uses:
                raise SystemExit(f"{room_list}: room {name} uses {room}, which is not listed before it")
        uses[name] = set(direct).union(*(uses[room] for room in direct))
    return uses


def room_of(path: str, rooms: dict[str, set[str]]) -> str | None:
    """Return the room that owns rustybt/...: the longest listed folder that holds it."""
    parts = path.split("/")[1:-1]
    for length in range(len(parts), 0, -1):
        name = "/".join(parts[:length])
        if name in rooms:
            return name
    return None


def violations(root: Path) -> list[str]:
    rooms = read_rooms(root / "cmake" / "RoomList.cmake")
    found = []
    for file in sorted([*root.glob("rustybt/**/*.hpp"), *root.glob("rustybt/**/*.cpp")]):
        path = file.relative_to(root).as_posix()
        room = room_of(path, rooms)
        if room is None:
            found.append(f"{path}:1: belongs to no room of cmake/RoomList.cmake")
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            header = match.group(1)
            where = f'{path}:{number}: #include "{header}": '
            if header.startswith(HEAVY) and file.suffix == ".hpp":
                found.append(where + "heavy third-party headers belong into .cpp files")
            if not header.startswith("rustybt/") or header in ANYWHERE:
                continue
            target = room_of(header, rooms)
            if target is None:
                found.append(where + "no such room")
            elif target.startswith(room + "/"):
                found.append(where + f"room {room} may not include its sub-room {target}")
            elif target != room and target not in rooms[room]:
                allowed = ", ".join(sorted(rooms[room])) or "no other room"
                found.append(where + f"room {room} may not use {target}; it may use: {allowed}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help="repository root")
    found = violations(parser.parse_args().root)
    print("\n".join(found) if found else "check_rooms: every include is allowed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
