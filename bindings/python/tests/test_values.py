"""Values from Python and back."""

import decimal
import enum
import fractions
import random
import types

import pytest

import tabuada
from tabuada import evaluate

Decimal, Fraction = decimal.Decimal, fractions.Fraction


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, (int, Fraction)):
        return a == b
    if isinstance(a, set):  # the order of equal sets depends on how they were built
        return sorted(map(repr, a)) == sorted(map(repr, b))
    return repr(a) == repr(b)


VALUES = [
    None, True, False, 0, -1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**5_000, -(7**10_000),
    0.0, -0.0, 1.5, 5e-324, float("inf"), float("-inf"), float("nan"),
    1j, complex(-0.0, 2.5), complex("inf"), "", "a'b\"\n\0", "π😀\u2028", "x" * 99_998,
    [], (), [1, [2.5, (None, "a")], ()], (True,), set(), {1, 2.5, "a", (3, None)},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20] if not isinstance(value, int) else "")
def test_a_value_comes_back_as_it_was_given(value):
    assert same(evaluate("x", {"x": value}), value)
    assert same(tabuada.compile("x")(x=value), value)


def test_integers_of_random_sizes_come_back():
    draw = random.Random(1)
    for _ in range(500):
        value = draw.getrandbits(draw.randrange(1, 4_000)) * draw.choice((1, -1))
        assert evaluate("x", {"x": value}) == value
        assert evaluate("x+y", {"x": value, "y": -1}) == value - 1


def test_sets_in_sets_are_frozen():
    value = evaluate("{1, {2, (3, {4})}}")
    assert type(value) is set and value == {1, frozenset({2, (3, frozenset({4}))})}
    assert evaluate("x", {"x": frozenset({1, frozenset({2})})}) == {1, frozenset({2})}


def test_fractions_and_decimals_belong_to_their_modes():
    assert same(evaluate("1/3+1/6", mode="exact"), Fraction(1, 2))
    assert same(evaluate("4/2", mode="exact"), 2)
    assert same(evaluate("x*3", {"x": Fraction(-22, 7)}, mode="exact"), Fraction(-66, 7))
    large = Fraction(-(10**6_000) - 1, 3**5_000)
    assert same(evaluate("x", {"x": large}, mode="exact"), large)
    assert same(evaluate("x", {"x": Decimal("0.1")}, mode="exact"), Fraction(1, 10))
    assert same(evaluate("x", {"x": 0.1}, mode="exact"), Fraction(1, 10)), "as the literal 0.1"
    assert same(evaluate("1/7", mode="decimal:30"), Decimal("0.142857142857142857142857142857"))
    assert same(evaluate("x+0", {"x": Decimal("-1.50")}, mode="decimal:10"), Decimal("-1.50"))
    for text in ("-0.00", "1E+20", "-1.5E-9", "123456789.123456789"):
        assert same(evaluate("x", {"x": Decimal(text)}, mode="decimal:5"), Decimal(text))
    assert same(evaluate("[x, 1/3]", {"x": 2}, mode="decimal:3"), [2, Decimal("0.333")])


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        (Fraction(1, 2), "python"), (Fraction(1, 2), "decimal:5"), (Decimal("0.1"), "python"),
        (Decimal("nan"), "decimal:5"), (Decimal("sNaN"), "exact"), (Decimal("-inf"), "decimal:5"), (1j, "exact"),
    ],
)  # fmt: skip
def test_numbers_that_a_mode_does_not_have_are_refused(value, mode):
    with pytest.raises(TypeError, match="'x'") as raised:
        evaluate("x", {"x": value}, mode=mode)
    assert isinstance(raised.value, tabuada.TypeError)
    # Not where the text does not need it.
    assert evaluate("1", {"x": value}, mode=mode) == 1


class Odd(int):
    """An int that lies about everything."""

    def __abs__(self):
        return 5

    def __pos__(self):
        return "pos"

    def __lt__(self, other):
        raise AssertionError

    def bit_length(self):
        return -1

    def to_bytes(self, *_):
        return b""


class Index:
    def __index__(self):
        return 2**70


class Colour(enum.IntEnum):
    RED = 3


def test_what_is_like_a_number_is_one():
    assert same(evaluate("x+1", {"x": Odd(-(2**80))}), -(2**80) + 1)
    assert same(evaluate("x+1", {"x": Index()}), 2**70 + 1)
    assert same(evaluate("x+1", {"x": Colour.RED}), 4)


