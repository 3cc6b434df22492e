"""Python's arithmetic from strangers: the answers of `eval`, without its dangers.

>>> import tabuada
>>> tabuada.evaluate("2 + 2")
4
>>> f = tabuada.compile("x**2 + 1")
>>> f(x=3)
10

A text is read by a language of its own: numbers, strings, lists, functions of mathematics. No text can reach a file, a
module or an attribute, run for long, or use much memory: each operation is paid for in fuel before it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ._engine import LIMITS as _LIMITS
from ._engine import Program, __version__, canonical, compile, evaluate, proof
from ._engine import explain as _explain
from ._engine import functions as _functions
from ._errors import (
    Error,
    LimitError,
    NameError,
    OverflowError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
    ZeroDivisionError,
)

# Without the exceptions that have the names of Python's: `from tabuada import *` must not hide those.
__all__ = [
    "LIMITS",
    "Error",
    "Explanation",
    "Function",
    "LimitError",
    "Program",
    "Step",
    "canonical",
    "compile",
    "evaluate",
    "explain",
    "functions",
    "proof",
]

LIMITS: Mapping[str, int] = MappingProxyType(_LIMITS)
"""The limits of an evaluation: `fuel` (a unit is at most 15 ns), `elements` of a list, `integer_bits`, …"""


class Function(NamedTuple):
    """An entry of the manual."""

    name: str
    kind: str
    """`function`, `constant`, or `binder`: a form over a variable, as in `sum(k**2, k, 1, 10)`."""
    section: str
    signature: str
    doc: str
    needs_prefix: bool
    """Whether it is found only with `math.` before it."""


class Step(NamedTuple):
    """A step of a calculation."""

    kind: str
    """`statement`, `names`, `definition`, `branch`, `terms`, `value` or `answer`."""
    statement: int
    """The number of the statement, from 0."""
    text: str
    """The statement after the step."""
    replaced: list[tuple[int, int]]
    """The places of the step before that are replaced, in characters."""
    by: list[tuple[int, int]]
    """The places that replace them."""
    error: float | None
    """An upper bound of the error of a numerical value: an integral, a derivative, an infinite sum."""


class Explanation(NamedTuple):
    """A calculation, step by step."""

    steps: list[Step]
    is_cut: bool
    """Whether there were more steps; those missing come before the last one."""
    value: object
    """The value; `None` if there is an `error`."""
    error: Error | None

    def __str__(self) -> str:
        return "\n".join(step.text for step in self.steps)


def explain(
    text: str,
    variables: Mapping[str, object] | None = None,
    *,
    mode: str | None = None,
    notation: str | None = None,
    decimal: str | None = None,
    fuel: int | None = None,
    digits: int | None = None,
) -> Explanation:
    """The steps of a calculation; the arguments are those of `evaluate`.

    A calculation that fails has the steps up to there, and its exception in `error`. A text that cannot be read raises.

    >>> print(explain("2 + 3*4"))
    2+3*4
    2+12
    14
    """
    steps, is_cut, value, error = _explain(
        text, variables, mode=mode, notation=notation, decimal=decimal, fuel=fuel, digits=digits
    )
    return Explanation([Step(*step) for step in steps], is_cut, value, error)


def functions() -> list[Function]:
    """Every name that the language knows, section by section: functions, constants and forms over a variable."""
    return [Function(*entry) for entry in _functions()]
