"""context.capital_changes: cash that comes or goes during a run, by moment."""

import datetime
from collections.abc import MutableMapping

__all__ = ["CapitalChanges"]


class CapitalChanges(MutableMapping):
    """{moment: {"type": "delta" or "target", "value": amount}}; may be changed at any time of the run.

    A day means the start of its session, at the prices of the close before; with minute bars a minute means just before it.
    Under preset zipline keys must be timestamps in UTC: all others are ignored, as Zipline does (quirk Q31). Otherwise days
    and times without zone are UTC, and a key that is no session or minute of the run is an error.
    """

    def __init__(self, context, changes=None):
        self._context = context
        self._changes = {}
        self.update(changes or {})

    def __getitem__(self, at):
        return self._changes[at]

    def __setitem__(self, at, change):
        ns = self._nanoseconds(at)
        if ns is not None:
            self._context._set_capital_change(ns, change["type"], change["value"], repr(change))
        self._changes[at] = change

    def __delitem__(self, at):
        del self._changes[at]
        ns = self._nanoseconds(at)
        if ns is not None:
            self._context._remove_capital_change(ns)

    def __iter__(self):
        return iter(self._changes)

    def __len__(self):
        return len(self._changes)

    def __repr__(self):
        return repr(self._changes)

    def _nanoseconds(self, at):
        from rustybt._dates import to_nanoseconds

        if self._context._zipline and not (isinstance(at, datetime.datetime) and at.tzinfo is not None):
            return None
        return to_nanoseconds(at)
