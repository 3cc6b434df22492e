from collections.abc import Mapping
from typing import Any, Literal, final

__version__: str
LIMITS: dict[str, int]

def evaluate(
    text: str,
    variables: Mapping[str, object] | None = None,
    *,
    mode: str | None = None,
    notation: str | None = None,
    decimal: str | None = None,
    fuel: int | None = None,
    digits: int | None = None,
) -> Any: ...
def compile(
    text: str,
    *,
    mode: str | None = None,
    notation: str | None = None,
    decimal: str | None = None,
    fuel: int | None = None,
    digits: int | None = None,
    errors: Literal["raise", "nan"] = "raise",
) -> Program: ...
def canonical(
    text: str, *, mode: str | None = None, notation: str | None = None, decimal: str | None = None
) -> str: ...
def proof(
    text: str, *, mode: str | None = None, notation: str | None = None, decimal: str | None = None
) -> str | None: ...
def explain(
    text: str,
    variables: Mapping[str, object] | None = None,
    *,
    mode: str | None = None,
    notation: str | None = None,
    decimal: str | None = None,
    fuel: int | None = None,
    digits: int | None = None,
) -> tuple[list[tuple[Any, ...]], bool, Any, Any]: ...
def functions() -> list[tuple[str, str, str, str, str, bool]]: ...
def _restore(
    text: str,
    mode: str | None,
    notation: str | None,
    decimal: str | None,
    fuel: int | None,
    digits: int | None,
    errors: str,
) -> Program: ...
@final
class Advice:
    def fixes(self) -> list[tuple[str, str]]: ...
@final
class Program:
    def __call__(self, **variables: object) -> Any: ...
    @property
    def canonical(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def is_pure(self) -> bool: ...
    @property
    def mode(self) -> str: ...
    def __copy__(self) -> Program: ...
    def __deepcopy__(self, memo: object, /) -> Program: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
