"""What the account must be worth for what it holds and orders (docs/margin.md). Off until chosen in initialize:

    context.set_margin(margin.RegTMargin(), on_call="liquidate")
    context.set_margin(margin.RegTMargin(futures={"ES": ("12650", "11500")}))
    context.set_margin(margin.CashAccount())

Rates are pairs (initial, maintenance): parts of a position's value, or money for one contract.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustybt._types import Money

__all__ = ["CashAccount", "MarginModel", "RegTMargin"]


class MarginModel:
    """Rates of your own; shorts=None forbids short sales."""

    longs: tuple[Money, Money]
    shorts: tuple[Money, Money] | None
    futures: dict[str, tuple[Money, Money]]
    other_futures: tuple[Money, Money]

    def __init__(
        self,
        longs: tuple[Money, Money] = ("0.5", "0.25"),
        shorts: tuple[Money, Money] | None = ("0.5", "0.30"),
        futures: Mapping[str, tuple[Money, Money]] | None = None,
        other_futures: tuple[Money, Money] = ("0.10", "0.08"),
    ) -> None:
        self.longs, self.shorts, self.futures, self.other_futures = longs, shorts, dict(futures or {}), other_futures

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class RegTMargin(MarginModel):
    """Regulation T: half of what is bought or sold short; FINRA rule 4210: 25 % to keep longs, 30 % to keep shorts."""

    def __init__(self, futures: Mapping[str, tuple[Money, Money]] | None = None) -> None:
        super().__init__(futures=futures)


class CashAccount(MarginModel):
    """Everything is paid in full, nothing is sold short."""

    def __init__(self, futures: Mapping[str, tuple[Money, Money]] | None = None) -> None:
        super().__init__(longs=("1", "0"), shorts=None, futures=futures)
