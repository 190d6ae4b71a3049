"""Properties of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class classproperty:
    """A property that is computed from the class.

    >>> class Folder:
    ...     parts = ("a", "b")
    ...     path = classproperty(lambda cls: "/".join(cls.parts))
    >>> Folder.path
    'a/b'
    """

    def __init__(self, fget: Callable[[Any], Any]) -> None:
        self.fget = fget

    def __get__(self, instance: Any, owner: Any) -> Any:
        return self.fget(owner)
