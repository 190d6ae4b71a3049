"""What happens to open orders at the end of a session.

    class FridaysOnly(CancelPolicy):
        warn_on_cancel = False

        def should_cancel(self, event):
            return event == SESSION_END and get_datetime().weekday() == 4
"""

from __future__ import annotations

import abc
from typing import Any

from rustybt.gens.sim_engine import SESSION_END

__all__ = ["CancelPolicy", "EODCancel", "NeverCancel"]



class CancelPolicy(metaclass=abc.ABCMeta):
    """Base of the two policies and of a user's own, which a run asks at the end of each session."""

    warn_on_cancel = False

    @abc.abstractmethod
    def should_cancel(self, event: Any) -> bool:
        """Cancel all open orders? `event` is one of rustybt.gens.sim_engine."""
        raise NotImplementedError("should_cancel")


class NeverCancel(CancelPolicy):
    """Open orders stay until they fill or are cancelled. The default."""

    def __init__(self) -> None:
        self.warn_on_cancel = False

    def should_cancel(self, event: Any) -> bool:
        return False


class EODCancel(CancelPolicy):
    """Cancel open orders at the end of each session.

    In daily mode the preset `zipline` cancels as the original does: only the first of several open orders of an asset.
    """

    def __init__(self, warn_on_cancel: bool = True) -> None:
        self.warn_on_cancel = warn_on_cancel

    def should_cancel(self, event: Any) -> bool:
        return event == SESSION_END
