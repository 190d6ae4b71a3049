"""Which assets may not be traded. Importable; using them comes with trading controls."""

from collections import namedtuple
from enum import IntEnum

from rustybt._not_yet import not_yet_class

Restriction = namedtuple("Restriction", ["asset", "effective_date", "state"])
RESTRICTION_STATES = IntEnum("RESTRICTION_STATES", ["ALLOWED", "FROZEN"], start=0)

StaticRestrictions = not_yet_class("StaticRestrictions", __name__)
HistoricalRestrictions = not_yet_class("HistoricalRestrictions", __name__)
SecurityListRestrictions = not_yet_class("SecurityListRestrictions", __name__)


class NoRestrictions:
    """Everything may be traded."""

    def is_restricted(self, assets, dt):
        return False
