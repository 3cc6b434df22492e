#!/usr/bin/env python3
"""Writes statistics.jsonl: calls of statistics and what CPython 3.14's `statistics` answers.

A record has `expr`, and the answer's `type` and `repr`, or the exception's class in `error` and its text in `message`.
`quantile` is not in Python: its answer is exact by definition 7 of Hyndman and Fan, in fractions, rounded once, and an
integer if the data and the value are integers; NumPy must agree to a few units in the last place.
Run it with Python 3.14 and NumPy, in a directory other than this one (its name hides the module):
    cd / && python3 -P …/corpus/statistics.py
"""
import json
import math
import pathlib
import random
import statistics
from fractions import Fraction

import numpy

random.seed(20261125)
rows = []
FUNCTIONS = ["mean", "median", "median_low", "median_high", "mode", "stdev", "pstdev", "variance", "pvariance"]


def quantile(data, q):
    if isinstance(q, str):
        raise TypeError(f"must be real number, not {type(q).__name__}")
    if not 0 <= q <= 1:
        raise ValueError("q must be between 0 and 1")
    data = list(data)
    for x in data:
        if not isinstance(x, (int, float)):
            raise TypeError(f"can't convert type '{type(x).__name__}' to numerator/denominator")
    if not data:
        raise ValueError("quantile requires at least one data point")
    ordered = [Fraction(x) for x in sorted(data)]
    place = Fraction(q) * (len(ordered) - 1)
    low = math.floor(place)
    answer = ordered[low]
    if place != low:
        answer += (place - low) * (ordered[low + 1] - ordered[low])
    is_float = any(isinstance(x, float) for x in data)
    answer = int(answer) if answer.denominator == 1 and not is_float else float(answer)
    if all(abs(x) < 2**53 for x in data):
        other = float(numpy.quantile([float(x) for x in data], float(q), method="linear"))
        size = max(abs(float(x)) for x in data)
        assert abs(other - answer) <= 1e-14 * size, (data, q, answer, other)
    return answer


NAMES = {name: getattr(statistics, name) for name in FUNCTIONS} | {
    "quantile": quantile,
    "inf": math.inf,
    "nan": math.nan,
}


def add(expr):
    row = {"expr": expr}
    try:
        answer = eval(expr, dict(NAMES))
        row |= {"type": "none" if answer is None else type(answer).__name__, "repr": repr(answer)}
    except (TypeError, ValueError, OverflowError) as error:
        name = type(error).__name__
        row |= {"error": "ValueError" if name == "StatisticsError" else name, "message": str(error)}
    rows.append(row)


def integer():
    bits = random.choice([1, 3, 3, 4, 8, 20, 40, 62, 63, 64, 70, 200])
    return random.getrandbits(bits) * random.choice([1, 1, -1])


def number(kind):
    match kind:
        case "small":
            return random.randint(-9, 9)
        case "integers":
            return integer()
        case "bools":
            return random.random() < 0.5
        case "decimals":
            return round(random.uniform(-100, 100), 2)
        case "floats":
            return random.uniform(-1, 1) * 10.0 ** random.randint(-5, 5)
        case "wide":
            return random.uniform(-1, 1) * 10.0 ** random.randint(-320, 150)
        case "near":
            return 1e9 + random.randint(0, 3)
        case _:
            return number(random.choice(["small", "bools", "decimals", "floats", "integers"]))


KINDS = ["small", "small", "integers", "bools", "decimals", "floats", "wide", "near", "mixed", "mixed"]
for function in FUNCTIONS:
    for _ in range(50):
        kind = random.choice(KINDS)
        data = [number(kind) for _ in range(random.choice([1, 2, 2, 3, 4, 5, 6, 7, 10, 20]))]
        text = repr(data)
        if random.random() < 0.15:
            text = repr(tuple(data))
        add(f"{function}({text})")
    for data in [
        "[]", "()", "set()", "[0]", "[-0.0]", "[1]", "[1.5]", "[True]", "[False, True]", "[1, 1.0]", "[1.0, 1]",
        "range(10)", "range(1, 101)", "range(0)", "range(5, 0, -2)", "{1, 2, 3}", "{1.5, 2}", "[2, 2, 1, 1]",
        "[1, 1, 1]", "[0.1] * 10", "[1e308, 1e308]", "[1e308, -1e308]", "[1e-320, 1e-320, 3e-320]",
        "[10**400, 1]", "[10**400, 1.5]", "[10**400]", "[2**53, 2**53 + 1]", "[1e50, 1, -1e50] * 4",
        "'abc'", "['a']", "['a', 'b']", "[1, 'a']", "[None]", "[None, None]", "[[1]]", "[[1], [2]]", "[1j]", "[1j, 2j]",
        "5", "None", "1.5", "[inf]", "[inf, inf]", "[nan]", "[3, 1, 2]",
        "[5, 3, 3, 5]", "['b', 'a', 'b']", "[True, 1, 0]", "[(1, 2), (1, 2), (0, 1)]", "data=[4, 5, 9]",
    ]:
        if function in ("stdev", "pstdev") and ("inf" in data or "nan" in data):
            # CPython 3.11 fails here with an AttributeError of its own.
            continue
        if function == "mode" and data in ("'abc'", "{1.5, 2}", "5", "None", "1.5"):
            # A message about `iter`, and an order that depends on hashes.
            continue
        add(f"{function}({data})")
for function in ["mean", "variance", "pvariance"]:
    for data in ["[inf, -inf]", "[inf, 1, 2]", "[-inf, 1.5]", "[nan, 1]", "[1, nan, inf]", "[inf, 'a']", "[1, inf, 10**400]"]:
        add(f"{function}({data})")
for function in ["variance", "pvariance", "stdev", "pstdev"]:
    for _ in range(12):
        kind = random.choice(["small", "decimals", "floats", "mixed"])
        data = [number(kind) for _ in range(random.randint(1, 8))]
        add(f"{function}({data!r}, {number(random.choice(['small', 'decimals']))!r})")
    add(f"{function}([1, 2, 4], None)")
    add(f"{function}([1, 2, 4], 'a')")
    add(f"{function}([1, 2, 4], {'mu' if function[0] == 'p' else 'xbar'}=2)")
for _ in range(150):
    kind = random.choice(KINDS)
    data = [number(kind) for _ in range(random.choice([1, 2, 3, 4, 5, 6, 7, 10, 20]))]
    q = random.choice([0, 1, 0.0, 1.0, 0.5, 0.25, 0.75, 0.1, 0.9, 0.95, 1 / 3, True, round(random.random(), 3), random.random()])
    add(f"quantile({data!r}, {q!r})")
for arguments in [
    "[], 0.5", "[1], -0.1", "[1], 1.1", "[1], 2", "[1], -1", "[1], nan", "[1], inf", "[1, 2], 'a'", "['a'], 0.5",
    "[None, 1], 0", "range(101), 0.37", "range(101), 0.5", "{3, 1, 2}, 0.5", "(1, 2), 0.5", "[1, 2, 3, 4], 1e-300",
    "[1e308, -1e308], 0.5", "[10**400, 0], 0.5", "[10**400, 1], 0.5", "data=[1, 2], q=0.25", "[], 2",
]:
    add(f"quantile({arguments})")

path = pathlib.Path(__file__).with_name("statistics.jsonl")
path.write_text("".join(json.dumps(row) + "\n" for row in rows))
print(len(rows), "records")
