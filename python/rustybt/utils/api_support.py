"""ZiplineAPI: lets the functions of rustybt.api speak to an algorithm outside of its run."""

from __future__ import annotations

from typing import Any

from rustybt import _core

__all__ = ["ZiplineAPI"]


class ZiplineAPI:
    """with ZiplineAPI(algo): the functions of rustybt.api are those of `algo`."""

    def __init__(self, algo_instance: Any) -> None:
        self.algo_instance = algo_instance

    def __enter__(self) -> None:
        _core.enter_context(self.algo_instance)

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        _core.leave_context()
