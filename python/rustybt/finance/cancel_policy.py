"""What happens to open orders at the end of a session."""

from __future__ import annotations


class CancelPolicy:
    """Base of the two policies."""

    warn_on_cancel = False


class NeverCancel(CancelPolicy):
    """Open orders stay until they fill or are cancelled. The default."""


class EODCancel(CancelPolicy):
    """Cancel open orders at the end of each session.

    In daily mode the preset `zipline` cancels as the original does: only the first of several open orders of an asset.
    """

    def __init__(self, warn_on_cancel: bool = True) -> None:
        self.warn_on_cancel = warn_on_cancel
