"""Defects of every kind, put into clean bars: what `rustybt data check` must find, and where."""

import datetime as dt

HEADER = ["date", "open", "high", "low", "close", "volume"]
PRICES = range(1, 5)


class Injected:
    """Rows with one defect; `expected` holds (row or rows, severity); `date` is the missing session's."""

    def __init__(self, rows, *expected, dates=None, change=lambda text: text):
        self.rows, self.expected, self.dates, self.change = rows, expected, dates, change

    def text(self):
        return self.change("".join(",".join(row) + "\n" for row in [HEADER, *self.rows]))


def _scaled(row, factor):
    return [row[0], *(f"{float(row[c]) * factor:.4f}" for c in PRICES), *row[5:]]


def _day(row):
    return dt.date.fromisoformat(row[0])


def duplicate(rows, i, random):
    return Injected([*rows[: i + 1], rows[i], *rows[i + 1 :]], (i + 1, "error"))


def conflicting_duplicate(rows, i, random):
    other = [*rows[i][:5], str(int(float(rows[i][5])) + 1)]
    return Injected([*rows[: i + 1], other, *rows[i + 1 :]], (i + 1, "error"))


def missing_sessions(rows, i, random):
    count = random.randint(1, 7)
    gone = [row[0] for row in rows[i : i + count]]
    return Injected(rows[:i] + rows[i + count :], (i, "error"), dates=gone)


def no_number(rows, i, random):
    rows[i][random.randint(1, 5)] = random.choice(["", "NaN", "null", "N/A", "inf", "-inf", "abc", "#VALUE!", "None"])
    return Injected(rows, (i, "error"))


def empty_row(rows, i, random):
    rows[i][1:] = [""] * 5
    return Injected(rows, (i, "error"))


def zero_price(rows, i, random):
    rows[i][random.choice(PRICES)] = "0"
    return Injected(rows, (i, "error"))


def negative_price(rows, i, random):
    column = random.choice(PRICES)
    rows[i][column] = "-" + rows[i][column]
    return Injected(rows, (i, "error"))


def spike(rows, i, random):
    rows[i] = _scaled(rows[i], random.choice([10, 0.1, 100, 0.01, 1000, 2, 0.5, 3]))
    return Injected(rows, (i, "error"))


def neighbouring_spikes(rows, i, random):
    rows[i], rows[i + 1] = _scaled(rows[i], 10), _scaled(rows[i + 1], 0.1)
    return Injected(rows, (i, "error"), (i + 1, "error"))


def spike_at_an_end(rows, i, random):
    at = random.choice([0, len(rows) - 1])
    rows[at] = _scaled(rows[at], random.choice([10, 0.1, 100]))
    return Injected(rows, (at, "error"))


def spike_of_one_price(rows, i, random):
    column = random.choice([3, 4])
    rows[i][column] = f"{float(rows[i][column]) * (0.1 if column == 3 else 10):.4f}"
    return Injected(rows, (i, "error"))


def wick(rows, i, random):
    prices = [float(rows[i][c]) for c in PRICES]
    if random.random() < 0.5:
        rows[i][2] = f"{max(prices) * 1.4:.4f}"
    else:
        rows[i][3] = f"{min(prices) * 0.62:.4f}"
    return Injected(rows, (i, "warning"))


def high_and_low_swapped(rows, i, random):
    rows[i][2], rows[i][3] = f"{float(rows[i][3]) * 0.999:.4f}", rows[i][2]
    return Injected(rows, (i, "error"))


def price_outside_the_range(rows, i, random):
    if random.random() < 0.5:
        rows[i][1] = f"{float(rows[i][2]) * 1.02:.4f}"
    else:
        rows[i][4] = f"{float(rows[i][3]) * 0.98:.4f}"
    return Injected(rows, (i, "error"))


def negative_volume(rows, i, random):
    rows[i][5] = "-" + rows[i][5]
    return Injected(rows, (i, "error"))


