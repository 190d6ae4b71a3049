"""Methods and attributes of a class that those below it may not replace."""

from __future__ import annotations

from typing import Any

__all__ = ["FinalMeta", "final"]


class final:
    """Marks an attribute, or a method as a decorator, of a class made by FinalMeta.

    >>> class Base(metaclass=FinalMeta):
    ...     @final
    ...     def name(self):
    ...         return "base"
    >>> class Below(Base):
    ...     def name(self): ...
    Traceback (most recent call last):
        ...
    TypeError: Cannot override final attribute
    """

    def __init__(self, attr: Any) -> None:
        self._attr = attr

    def __get__(self, instance: Any, owner: Any) -> Any:
        get = getattr(self._attr, "__get__", None)
        return self._attr if get is None else get(instance, owner)

    def __set__(self, instance: Any, value: Any) -> None:
        _refuse()


class FinalMeta(type):
    """Metaclass of classes with `final` parts; `__setattr__` is one of them."""

    def __new__(metacls, name: str, bases: tuple[type, ...], dict_: dict[str, Any]) -> FinalMeta:
        if any(_is_final(key, base) for key in dict_ for base in bases):
            _refuse()
        if not any(_is_final("__setattr__", base) for base in bases):
            setter = dict_.get("__setattr__", (*bases, object)[0].__setattr__)
            dict_["__setattr__"] = setter if isinstance(setter, final) else final(setter)
        return super().__new__(metacls, name, bases, dict_)

    def __setattr__(cls, name: str, value: Any) -> None:
        if _is_final(name, cls):
            _refuse()
        super().__setattr__(name, value)


def _is_final(name, cls):
    # the mark itself, not what it gives
    return any(isinstance(vars(each).get(name), final) for each in cls.__mro__)


def _refuse():
    raise TypeError("Cannot override final attribute")
