"""YFinanceAdapter; see web."""

from rustybt.data.adapters.web import YFinanceAdapter

__all__ = ["YFinanceAdapter"]
