#!/usr/bin/env python3
"""Make the checked-in calendar tables from exchange_calendars 4.13.2.

Writes two files, both checked in:

  rustybt/utils/calendar_tables.cpp   the tables; rustybt/utils/calendar_tables.hpp describes the format
  tests/data/calendar_samples.csv     answers of exchange_calendars, read by rustybt/utils/calendar_utils_test.cpp

Run it after exchange_calendars has been moved to a new version in the lock file:

    .venv/bin/python tools/make_calendars.py            # both files
    .venv/bin/python tools/make_calendars.py --samples  # only the samples

tests/tools/test_calendar_tables.py fails when either file is not what this script makes.
"""

from __future__ import annotations

import argparse
import datetime
import random
import textwrap
import warnings
import zoneinfo
from pathlib import Path

VERSION = "4.13.2"
FIRST = datetime.date(1990, 1, 1)
LAST = datetime.date(2031, 12, 31)
RULES = ("24/5", "24/7")  # written as rules in rustybt/utils/calendar_registry.cpp, not as tables

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "rustybt" / "utils" / "calendar_tables.cpp"
SAMPLES = ROOT / "tests" / "data" / "calendar_samples.csv"

MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9
NO_BREAK = -(2**63)


class Schedule:
    """One calendar's sessions as plain integers: days since 1970 and UTC nanoseconds."""

    def __init__(self, name, factory):
        import pandas as pd

        bound_min, bound_max = factory.bound_min(), factory.bound_max()
        self.name = name
        self.first = max(FIRST, bound_min.date()) if bound_min is not None else FIRST
        self.last = min(LAST, bound_max.date()) if bound_max is not None else LAST
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            calendar = factory(start=pd.Timestamp(self.first), end=pd.Timestamp(self.last), side="right")
        self.time_zone = str(calendar.tz)
        self.week_mask = sum(1 << day for day in range(7) if calendar.weekmask[day] == "1")
        self.days = [int(v) // DAY_NS for v in calendar.sessions_nanos]
        self.opens = [int(v) for v in calendar.opens_nanos]
        self.closes = [int(v) for v in calendar.closes_nanos]
        # pandas' NaT is the smallest int64, as kNoBreak
        self.break_starts = [int(v) for v in calendar.break_starts_nanos]
        self.break_ends = [int(v) for v in calendar.break_ends_nanos]
        early = {int(v) // DAY_NS for v in calendar.early_closes.as_unit("ns").asi8}
        self.early = [day in early for day in self.days]
        self.minute_count = len(calendar.minutes_nanos)
        self.samples = list(sample_lines(self, calendar))  # the calendar itself is let go: its minutes fill memory

    def shapes(self):
        """Per session (open, close[, break start, break end], early), in minutes from the label's UTC midnight."""
        columns = (self.days, self.opens, self.closes, self.break_starts, self.break_ends, self.early)
        for day, *times, early in zip(*columns):
            times = [t for t in times if t != NO_BREAK]
            minutes = [divmod(t - day * DAY_NS, MINUTE_NS) for t in times]
            assert all(rest == 0 for _, rest in minutes), (self.name, day)
            yield (*(m for m, _ in minutes), early)


def load_schedules():
    import exchange_calendars
    from exchange_calendars import calendar_utils

    if exchange_calendars.__version__ != VERSION:
        raise SystemExit(f"exchange_calendars {VERSION} is needed, found {exchange_calendars.__version__}")
    factories = calendar_utils._default_calendar_factories
    schedules = [Schedule(name, factories[name]) for name in sorted(factories)]
    return schedules, dict(calendar_utils._default_calendar_aliases)


# --- tables -------------------------------------------------------------------------------------------------------


def from_days(days):
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=days)


def encode(schedule):
    """Return (shapes text, list of (year, tokens)); the format is described in calendar_tables.hpp."""
    shapes = list(schedule.shapes())
    letters = {}
    for shape in shapes:
        letters.setdefault(shape, chr(ord("a") + len(letters)))
    assert len(letters) <= 26, schedule.name
    shape_text = ";".join(" ".join(map(str, s[:-1])) + (" e" if s[-1] else "") for s in letters)

    events = []  # (day, order, token)
    sessions = set(schedule.days)
    start = (schedule.first - datetime.date(1970, 1, 1)).days
    end = (schedule.last - datetime.date(1970, 1, 1)).days
    for day in range(start, end + 1):
        regular = bool(schedule.week_mask >> ((day + 3) % 7) & 1)
        if regular != (day in sessions):
            events.append((day, 0, ""))
    base = shapes[0]
    for i, (day, shape) in enumerate(zip(schedule.days, shapes)):
        if shape == base:
            continue
        if base in shapes[i + 1 : i + 4]:
            events.append((day, 1, letters[shape].upper()))
        else:
            events.append((day, 1, letters[shape]))
            base = shape
    years = {}
    for day, _, suffix in sorted(events):
        date = from_days(day)
        years.setdefault(date.year, []).append(f"{date:%m%d}{suffix}")
    return shape_text, sorted(years.items())


def tables_text(schedules, aliases):
    out = [
        f"// Made by tools/make_calendars.py from exchange_calendars {VERSION} (Apache-2.0); do not edit.",
        "// tests/tools/test_calendar_tables.py says when it is stale. Format: calendar_tables.hpp.",
        "// clang-format off",
        '#include "rustybt/utils/calendar_tables.hpp"',
        "",
        "namespace rustybt::utils {",
        "namespace {",
        "",
        "constexpr CalendarTable kTables[] = {",
    ]
    for schedule in schedules:
        if schedule.name in RULES:
            continue
        shapes, years = encode(schedule)
        strings = (schedule.name, schedule.time_zone, schedule.first, schedule.last)
        out.append("    {" + ", ".join(f'"{text}"' for text in strings) + f", {schedule.week_mask},")
        out.append(f'     "{shapes}",')
        for year, tokens in years:
            lines = textwrap.wrap(f"{year}: " + " ".join(tokens), 110)
            out.extend(f'     "{line} "' for line in lines)
        if not years:
            out.append('     ""')
        out[-1] += "},"
    out += ["};", "", "constexpr CalendarAlias kAliases[] = {"]
    out += [f'    {{"{alias}", "{aliases[alias]}"}},' for alias in sorted(aliases)]
    out += [
        "};",
        "",
        "}  // namespace",
        "",
        "std::span<const CalendarTable> calendar_tables() { return kTables; }",
        "std::span<const CalendarAlias> calendar_aliases() { return kAliases; }",
        "",
        "}  // namespace rustybt::utils",
        "",
    ]
    return "\n".join(out)


# --- samples ------------------------------------------------------------------------------------------------------

MASK = 2**64 - 1


def fold(hash_, value):
    """One step of FNV-1a over 64-bit words; the C++ test has the same three lines."""
    return ((hash_ ^ (value & MASK)) * 0x100000001B3) & MASK


def schedule_hash(schedule):
    h = 0xCBF29CE484222325
    s = schedule
    for row in zip(s.days, s.opens, s.closes, s.break_starts, s.break_ends, s.early):
        for value in row:
            h = fold(h, int(value))
    return h


def new_york_hash():
    zone = zoneinfo.ZoneInfo("America/New_York")
    h = 0xCBF29CE484222325
    day = datetime.datetime(1967, 1, 1, 0, 30)
    while day.year < 2038:
        for hour in range(24):
            local = day.replace(hour=hour, tzinfo=zone)
            h = fold(h, int(local.timestamp()))
        day += datetime.timedelta(days=1)
    return h


def sample_minutes(schedule):
    """Random minutes, and the minutes around an open, a close and a break."""
    rng = random.Random(schedule.name)
    first, last = schedule.opens[1], schedule.closes[-2]
    minutes = [rng.randrange(first // MINUTE_NS, last // MINUTE_NS) * MINUTE_NS for _ in range(2)]
    i = rng.randrange(1, len(schedule.days) - 1)
    minutes.append(schedule.opens[i] + rng.choice((0, 1)) * MINUTE_NS)
    minutes.append(schedule.closes[i] + rng.choice((-1, 0, 1)) * MINUTE_NS)
    breaks = [k for k, t in enumerate(schedule.break_starts[1:-1], 1) if t != NO_BREAK]
    if breaks:
        k = rng.choice(breaks)
        minutes += [schedule.break_starts[k], schedule.break_starts[k] + MINUTE_NS, schedule.break_ends[k],
                    schedule.break_ends[k] + MINUTE_NS]
    return minutes


def sample_lines(schedule, calendar):
    import pandas as pd

    def text(t):
        return f"{t:%Y-%m-%dT%H:%MZ}"

    for value in sample_minutes(schedule):
        t = pd.Timestamp(value, tz="UTC")
        try:
            inside = str(calendar.minute_to_session(t, "none").date())
        except ValueError:
            inside = ""
        yield ",".join((
            "minute", schedule.name, text(t), str(int(calendar.is_open_on_minute(t))), inside,
            str(calendar.minute_to_session(t, "next").date()), str(calendar.minute_to_session(t, "previous").date()),
            text(calendar.next_open(t)), text(calendar.next_close(t)),
            text(calendar.previous_open(t)), text(calendar.previous_close(t)),
            text(calendar.next_minute(t)), text(calendar.previous_minute(t)),
        ))  # fmt: skip


def samples_text(schedules):
    out = [
        f"# Made by tools/make_calendars.py from exchange_calendars {VERSION}; do not edit.",
        "# calendar,name,time zone,sessions,trading minutes,early closes,hash of all columns",
        "# minute,name,minute,open?,session none,session next,session previous,next open,next close,previous open,"
        "previous close,next minute,previous minute",
        "# new_york,hash of every hour :30 of 1967..2037 as UTC seconds",
        f"new_york,{new_york_hash()}",
    ]
    for s in schedules:
        out.append(f"calendar,{s.name},{s.time_zone},{len(s.days)},{s.minute_count},{sum(s.early)},{schedule_hash(s)}")
    for s in schedules:
        out += s.samples
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", action="store_true", help="write only the samples")
    args = parser.parse_args()
    schedules, aliases = load_schedules()
    files = {SAMPLES: samples_text(schedules)}
    if not args.samples:
        files[TABLES] = tables_text(schedules, aliases)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"{path.relative_to(ROOT)}: {len(text):,} bytes")


if __name__ == "__main__":
    main()
