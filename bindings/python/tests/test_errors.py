"""Exceptions: classes, places, corrections, and how they travel."""

import builtins
import copy
import pickle
import traceback

import pytest

import tabuada
from tabuada import evaluate

# Text, class, code, what stands in the span.
CASES = [
    ("2+*3", "SyntaxError", "syntax", "*"),
    ("2+", "SyntaxError", "syntax", ""),
    ("lambda x: x", "SyntaxError", "unsupported", "lambda"),
    ("ação + foo", "NameError", "unknown-name", "ação"),
    ("'é' + math.foo", "NameError", "unknown-name", "math.foo"),
    ("'π' + 1", "TypeError", "type-error", "'π' + 1"),
    ("sqrt(-1)", "ValueError", "value-error", "sqrt(-1)"),
    ("[1, 2][5]", "Error", None, None),
    ("1 + 1/0", "ZeroDivisionError", "division-by-zero", "1/0"),
    ("exp(1000)", "OverflowError", "overflow", "exp(1000)"),
    ("9**9**9", "LimitError", "too-large", "9**9**9"),
    ("(" * 300 + "1" + ")" * 300, "LimitError", "too-deep", None),
    ("1+" * 50_000 + "1", "LimitError", "too-long", None),
    ("f(x) @= f(x); f(1)", "RecursionError", "recursive", "f(x)"),
    ("integral(1/x, x, 0, 1)", "ValueError", "no-convergence", None),
    ("range(3)", "TypeError", "type-error", "range(3)"),
]


@pytest.mark.parametrize(("text", "cls", "code", "part"), CASES, ids=lambda value: str(value)[:20])
def test_an_error_is_pythons_and_has_a_place(text, cls, code, part):
    with pytest.raises(getattr(tabuada, cls)) as raised:
        evaluate(text)
    error = raised.value
    assert isinstance(error, getattr(builtins, cls, Exception)) and isinstance(error, tabuada.Error)
    assert error.text == text and error.index is None and error.message
    if code is not None:
        assert error.code == code
    start, end = error.span
    assert 0 <= start <= end <= len(text)
    if part is not None:
        assert text[start:end] == part


def test_the_modules_own_refusals_have_a_class_too():
    with pytest.raises(ValueError):
        evaluate("sqrt(2)", mode="exact")
    with pytest.raises(TypeError):
        evaluate("1j", mode="exact")
    with pytest.raises(ZeroDivisionError):
        evaluate("1/0", mode="decimal:5")
    with pytest.raises(OverflowError):
        evaluate("10.0**9999999", mode="decimal:5")
    with pytest.raises(tabuada.LimitError) as raised:
        evaluate("sum(k, k, 1, 1000)", fuel=100)
    assert raised.value.code == "out-of-fuel"


def test_the_text_of_an_error_shows_the_place_and_the_correction():
    with pytest.raises(NameError) as raised:
        evaluate("1 + sqr(16)")
    error = raised.value
    assert (error.fix, error.fixes, error.suggestion) == ("1 + sqrt(16)", ("1 + sqrt(16)",), "sqrt")
    message, line, carets, correction = str(error).split("\n")
    assert message == error.message
    assert (line, carets, correction) == ("  1 + sqr(16)", "      ^^^", "Did you mean: 1 + sqrt(16)")
    with pytest.raises(ZeroDivisionError) as raised:
        evaluate("1/0")
    assert (raised.value.fix, raised.value.fixes, raised.value.suggestion) == (None, (), None)


def test_a_correction_knows_the_variables_and_the_notation():
    with pytest.raises(tabuada.Error) as raised:
        evaluate("raduis*2", {"radius": 1})
    assert raised.value.fix == "radius*2"
    with pytest.raises(tabuada.Error) as raised:
        evaluate("sqr(16)", notation="school")
    assert evaluate(raised.value.fix, notation="school") == 4


def test_errors_can_be_pickled_and_copied_with_all_they_have():
    for text, *_ in CASES:
        with pytest.raises(tabuada.Error) as raised:
            evaluate(text)
        error = raised.value
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(other) is type(error) and str(other) == str(error)
            assert (other.code, other.span, other.text, other.fixes) == (error.code, error.span, error.text, error.fixes)


def test_a_traceback_shows_the_place():
    with pytest.raises(SyntaxError) as raised:
        evaluate("2 + * 3")
    shown = "".join(traceback.format_exception(raised.value))
    assert "    2 + * 3\n        ^\n" in shown and "tabuada.SyntaxError: expected a number" in shown


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"mode": "Exact"}, "mode"), ({"mode": "decimal:0"}, "mode"), ({"mode": "decimal:1001"}, "mode"),
        ({"mode": ""}, "mode"), ({"notation": "latex"}, "notation"), ({"decimal": ","}, "decimal"),
        ({"decimal": "comma"}, "school"), ({"digits": 0}, "digits"), ({"digits": 10**6}, "digits"),
    ],
)  # fmt: skip
def test_wrong_options_are_value_errors_that_say_what_is_accepted(options, word):
    for function in (evaluate, tabuada.compile, tabuada.explain):
        with pytest.raises(ValueError, match=word):
            function("1", **options)


@pytest.mark.parametrize("options", [{"fuel": -1}, {"fuel": 2**64}, {"fuel": 1.5}, {"fuel": "1"}, {"mode": 3}, {"modus": "exact"}])
def test_options_of_other_types_are_refused(options):
    with pytest.raises((TypeError, OverflowError)):
        evaluate("1", **options)


@pytest.mark.parametrize("text", [None, 2, b"2+2", ["2"], object()])
def test_a_text_that_is_none_is_a_type_error(text):
    for function in (evaluate, tabuada.compile, tabuada.canonical, tabuada.explain):
        with pytest.raises(TypeError, match="text"):
            function(text)


def test_fuel_is_a_limit_of_each_call():
    assert evaluate("2+2", fuel=1_000) == 4
    for fuel in (0, 1, 5):
        with pytest.raises(tabuada.LimitError):
            evaluate("2+2", fuel=fuel)
    with pytest.raises(tabuada.LimitError):
        evaluate("sum(sin(k), k, 1, 10**7)")
    f = tabuada.compile("sum(k, k, 1, n)", fuel=10_000)
    assert f(n=10) == 55
    with pytest.raises(tabuada.LimitError):
        f(n=10**6)
