"""Tests on machines that are not one's own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["skip_on"]


def skip_on(
    exception: type[BaseException], reason: str = "Ignoring PermissionErrors on GHA"
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: a test that raises this exception counts as skipped."""

    def decorate(test):
        @functools.wraps(test)
        def run(*args, **kwargs):
            try:
                return test(*args, **kwargs)
            except exception:
                import pytest

                pytest.skip(reason)

        return run

    return decorate
