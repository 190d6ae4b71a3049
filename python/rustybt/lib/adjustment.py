"""Adjustments of a window of values: what is done to some rows and columns of an array, as later news change earlier values.

>>> import numpy as np
>>> window = np.ones((3, 2))
>>> Float64Multiply(first_row=0, last_row=1, first_col=1, last_col=1, value=0.5).mutate(window)
>>> window.tolist()
[[1.0, 0.5], [1.0, 0.5], [1.0, 1.0]]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Adjustment", "Float64Add", "Float64Adjustment", "Float64Multiply", "Float64Overwrite"]


@dataclass(frozen=True)
class Adjustment:
    """Rows first_row to last_row and columns first_col to last_col, all included, change by `value`."""

    first_row: int
    last_row: int
    first_col: int
    last_col: int
    value: Any

    def __post_init__(self) -> None:
        for what in ("row", "col"):
            first, last = getattr(self, f"first_{what}"), getattr(self, f"last_{what}")
            if first < 0:
                raise ValueError(f"first_{what} must be nonnegative, got {first}.")
            if last < first:
                raise ValueError(f"last_{what} must be greater than or equal to first_{what}, got {first} and {last}.")

    def _part(self, window):
        return window[self.first_row : self.last_row + 1, self.first_col : self.last_col + 1]

    def mutate(self, data: np.ndarray[Any, Any]) -> None:
        """Change an array [row][column] in place."""
        raise NotImplementedError


class Float64Adjustment(Adjustment):
    """An adjustment by a float."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "value", float(self.value))


class Float64Multiply(Float64Adjustment):
    """Multiply by the value: splits, mergers and dividends of prices."""

    def mutate(self, data: np.ndarray[Any, Any]) -> None:
        self._part(data)[:] *= self.value


class Float64Overwrite(Float64Adjustment):
    """Put the value there."""

    def mutate(self, data: np.ndarray[Any, Any]) -> None:
        self._part(data)[:] = self.value


class Float64Add(Float64Adjustment):
    """Add the value."""

    def mutate(self, data: np.ndarray[Any, Any]) -> None:
        self._part(data)[:] += self.value
