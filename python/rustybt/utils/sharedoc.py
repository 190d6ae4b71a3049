"""Docstrings that several functions share."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["copydoc", "format_docstring", "pad_lines_after_first", "templated_docstring"]


def copydoc(from_: Any, to: Any = None) -> Any:
    """Give `to` the docstring of `from_`; a decorator without `to`."""
    if to is None:
        return functools.partial(copydoc, from_)
    to.__doc__ = from_.__doc__
    return to


def pad_lines_after_first(prefix: str, s: str) -> str:
    """The text with `prefix` before each line but the first."""
    return ("\n" + prefix).join(s.splitlines())


def format_docstring(owner_name: str, docstring: str, formatters: Mapping[str, str]) -> str:
    """The docstring with texts for its {names}, each alone on a line and as far indented as that.

    Raises ValueError for a name that is not there just once.
    """
    texts = {}
    for name, text in formatters.items():
        indents = re.findall(rf"^(\s*)\{{{name}\}}$", docstring, re.MULTILINE)
        if not indents:
            raise ValueError(
                f"Couldn't find template for parameter {name!r} in docstring for {owner_name}."
                "\nParameter name must be alone on a line surrounded by braces."
            )
        if len(indents) > 1:
            raise ValueError(
                f"Couldn't found multiple templates for parameter {name!r}in docstring for {owner_name}."
                "\nParameter should only appear once."
            )
        texts[name] = pad_lines_after_first(indents[0], text)
    return docstring.format(**texts)


def templated_docstring(**docs: str) -> Callable[[Any], Any]:
    """Decorator: texts for the {names} of a function's docstring; see format_docstring.

    >>> @templated_docstring(name="what it is called")
    ... def describe(name):
    ...     '''{name}'''
    >>> describe.__doc__
    'what it is called'
    """

    def decorate(function):
        function.__doc__ = format_docstring(function.__name__, function.__doc__, docs)
        return function

    return decorate
