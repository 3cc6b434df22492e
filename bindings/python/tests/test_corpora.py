"""The package against the records of other tools: values with their types, and exceptions with their classes."""

import decimal
import fractions
import math
import struct

import pytest
from corpus import records

import tabuada

# What crates/lang/tests/corpus.rs leaves out, for the reasons given there.
REFUSED = {"starred", "comprehension", "await", "ellipsis", "matmul", "attribute", "dict"}
DEPARTURES = {"py06778", "py06779", "py06780", "py06781", "py06786", "py07107"}


def value_of(text):
    """The value of a `repr`, whatever its length, without `eval`."""
    if text in ("True", "False"):
        return text == "True"
    if set(text) <= set("-0123456789"):
        # int() refuses more than 4,300 digits.
        return int(fractions.Fraction(decimal.Decimal(text)))
    return float(text)


def ulps(a, b):
    ordered = lambda value: struct.unpack("<q", struct.pack("<d", abs(value)))[0] * (1 if value >= 0 else -1)
    return abs(ordered(a) - ordered(b))


def same(got, wanted, record):
    if type(got) is not type(wanted):
        return False
    if isinstance(got, float):
        if math.isnan(wanted):
            return math.isnan(got)
        if "lgamma" in record["expr"]:
            return math.isclose(got, wanted, rel_tol=1e-14, abs_tol=1e-14)
        if record["tol"] == "libm":
            return ulps(got, wanted) <= 16
        return got.hex() == wanted.hex()
    return got == wanted


def test_python_arithmetic_has_pythons_values_types_and_exceptions():
    wrong, compared = [], 0
    for record in records("python_arith.jsonl"):
        if record.get("extends") or REFUSED & set(record["features"]) or record["id"] in DEPARTURES:
            continue
        compared += 1
        try:
            got = tabuada.evaluate(record["expr"])
        except Exception as error:
            # The class of the record is one of Python's own.
            cls = SyntaxError if record["phase"] == "syntax" else getattr(__import__("builtins"), str(record["error"]), ())
            if not (isinstance(error, tabuada.Error) and isinstance(error, cls)):
                wrong.append((record["expr"], repr(error)))
            continue
        if record["type"] == "error" or type(got).__name__ != record["type"]:
            wrong.append((record["expr"], got))
        elif record["repr"] is not None and not same(got, value_of(record["repr"]), record):
            wrong.append((record["expr"], got))
    assert not wrong, (len(wrong), wrong[:10])
    assert compared > 6_000


def test_a_compiled_text_has_the_value_of_the_text():
    for record in records("python_arith.jsonl")[::7]:
        text = record["expr"]
        try:
            wanted = tabuada.evaluate(text)
        except tabuada.Error as error:
            with pytest.raises(type(error)) as raised:
                tabuada.compile(text)()
            assert (str(raised.value), raised.value.code) == (str(error), error.code)
            continue
        program = tabuada.compile(text)
        assert repr_of(program()) == repr_of(wanted)
        assert program.canonical == tabuada.canonical(text)
        assert repr_of(tabuada.evaluate(program.canonical)) == repr_of(wanted)


def repr_of(value):
    return hex(value) if type(value) is int else repr(value)


def test_school_notation_has_the_values_of_pythons_spelling():
    compared = 0
    for record in records("school.jsonl") + records("school_sisters.jsonl"):
        options = {"notation": "school", "decimal": record["decimal"]}
        if record.get("type") not in ("int", "float", "bool", "complex"):
            continue
        got = tabuada.evaluate(record["text"], record.get("variables"), **options)
        assert type(got).__name__ == record["type"], record
        wanted = complex(record["value"]) if record["type"] == "complex" else value_of(record["value"])
        assert got == wanted or ulps(got, wanted) <= 4, record
        compared += 1
    assert compared > 500


def test_two_readings_are_refused_in_school_notation():
    refused = [record for record in records("school.jsonl") if record.get("readings")]
    assert refused
    for record in refused:
        with pytest.raises(SyntaxError) as raised:
            tabuada.evaluate(record["text"], record.get("variables"), notation="school", decimal=record["decimal"])
        assert raised.value.code == "ambiguous", record


def test_exact_mode_has_the_values_of_fractions():
    for record in records("exact.jsonl"):
        if "r" not in record:
            with pytest.raises(tabuada.Error):
                tabuada.evaluate(record["t"], mode="exact")
            continue
        got = tabuada.evaluate(record["t"], mode="exact")
        if record["r"] in ("True", "False"):
            assert got is (record["r"] == "True"), record
            continue
        assert type(got) in (int, fractions.Fraction) and str(got) == record["r"], record


def test_decimal_mode_has_the_values_of_decimal_with_all_their_digits():
    for record in records("decimals.jsonl"):
        mode = f"decimal:{record['n']}"
        if "r" not in record:
            with pytest.raises(tabuada.Error) as raised:
                tabuada.evaluate(record["t"], mode=mode)
            assert raised.value.code == record["e"], record
            continue
        got = tabuada.evaluate(record["t"], mode=mode)
        assert shown(got) == record["r"], record


def shown(value):
    if isinstance(value, (tuple, list)):
        return str(tuple(map(Plain, value)) if isinstance(value, tuple) else list(map(Plain, value)))
    assert type(value) in (int, decimal.Decimal, bool)
    return str(value)


class Plain:
    """A value that is shown by its `str`."""

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return shown(self.value)
