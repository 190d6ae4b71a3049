"""Classes that are chosen by name, and arguments NAME=VALUE of a command.

A program makes a registry of what may be chosen (create_registry); an extension adds its own (register); `load` makes one.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    _T = TypeVar("_T", bound=type)

__all__ = [
    "Namespace",
    "Registry",
    "clear",
    "create_args",
    "create_registry",
    "extensible",
    "get_registry",
    "load",
    "parse_extension_arg",
    "register",
    "unregister",
    "update_namespace",
]


# --- arguments --------------------------------------------------------------------------------------------------------


class Namespace:
    """Named values, some of them namespaces."""


def create_args(args: Iterable[str], root: Namespace) -> None:
    """Put arguments "name=value" and "space.name=value" into a namespace.

    >>> root = Namespace()
    >>> create_args(["mode=fast", "broker.port=7496"], root)
    >>> root.mode, root.broker.port
    ('fast', '7496')
    """
    values: dict[str, str] = {}
    for each in args:
        parse_extension_arg(each, values)
    for name in sorted(values, key=len):
        update_namespace(root, name.split("."), values[name])


def parse_extension_arg(arg: str, arg_dict: dict[str, str]) -> None:
    """Put "name=value" into a dict; raises ValueError for another form."""
    match = re.fullmatch(r"((?:[^\d\W]\w*)(?:\.[^\d\W]\w*)*)=(.*)", arg)
    if match is None:
        raise ValueError(f"invalid extension argument '{arg}', must be in key=value form")
    arg_dict[match[1]] = match[2]


def update_namespace(namespace: Namespace, path: list[str], name: str) -> None:
    """Set the value `name` at a path of names; raises ValueError where a name of the path has a value already."""
    for each in path[:-1]:
        below = vars(namespace).setdefault(each, Namespace())
        if isinstance(below, str):
            raise ValueError(f"Conflicting assignments at namespace level '{each}'")
        namespace = below
    setattr(namespace, path[-1], name)


# --- registries -------------------------------------------------------------------------------------------------------


class Registry:
    """Factories by name of what has the interface of a class.

    >>> stores = Registry(dict)
    >>> @stores.register("empty")
    ... class Empty(dict): ...
    >>> stores.load("empty")
    {}
    """

    def __init__(self, interface: type) -> None:
        self.interface = interface
        self._factories: dict[str, Callable[[], Any]] = {}

    def load(self, name: str) -> Any:
        """What the factory of this name makes; raises ValueError when there is none."""
        if name not in self._factories:
            raise ValueError(
                f"no {self.interface.__name__} factory registered under name {name!r}, options are: {sorted(self._factories)}"
            )
        return self._factories[name]()

    def is_registered(self, name: str) -> bool:
        """Has the name a factory?"""
        return name in self._factories

    def register(self, name: str, factory: Any = None) -> Any:
        """Add a factory; without one a decorator. Raises ValueError when the name has one."""
        if factory is None:
            return functools.partial(self.register, name)
        if name in self._factories:
            raise ValueError(f"{self.interface.__name__} factory with name {name!r} is already registered")
        self._factories[name] = factory
        return factory

    def unregister(self, name: str) -> None:
        """Take a factory away; raises ValueError when there is none of that name."""
        if self._factories.pop(name, None) is None:
            raise ValueError(f"{self.interface.__name__} factory {name!r} was not already registered")

    def clear(self) -> None:
        """Take all away."""
        self._factories.clear()


#: the registries by interface
custom_types: dict[type, Registry] = {}


def create_registry(interface: _T) -> _T:
    """Make a registry for a class, also as its decorator (`extensible`)."""
    if interface in custom_types:
        raise ValueError("there is already a Registry instance for the specified type")
    custom_types[interface] = Registry(interface)
    return interface


extensible = create_registry


def get_registry(interface: type) -> Registry:
    """The registry of a class; raises ValueError when there is none."""
    try:
        return custom_types[interface]
    except KeyError:
        raise ValueError("class specified is not an extendable type") from None


def load(interface: type, name: str) -> Any:
    """What the factory of this name makes."""
    return get_registry(interface).load(name)


def register(interface: type, name: str, custom_class: Any = None) -> Any:
    """Add a class to the registry of another one; without it a decorator."""
    return get_registry(interface).register(name, custom_class)


def unregister(interface: type, name: str) -> None:
    """Take a class away."""
    get_registry(interface).unregister(name)


def clear(interface: type) -> None:
    """Take all classes away."""
    get_registry(interface).clear()
