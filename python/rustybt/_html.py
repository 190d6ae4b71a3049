"""How tables and progress look in a notebook."""

import html
import time

_SHOWN = 10


def table(of):
    """The first and the last rows of an exact table."""
    rows = of.to_arrow()
    count = rows.num_rows
    parts = [rows] if count <= 2 * _SHOWN else [rows.slice(0, _SHOWN), rows.slice(count - _SHOWN)]
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows.column_names)
    gap = f"<tr><td colspan='{len(rows.column_names)}' style='text-align:center'>…</td></tr>"
    body = gap.join("".join(_row(row) for row in part.to_pylist()) for part in parts)
    return (
        f"<table><caption>{html.escape(of.name)}: {count:,} rows</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(row):
    cells = "".join(f"<td>{'' if value is None else html.escape(str(value))}</td>" for value in row.values())
    return f"<tr>{cells}</tr>"


def in_notebook():
    """Does a front end show HTML that changes?"""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


class ProgressBar:
    """A bar below the cell; what run_algorithm(progress=True) calls after each session."""

    def __init__(self, display=None):
        if display is None:
            from IPython.display import HTML
            from IPython.display import display as show

            def display(text, handle):
                if handle is None:
                    return show(HTML(text), display_id=True)
                handle.update(HTML(text))
                return handle

        self._display = display
        self._handle = None
        self._next = 0.0

    def __call__(self, done, total, date, bars, orders, transactions, portfolio_value):
        now = time.monotonic()
        if now < self._next and done < total:
            return
        self._next = now + 0.1
        text = (
            f"<progress value='{done}' max='{total}'></progress> {done:,} of {total:,} sessions, {date}, "
            f"{transactions:,} transactions, portfolio {portfolio_value:,.2f}"
        )
        self._handle = self._display(text, self._handle)


def progress_of(asked):
    """What run_algorithm calls after each session: a function of the user's, a bar in a notebook (True), or nothing."""
    if asked is True:
        return ProgressBar() if in_notebook() else None
    return asked or None
