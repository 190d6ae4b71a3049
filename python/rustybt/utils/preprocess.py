"""Functions whose arguments are checked or changed on the way in."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    _F = TypeVar("_F", bound=Callable[..., Any])

__all__ = ["call", "preprocess"]


def preprocess(*_unused: Any, **processors: Callable[[Any, str, Any], Any]) -> Callable[[_F], _F]:
    """Decorator: arguments are what a processor of their name makes of (function, name, value).

    >>> @preprocess(x=lambda function, name, value: value + 1)
    ... def double(x=1):
    ...     return 2 * x
    >>> double(), double(x=5)
    (4, 12)
    """
    if _unused:
        raise TypeError("preprocess() doesn't accept positional arguments")

    def decorate(function):
        signature = inspect.signature(function)
        if unknown := processors.keys() - signature.parameters.keys():
            raise TypeError(f"Got processors for unknown arguments: {unknown}.")
        return _build(function, signature, processors)

    return decorate


def _build(function, signature, processors):
    """A function of the same signature, so that Python itself says what is wrong with a call."""
    # a name of these is free when it is none of the arguments'
    hidden = "_"
    while any(name.startswith(hidden) for name in signature.parameters):
        hidden += "_"
    space = {f"{hidden}function": function, f"{hidden}processors": processors}
    parameters, passed = [], []
    for name, parameter in signature.parameters.items():
        if parameter.default is not parameter.empty:
            space[f"{hidden}default_{name}"] = parameter.default
            parameter = parameter.replace(default=_Name(f"{hidden}default_{name}"))
        parameters.append(parameter.replace(annotation=parameter.empty))
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**", parameter.KEYWORD_ONLY: f"{name}="}
        passed.append(stars.get(parameter.kind, "") + name)
    lines = [f"def {hidden}built{inspect.Signature(parameters)}:"]
    lines += [f"    {name} = {hidden}processors[{name!r}]({hidden}function, {name!r}, {name})" for name in processors]
    lines += [f"    return {hidden}function({', '.join(passed)})"]
    exec(compile("\n".join(lines), function.__code__.co_filename, "exec"), space)
    return functools.wraps(function)(space[f"{hidden}built"])


class _Name:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


def call(f: Callable[[Any], Any]) -> Callable[[Any, str, Any], Any]:
    """A processor that only looks at the value: f(value)."""

    @functools.wraps(f)
    def process(function, name, value):
        return f(value)

    return process