def odd_volume(rows, i, random):
    volume = int(float(rows[i][5]))
    rows[i][5] = random.choice(["0", str(volume * 1000), str(volume // 1000), f"{volume}.5"])
    return Injected(rows, (i, "warning"))


def saturday(rows, i, random):
    day = _day(rows[i]) + dt.timedelta(5 - _day(rows[i]).weekday())
    at = next(k for k, row in enumerate(rows) if row[0] > str(day))
    return Injected([*rows[:at], [str(day), *rows[at - 1][1:]], *rows[at:]], (at, "error"))


def far_future(rows, i, random):
    return Injected([*rows, ["2035-01-02", *rows[-1][1:]]], (len(rows), "error"))


def moved_row(rows, i, random):
    at = i + 20 if i + 20 < len(rows) else i - 10
    row = rows.pop(i)
    rows.insert(at, row)
    return Injected(rows, (at, "error"))


def swapped_rows(rows, i, random):
    rows[i], rows[i + 1] = rows[i + 1], rows[i]
    return Injected(rows, ((i, i + 1), "error"))


def stale_rows(rows, i, random):
    count = random.randint(1, 4)
    for k in range(1, count + 1):
        rows[i + k][1:] = rows[i][1:]
    return Injected(rows, *((i + k, "warning") for k in range(1, count + 1)))


def cut_off(rows, i, random):
    lost = random.randint(3, 8)
    return Injected(rows, (len(rows) - 1, "error"), change=lambda text: text[: text.rstrip().rindex(",") - lost])


def stray_cell(rows, i, random):
    if random.random() < 0.5:
        rows[i].insert(3, "1")
    else:
        del rows[i][3]
    return Injected(rows, (i, "error"))


def split_taken_back(rows, i, random):
    factor = random.choice([0.5, 1 / 7, 1 / 3, 0.1, 2, 7])
    count = min(random.randint(2, 20), len(rows) - 12 - i)
    for k in range(i, i + count):
        rows[k] = _scaled(rows[k], factor)
    return Injected(rows, *((k, "error") for k in range(i, i + count)))


def cents(rows, i, random):
    return Injected(rows[:i] + [_scaled(row, 100) for row in rows[i:]], (i, "error"))


def no_date(rows, i, random):
    rows[i][0] = random.choice(["2013-13-45", "foo", "", "2013-02-30"])
    return Injected(rows, (i, "error"))


def header_again(rows, i, random):
    return Injected([*rows[:i], HEADER, *rows[i:]], (i, "warning"))


def all_dates_early(rows, i, random):
    return Injected([[str(_day(row) - dt.timedelta(1)), *row[1:]] for row in rows], (0, "error"))


def other_dialect(rows, i, random):
    """Valid input in other clothes."""
    dates = {
        "us": lambda d: d.strftime("%m/%d/%Y"),
        "german": lambda d: d.strftime("%d.%m.%Y"),
        "compact": lambda d: d.strftime("%Y%m%d"),
        "epoch": lambda d: str(int(dt.datetime(d.year, d.month, d.day, tzinfo=dt.timezone.utc).timestamp())),
    }
    changes = [
        lambda text: "\ufeff" + text.replace("\n", "\r\n"),
        lambda text: text.replace(",", ";").replace(".", ","),
        lambda text: text.replace(",", "\t"),
        lambda text: text[:-1],
    ]
    choice = random.randrange(len(dates) + len(changes) + 2)
    if choice < len(dates):
        return Injected([[[*dates.values()][choice](_day(row)), *row[1:]] for row in rows])
    if choice < len(dates) + len(changes):
        return Injected(rows, change=changes[choice - len(dates)])
    if choice == len(dates) + len(changes):
        return Injected(rows[::-1])
    return Injected([[*row[:5], f"{float(row[5]):e}"] for row in rows])


KINDS = [value for value in list(globals().values()) if getattr(value, "__code__", None) and value.__code__.co_argcount == 3
         and value.__code__.co_varnames[:3] == ("rows", "i", "random")]
