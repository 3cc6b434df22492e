"""Programs over arrays of NumPy."""

import math
import pickle

import numpy as np
import pytest

import tabuada

FORMULAS = ["x", "2*x + 1", "x**2 + 2*x + 1", "x**3 - 2*x/(y + 1)", "sin(x)**2 + cos(y)**2", "x*y if x > y else x - y",
            "max(x, y)", "x > y", "round(x, 2)", "sum(x*k, k, 1, 3)", "1 if x > 0 else y"]  # fmt: skip


def columns(count):
    draw = np.random.default_rng(1)
    return draw.uniform(-3, 3, count), draw.uniform(0.5, 2, count)


@pytest.mark.parametrize("text", FORMULAS)
def test_each_element_has_the_value_of_a_call(text):
    x, y = columns(10_000)
    f = tabuada.compile(text)
    result = f(**{name: {"x": x, "y": y}[name] for name in f.names})
    for at in [*range(300), 4_095, 4_096, 8_191, 8_192, 9_999]:
        one = f(**{name: float({"x": x, "y": y}[name][at]) for name in f.names})
        assert result[at] == one, (text, at)
    assert result.dtype == (bool if text == "x > y" else np.float64) and result.shape == x.shape


def test_values_are_those_of_numpy():
    x, y = columns(100_000)
    assert np.array_equal(tabuada.compile("x*y - 2*x/y + 1")(x=x, y=y), x * y - 2 * x / y + 1)
    assert np.array_equal(tabuada.compile("sqrt(x**2)")(x=x), np.abs(x))
    assert np.allclose(tabuada.compile("exp(sin(x))")(x=x), np.exp(np.sin(x)), rtol=1e-15)


def test_every_layout_is_read():
    base = np.arange(2 * 3 * 4 * 5, dtype=float).reshape(2, 3, 4, 5)
    frozen = base.copy()
    frozen.flags.writeable = False
    packed = np.zeros(50, dtype=[("a", "i1"), ("b", "f8"), ("c", "i4"), ("d", "i8")])
    packed["b"], packed["c"], packed["d"] = np.arange(50), np.arange(50), np.arange(50)
    raw = np.frombuffer(b"\0" + np.arange(9.0).tobytes(), dtype=float, offset=1)
    many = np.arange(2.0**3).reshape((2, 2, 2) + (1,) * 40)
    f = tabuada.compile("2*x + 1")
    for array in [
        base, frozen, base.T, base[::-1], base[:, ::2, ::-1, 1:4], base[0, 0, 0, ::-2], base[..., None], np.asfortranarray(base),
        np.broadcast_to(base[0, 0, 0], (7, 5)), packed["b"], packed["c"], packed["d"], raw, raw[::2], many, many[::-1], many.T,
        np.float64(3) * np.ones(()), np.empty((0, 3)), np.empty(0), base.astype(">f8"), base.astype(">i4"),
        np.lib.stride_tricks.sliding_window_view(np.arange(10.0), 3),
    ]:  # fmt: skip
        before = array.copy()
        result = f(x=array)
        assert np.shape(result) == array.shape and np.array_equal(result, 2 * array + 1)
        assert np.array_equal(array, before)
        if array.shape:
            assert result.dtype == np.float64 and result.flags.writeable and result.flags.c_contiguous
            assert result.flags.owndata and not np.shares_memory(result, array)


def test_memory_maps_are_read_in_place(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(10_000.0))
    assert tabuada.compile("x+1")(x=np.load(tmp_path / "x.npy", mmap_mode="r"))[-1] == 10_000


