"""How the classes of slippage and commission models know which assets they are for."""

from __future__ import annotations

import abc
from typing import Any

__all__ = ["AllowedAssetMarker", "FinancialModelMeta"]


class FinancialModelMeta(abc.ABCMeta):
    """A class of models for several kinds of assets: of several bases it allows what each of them allows."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> FinancialModelMeta:
        if "allowed_asset_types" not in namespace:
            marked = [base for base in bases if isinstance(base, AllowedAssetMarker)]
            if marked:
                allowed = (kind for base in marked for kind in base.allowed_asset_types)
                namespace["allowed_asset_types"] = tuple(dict.fromkeys(allowed))
        return super().__new__(mcs, name, bases, namespace)


class AllowedAssetMarker(FinancialModelMeta):
    """A class that says which kinds of assets those who derive from it are for."""
