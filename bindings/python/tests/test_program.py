"""Compiled expressions, the manual, explanations, and what the package offers beside."""

import copy
import importlib.metadata
import pickle
import random
import subprocess
import sys

import pytest

import tabuada


def test_a_program_is_called_with_its_variables():
    f = tabuada.compile("x**2 + y")
    assert (f.names, f.canonical, f.text, f.is_pure, f.mode) == (("x", "y"), "x**2+y", "x**2 + y", True, "python")
    assert f(x=3, y=1) == 10 and type(f(x=3, y=1.0)) is float
    assert f(y=1, x=2**100) == 2**200 + 1
    assert tabuada.compile("2+2")() == 4
    assert tabuada.compile("x/3", mode="exact")(x=1) * 3 == 1
    assert tabuada.compile("2x", notation="school").names == ("x",)


def test_a_variable_without_a_value_is_an_unknown_name():
    f = tabuada.compile("x + y")
    with pytest.raises(NameError) as raised:
        f(x=1)
    assert raised.value.span == (4, 5) and "'y'" in str(raised.value)
    assert tabuada.compile("1 if x else y")(x=True) == 1, "it is not read"


def test_a_name_that_is_no_variable_is_a_type_error():
    with pytest.raises(TypeError, match="'z' is no variable.*x, y"):
        tabuada.compile("x + y")(x=1, y=2, z=3)
    with pytest.raises(TypeError, match="none"):
        tabuada.compile("pi")(pi=3)
    with pytest.raises(TypeError):
        tabuada.compile("x")(3)


def test_programs_are_equal_if_they_mean_the_same():
    f = tabuada.compile("2*(x) + 1")
    assert f == tabuada.compile("2 * x+1") == tabuada.compile("2x + 1", notation="school")
    assert hash(f) == hash(tabuada.compile("2*x+1"))
    assert f != tabuada.compile("2*x + 1", mode="exact") and f != tabuada.compile("1 + 2*x") and f != "2*x+1"
    assert f != tabuada.compile("2*x+1", fuel=10) and f != tabuada.compile("2*x+1", errors="nan")


@pytest.mark.parametrize(
    "options",
    [{}, {"mode": "exact"}, {"mode": "decimal:7"}, {"notation": "school", "decimal": "comma"}, {"fuel": 10_000, "digits": 30}, {"errors": "nan"}],
)
def test_programs_can_be_pickled_copied_and_shown(options):
    f = tabuada.compile("2*x + 1", **options)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        other = pickle.loads(pickle.dumps(f, protocol))
        assert other == f and other(x=3) == 7 and repr(other) == repr(f)
    assert copy.copy(f) is f and copy.deepcopy([f])[0] is f
    assert eval(repr(f), {"tabuada": tabuada}) == f


def test_random_functions_follow_pythons_seed():
    f = tabuada.compile("randint(1, 10**9)")
    assert not f.is_pure and tabuada.compile("x").is_pure
    random.seed(7)
    first = [f() for _ in range(5)] + [tabuada.evaluate("rnd()")]
    random.seed(7)
    assert [f() for _ in range(5)] + [tabuada.evaluate("rnd()")] == first
    assert len(set(first)) == len(first)


def test_canonical_texts():
    assert tabuada.canonical("(2) +  2 # four") == "2+2" == tabuada.canonical("2 + 2")
    assert tabuada.canonical("2^10", notation="school") == "2**10"
    with pytest.raises(tabuada.SyntaxError):
        tabuada.canonical("2+")


def test_explanations():
    explanation = tabuada.explain("x + 3*4", {"x": 2})
    assert str(explanation).split("\n") == ["x+3*4", "2+3*4", "2+12", "14"] and explanation.value == 14
    step = explanation.steps[2]
    assert (step.kind, step.statement) == ("value", 0)
    (start, end), = step.replaced
    assert explanation.steps[1].text[start:end] == "3*4"
    (start, end), = step.by
    assert step.text[start:end] == "12"
    failed = tabuada.explain("2*3 + 1/0")
    assert failed.value is None and isinstance(failed.error, ZeroDivisionError) and failed.steps[1].text == "6+1/0"
    with pytest.raises(SyntaxError):
        tabuada.explain("2+")


def test_the_manual_has_every_function():
    entries = {(entry.name, entry.kind) for entry in tabuada.functions()}
    assert {("sqrt", "function"), ("pi", "constant"), ("sum", "function"), ("sum", "binder")} <= entries
    assert len(entries) > 100
    for entry in tabuada.functions():
        assert entry.doc.endswith(".") and entry.section
        if entry.kind == "function" and not entry.needs_prefix:
            with pytest.raises(tabuada.TypeError):
                # A function is no answer.
                tabuada.evaluate(entry.name)


def test_limits_and_version():
    assert tabuada.LIMITS["fuel"] == 25_000_000 and tabuada.LIMITS["elements"] == 10_000
    with pytest.raises(TypeError):
        tabuada.LIMITS["fuel"] = 1
    assert tabuada.__version__ == importlib.metadata.version("tabuada")
    assert all(hasattr(tabuada, name) for name in tabuada.__all__)
    assert not set(tabuada.__all__) & {"SyntaxError", "TypeError", "ValueError", "NameError"}


def test_numpy_is_not_needed():
    code = """if True:
        import sys
        sys.modules["numpy"] = None
        import tabuada
        assert tabuada.evaluate("x+1", {"x": 2}) == 3 and tabuada.compile("len(x)")(x=[1, 2]) == 2
        try:
            tabuada.evaluate("x", {"x": object()})
        except TypeError as error:
            assert "object" in str(error)
        del sys.modules["numpy"]
        tabuada.evaluate("x", {"x": "a"})
        assert "numpy" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_many_texts_do_not_fill_the_memory():
    import resource

    for number in range(5_000):
        assert tabuada.evaluate(f"{number} + 1") == number + 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(60_000):
        tabuada.evaluate(f"{number}+{number}")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