@pytest.mark.parametrize("dtype", ["bool", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"])
def test_elements_of_other_types_become_floats(dtype):
    array = np.array([0, 1, 1, 0, 1]).astype(dtype)
    result = tabuada.compile("x/2")(x=array)
    assert result.dtype == np.float64 and list(result) == [0.0, 0.5, 0.5, 0.0, 0.5]
    assert list(tabuada.compile("x/2")(x=array[::2])) == [0.0, 0.5, 0.5]
    if dtype[0] in "iu" and dtype[1] != "1":
        # An integer column is a column of floats: no overflow, no floor.
        assert tabuada.compile("x*x")(x=np.array([30_000], dtype=dtype))[0] == 9e8


def test_a_byte_of_a_truth_value_is_any_byte():
    array = np.frombuffer(bytes([0, 1, 2, 255]), dtype=np.uint8).view(bool)
    assert list(tabuada.compile("x+0.0")(x=array)) == [0, 1, 1, 1]


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_integers_between_two_floats_are_refused(dtype):
    array = np.array([1, 2**53, 2**53 + 1], dtype=dtype)
    with pytest.raises(OverflowError, match=r"'x'.*\.astype.*element \[2\]") as raised:
        tabuada.compile("x")(x=array)
    assert raised.value.index == (2,)
    for value in (np.iinfo(dtype).max, np.iinfo(dtype).max - 1):
        with pytest.raises(OverflowError):
            tabuada.compile("x")(x=np.array([value], dtype=dtype))
    assert tabuada.compile("x")(x=array[:2])[1] == 2**53
    assert tabuada.compile("x")(x=np.array([-(2**63)]))[0] == -(2.0**63)


@pytest.mark.parametrize(
    "array",
    [
        np.array([1j]), np.array([1], dtype=object), np.array(["a"]), np.array([b"a"]), np.array([1], dtype="datetime64[s]"),
        np.array([1], dtype=np.longdouble), np.zeros(2, dtype=[("a", "f8")]), np.ma.masked_array([1.0, 2.0], [True, False]),
        np.recarray(2, dtype=[("a", "f8")]),
    ],
    ids=lambda array: f"{type(array).__name__}-{array.dtype}",
)  # fmt: skip
def test_arrays_of_anything_else_are_type_errors(array):
    with pytest.raises(TypeError, match="the variable 'x'") as raised:
        tabuada.compile("x + 1")(x=array)
    assert isinstance(raised.value, tabuada.TypeError)


def test_arrays_belong_to_compiled_texts_in_python_mode():
    for mode in ("exact", "decimal:5"):
        with pytest.raises(TypeError, match=mode):
            tabuada.compile("x", mode=mode)(x=np.ones(2))
    with pytest.raises(TypeError, match="compile"):
        tabuada.evaluate("x", {"x": np.ones(2)})
    with pytest.raises(TypeError, match="compile"):
        tabuada.evaluate("x", {"x": [np.ones(2)]})
    assert tabuada.evaluate("mean(x)", {"x": np.ones(2).tolist()}) == 1.0


def test_scalars_of_numpy_are_numbers():
    f = tabuada.compile("x")
    for value, wanted in [
        (np.float64(0.1), 0.1), (np.float32(0.5), 0.5), (np.float16(2), 2.0), (np.int8(-3), -3), (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True), (np.complex64(1j), 1j), (np.str_("a"), "a"),
    ]:  # fmt: skip
        got = f(x=value)
        assert type(got) is type(wanted) and got == wanted
    with pytest.raises(TypeError):
        f(x=np.longdouble(1))
    for value in (np.datetime64("2026-01-01"), np.timedelta64(3, "s"), np.bytes_(b"a"), np.void(b"a")):
        with pytest.raises(tabuada.TypeError, match=f"type {type(value).__name__}:"):
            f(x=value)


def test_shapes_are_combined_as_numpy_does():
    f = tabuada.compile("10*x + y")
    x, y = np.arange(3.0)[:, None], np.arange(4)
    assert np.array_equal(f(x=x, y=y), 10 * x + y)
    assert np.array_equal(f(x=x, y=np.ones(())), 10 * x + 1)
    assert f(x=np.zeros((0, 1)), y=y).shape == (0, 4)
    with pytest.raises(tabuada.ValueError, match=r"'x' \[3\], 'y' \[4, 1, 2\]"):
        f(x=np.ones(3), y=np.ones((4, 1, 2)))
    with pytest.raises(MemoryError):
        f(x=np.broadcast_to(1.0, (2**31, 1)), y=np.broadcast_to(1.0, (2**12,)))


def test_numbers_beside_arrays_keep_their_type():
    x = np.array([0.5, 1.234])
    assert list(tabuada.compile("round(x, n)")(x=x, n=1)) == [0.5, 1.2]
    assert np.array_equal(tabuada.compile("x**n")(x=x, n=2), x**2)
    for value in (2, -3, 2.5, -0.0, 1e300, 5e-324, math.inf, -math.inf, True, np.float32(2), -(2**63), 2**63 - 1):
        assert np.array_equal(tabuada.compile("x*y")(x=x, y=value), [0.5 * float(value), 1.234 * float(value)]), value
    assert np.isnan(tabuada.compile("x*y")(x=x, y=math.nan)).all()
    for value in (2**64, "a", None, 1j, [1], (), Exception):
        with pytest.raises(TypeError, match="'y'"):
            tabuada.compile("x*y")(x=x, y=value)


def test_nan_goes_through():
    result = tabuada.compile("x**2 + 1")(x=np.array([1.0, math.nan, math.inf, -math.inf]))
    assert result[0] == 2 and np.isnan(result[1]) and result[2] == result[3] == math.inf
    assert list(tabuada.compile("x > 1")(x=np.array([math.nan, 2.0]))) == [False, True]


def test_the_first_element_that_fails_is_named():
    x = np.ones(100_000)
    x[[70_000, 90_000]] = 0
    with pytest.raises(ZeroDivisionError, match=r"at element \[70000\]") as raised:
        tabuada.compile("1/x")(x=x)
    error = raised.value
    assert error.index == (70_000,) and error.text == "1/x" and error.span == (0, 3)
    assert pickle.loads(pickle.dumps(error)).index == (70_000,)
    with pytest.raises(ZeroDivisionError) as raised:
        tabuada.compile("1/x")(x=x.reshape(10, 100, 100))
    assert raised.value.index == (7, 0, 0)
    with pytest.raises(ZeroDivisionError) as raised:
        tabuada.compile("1/x")(x=np.zeros(()))
    assert raised.value.index == ()


def test_large_arrays_are_computed_by_several_threads_as_by_one():
    # Not a multiple of anything.
    x = np.arange(1_000_003.0)
    shown = tabuada.compile("x**2 - 3*x")(x=x)
    assert np.array_equal(shown, x**2 - 3 * x)
    assert tabuada.compile("x < 5")(x=x).dtype == bool
    # Truth values in one part alone do not make an array of them.
    mixed = tabuada.compile("x > 5 if x < 10 else x")(x=x)
    assert mixed.dtype == np.float64 and np.array_equal(mixed[:7], [0, 0, 0, 0, 0, 0, 1]) and mixed[-1] == 1_000_002
    for failing in ([1_000_001], [700_000, 999_999], [3, 600_000, 1_000_002]):
        y = np.ones(1_000_003)
        y[failing] = 0
        with pytest.raises(ZeroDivisionError) as raised:
            tabuada.compile("x/y")(x=x, y=y)
        assert raised.value.index == (failing[0],)


def test_failing_elements_are_nan_if_that_is_wanted():
    x = np.array([1.0, 0.0, -4.0, math.inf])
    assert np.array_equal(tabuada.compile("1/x", errors="nan")(x=x), [1, math.nan, -0.25, 0], equal_nan=True)
    assert np.array_equal(tabuada.compile("sqrt(x)", errors="nan")(x=x), [1, 0, math.nan, math.inf], equal_nan=True)
    with pytest.raises(ValueError, match="errors"):
        tabuada.compile("x", errors="ignore")


@pytest.mark.parametrize(
    ("text", "cls"),
    [("'a' if x > 1 else 0.0", TypeError), ("None if x > 1 else 0.0", TypeError), ("[x]", TypeError), ("x**0.5 if x > 1 else (-x)**0.5", TypeError),
     ("10**400 if x > 1 else 0", OverflowError)],
)  # fmt: skip
def test_a_value_that_no_array_of_floats_holds_is_an_error(text, cls):
    with pytest.raises(cls) as raised:
        tabuada.compile(text)(x=np.array([0.5, 2.0, 3.0]))
    assert isinstance(raised.value, tabuada.Error) and raised.value.index in ((0,), (1,))


def test_integers_and_truth_values_among_floats_become_floats():
    x = np.array([0.5, 2.0])
    assert list(tabuada.compile("2**70 if x > 1 else x")(x=x)) == [0.5, 2.0**70]
    assert list(tabuada.compile("True if x > 1 else x")(x=x)) == [0.5, 1.0]
    assert tabuada.compile("x > 1")(x=x).dtype == bool


def test_a_name_without_a_value_is_found_beside_arrays():
    with pytest.raises(NameError, match="'y'"):
        tabuada.compile("x + y")(x=np.ones(2))
    with pytest.raises(TypeError, match="'z'"):
        tabuada.compile("x")(x=np.ones(2), z=1)


def test_fuel_is_for_each_element():
    f = tabuada.compile("sum(x*k, k, 1, 10)", fuel=2_000)
    assert f(x=np.ones(10_000)).sum() == 55 * 10_000
    with pytest.raises(tabuada.LimitError) as raised:
        tabuada.compile("sum(x*k, k, 1, 1000)", fuel=2_000)(x=np.ones(10))
    assert raised.value.index == (0,)
    with pytest.raises(tabuada.LimitError):
        tabuada.compile("x+1", fuel=1)(x=np.ones(10))


def test_random_functions_differ_in_each_element():
    result = tabuada.compile("x + rnd()")(x=np.zeros(10_000))
    assert len(np.unique(result)) > 9_900


def test_millions_of_rows():
    x = np.linspace(0, 1, 3_000_000)
    result = tabuada.compile("x**2 + 2*x + 1")(x=x)
    assert np.array_equal(result, x * x + 2 * x + 1)


def test_the_advice_for_a_masked_array_shows_nothing_that_is_masked():
    f, masked = tabuada.compile("2*x"), np.ma.masked_array([1.0, 2.0], [True, False])
    with pytest.raises(TypeError, match=r"MaskedArray; \.filled\(numpy\.nan\)"):
        f(x=masked)
    assert np.array_equal(f(x=masked.filled(np.nan)), [np.nan, 4.0], equal_nan=True)