class Broken:
    def __index__(self):
        raise RuntimeError("broken")


@pytest.mark.parametrize("value", [{}, {"a": 1}, object(), b"1", bytearray(), range(3), len, iter([]), Broken(), ..., 3 .__class__])
def test_other_types_are_refused_with_the_name_of_the_variable(value):
    for given in (value, [1, (value,)]):
        with pytest.raises(TypeError, match="the variable 'x'") as raised:
            evaluate("x", {"x": given})
        assert isinstance(raised.value, tabuada.Error) and type(value).__name__ in str(raised.value)
        with pytest.raises(tabuada.TypeError):
            tabuada.compile("x")(x=given)


def test_a_list_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    wide = [1]
    for _ in range(50):
        wide = [wide] * 10_000
    deep = ()
    for _ in range(100_000):
        deep = (deep,)
    for value in (endless, wide, deep, {"x": endless}["x"]):
        with pytest.raises(tabuada.LimitError, match="'x'"):
            evaluate("x", {"x": value})
    while deep:
        # Python itself drops a long chain in steps only if it is taken apart.
        (deep,) = deep


def test_values_beyond_the_limits_are_refused():
    for value in (10**400_000, "a" * 100_001, [0] * 10_001, set(range(10_001)), "x" * 200_000_000, 1 << 10**9):
        with pytest.raises(tabuada.LimitError, match="'x'"):
            evaluate("x", {"x": value})
    with pytest.raises(tabuada.LimitError):
        evaluate("x", {"x": 10**101}, digits=100)


def test_halves_of_surrogate_pairs_are_refused():
    for text in ("\ud800", "1+'\udfff'", "a" * 1_000 + "\ud800"):
        with pytest.raises(SyntaxError) as raised:
            evaluate(text)
        assert isinstance(raised.value, tabuada.SyntaxError) and raised.value.text == text
        with pytest.raises(tabuada.SyntaxError):
            tabuada.compile(text)
        with pytest.raises(ValueError, match="surrogate"):
            evaluate("x", {"x": text})
        with pytest.raises(tabuada.ValueError, match="surrogate"):
            evaluate("1", {text: 1})
        with pytest.raises(tabuada.ValueError, match="surrogate"):
            tabuada.compile("x")(**{text: 1})


def test_variables_are_any_mapping_of_names():
    assert evaluate("x*y", types.MappingProxyType({"x": 6, "y": 7})) == 42
    assert evaluate("pi", {"pi": 3}) == 3, "a variable hides a constant"
    assert evaluate("π + ﬁ", {"π": 1, "ﬁ": 2}) == 3, "names are compared as Python compares them"
    assert evaluate("x = x + 1; x", {"x": 1}) == 2
    assert evaluate("2x + 1", {"x": 4}, notation="school") == 9
    assert evaluate("2,5x", {"x": 2}, notation="school", decimal="comma") == 5.0


@pytest.mark.parametrize("variables", [3, "ab", [("x", 1)], {1: 2}, {None: 1}, {"x": 1, b"y": 2}])
def test_variables_of_another_form_are_refused(variables):
    with pytest.raises(TypeError):
        evaluate("1", variables)


@pytest.mark.parametrize("name", ["", "1x", "a b", "a.b", "lambda", "True", "mod", "x\0y", "a\n"])
def test_names_that_no_variable_can_have_are_refused(name):
    with pytest.raises(ValueError, match="name of a variable") as raised:
        evaluate("1", {name: 1})
    assert raised.value.code == "malformed" and raised.value.span is None


def test_names_that_are_one_cannot_be_given_twice():
    with pytest.raises(tabuada.Error):
        evaluate("fi", {"ﬁ": 1, "fi": 2})


def test_a_name_cannot_pretend_to_be_two():
    assert evaluate("a+b", {"a": 1, "b": 2}) == 3
    for name in ("a\0b", "a\x01\x00\x00\x00b"):
        with pytest.raises(tabuada.Error):
            evaluate("a+b", {name: 1})


def test_answers_of_every_size():
    assert evaluate("2**200") == 2**200
    assert evaluate("-(3**5000)") == -(3**5000)
    with pytest.raises(tabuada.LimitError):
        evaluate("10**100000")
    assert evaluate("10**300000", digits=315_652) == 10**300_000
    with pytest.raises(tabuada.LimitError):
        evaluate("10**100", digits=50)
    assert evaluate("10**49", digits=50) == 10**49
    assert evaluate("'a'*5", digits=1) == "aaaaa"
