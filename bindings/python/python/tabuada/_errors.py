"""The exceptions: each is an `Error`, and what Python would raise."""

from __future__ import annotations

import builtins
from typing import Any


class Error(Exception):
    """Something is wrong with an expression, with its variables, or with its value.

    `str` gives the message, the place in the text with carets under it, and a correction, if one is certain.
    """

    code: str = "internal"
    """The kind of the error, in a stable word: `syntax`, `unknown-name`, `division-by-zero`, …"""
    span: tuple[int, int] | None = None
    """The place in the text, in characters: first, and one past the last."""
    index: tuple[int, ...] | None = None
    """The element of an array that failed."""

    text: str | None
    """The expression; `None` if the error is about a variable."""

    _picture: str | None = None
    _advice: Any = None
    _fixes: tuple[tuple[str, str], ...] | None = None

    @property
    def message(self) -> str:
        """What is wrong, in one sentence."""
        return str(self.args[0]) if self.args else ""

    def _corrections(self) -> tuple[tuple[str, str], ...]:
        # Made when they are first asked for, since that takes longer than to evaluate.
        if self._fixes is None:
            self._fixes = tuple(self._advice.fixes()) if self._advice is not None else ()
            self._advice = None
        return self._fixes

    @property
    def fixes(self) -> tuple[str, ...]:
        """The corrected texts, the likeliest first; empty if none is certain."""
        return tuple(text for text, _ in self._corrections())

    @property
    def fix(self) -> str | None:
        """The likeliest corrected text."""
        return next(iter(self.fixes), None)

    @property
    def suggestion(self) -> str | None:
        """What is new in `fix`: the name that was probably meant, for instance."""
        return next((new for _, new in self._corrections()), None)

    def __str__(self) -> str:
        parts = [self.message]
        if self._picture is not None:
            parts.extend("  " + line for line in self._picture.split("\n"))
        if self.fix is not None:
            parts.append(f"Did you mean: {self.fix}")
        return "\n".join(parts)

    def __reduce__(self) -> Any:
        self._corrections()
        state = dict(self.__dict__)
        if isinstance(self, builtins.SyntaxError):
            # Python keeps these outside of the dictionary.
            state.update(text=self.text, offset=self.offset, end_offset=self.end_offset)
        return type(self), self.args, state

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        for name, value in (state or {}).items():
            setattr(self, name, value)


class LimitError(Error, builtins.ValueError):
    """Too large, too deep, or too much work: refused, before it is done."""


class SyntaxError(Error, builtins.SyntaxError):
    """The text is no expression of the language."""


class NameError(Error, builtins.NameError):
    """A name has no value."""


class TypeError(Error, builtins.TypeError):
    """An operation on a type that it does not support, or a variable of such a type."""


class ValueError(Error, builtins.ValueError):
    """A value outside of what an operation accepts, or one that does not exist."""


class ZeroDivisionError(Error, builtins.ZeroDivisionError):
    """A division by zero."""


class OverflowError(Error, builtins.OverflowError):
    """A number beyond the largest float."""


class RecursionError(Error, builtins.RecursionError):
    """A definition that uses itself."""


_CLASSES = {
    cls.__name__: cls
    for cls in (
        Error, LimitError, SyntaxError, NameError, TypeError, ValueError, ZeroDivisionError, OverflowError,
        RecursionError,
    )
}

for _cls in _CLASSES.values():
    # Where they are found by those who catch them.
    _cls.__module__ = "tabuada"


def make(
    name: str,
    message: str,
    code: str,
    text: str | None,
    span: tuple[int, int] | None,
    picture: str | None,
    advice: Any,
    index: tuple[int, ...] | None,
) -> Error:
    """The exception of a class; the native part calls it."""
    error = _CLASSES[name](message)
    error.code, error.span, error.text, error._picture = code, span, text, picture
    error._advice, error.index = advice, index
    if isinstance(error, builtins.SyntaxError) and span is not None and text is not None and "\n" not in text:
        # With these, a traceback draws the carets.
        error.offset, error.end_offset = span[0] + 1, span[1] + 1
    return error
