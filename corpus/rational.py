#!/usr/bin/env python3
"""Writes rational.jsonl: operations on rational numbers and what CPython's `fractions.Fraction` answers.

A record has `op`, its operands `a`, `b` as texts (`b` of `round_places` is the number of places), and the answer's text
in `r`, or the exception's class and message in `e`.
"""
import json
import math
import operator
import pathlib
import random
from fractions import Fraction

random.seed(20261124)
rows = []

OPERATIONS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "modulo": operator.mod,
    "power": operator.pow,
    "compare": lambda a, b: (a > b) - (a < b),
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "round": round,
    "round_places": lambda a, places: round(a, places),
    "to_float": float,
    "negate": operator.neg,
    "absolute": abs,
    "literal": lambda text: Fraction(text),
}


def add(op, *operands):
    row = {"op": op} | dict(zip("ab", map(str, operands)))
    try:
        answer = OPERATIONS[op](*operands)
        row["r"] = repr(answer) if isinstance(answer, float) else str(answer)
    except ArithmeticError as error:
        row["e"] = f"{type(error).__name__}: {error}"
    rows.append(row)


def integer():
    bits = random.choice([0, 1, 2, 4, 8, 16, 31, 32, 33, 53, 62, 63, 64, 65, 90, 128, 129, 200])
    value = random.getrandbits(bits) if bits else 0
    return random.choice([value, -value, 2**bits, -(2**bits), 2**bits - 1, 10 ** (bits // 4), math.factorial(bits // 4)])


def fraction():
    if random.random() < 0.3:
        return Fraction(random.randint(-20, 20), random.randint(1, 12))
    return Fraction(integer(), integer() or 1)


EDGES = [Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(-1, 2), Fraction(2**63), Fraction(-(2**63)),
         Fraction(1, 2**63), Fraction(2**63 - 1, 2**64), Fraction(-(2**63), 3), Fraction(1, 2**1074), Fraction(3, 2**1075),
         Fraction(2**1024 - 1), Fraction(2**1024, 3), Fraction(1, 2**1075), Fraction(5, 2), Fraction(7, 2), Fraction(-5, 2)]

for op in ("add", "subtract", "multiply", "divide", "floor_divide", "modulo", "compare"):
    for a in EDGES[:10]:
        for b in random.sample(EDGES[:10], 3) + [Fraction(0)]:
            add(op, a, b)
    for _ in range(110):
        add(op, fraction(), fraction())
    common = random.getrandbits(100)
    for _ in range(10):
        add(op, Fraction(integer(), common), Fraction(integer(), common * random.randint(1, 30)))
for op in ("floor", "ceil", "trunc", "round", "to_float", "negate", "absolute"):
    for a in EDGES + [fraction() for _ in range(25)]:
        add(op, a)
for _ in range(60):
    # The nearest double of a quotient near a tie of the last place.
    tie = Fraction(random.getrandbits(53) * 2 + 1 | 2**53) * Fraction(2) ** random.randint(-1130, 900)
    add("to_float", tie + random.choice([0, 0, 1, -1]) * Fraction(1, 3**random.randint(50, 90)) * tie)
for _ in range(150):
    base = Fraction(random.randint(-30, 30), random.randint(1, 30))
    add("power", base, Fraction(random.randint(-20, 20)))
for base, exponent in ((0, -1), (0, 0), (0, 5), (1, -7), (-1, -7), (-1, 2**80), (-1, 2**80 + 1), (1, 2**99)):
    add("power", Fraction(base), Fraction(exponent))
for _ in range(150):
    add("round_places", fraction(), random.choice([0, 1, 2, 3, 5, 10, 30, -1, -2, -3, -10, -60]))
for numerator in range(-25, 26):
    add("round_places", Fraction(numerator * 5, 100), 1)
    add("round_places", Fraction(numerator * 5), -1)
for text in ("0.1", "1e-5", "1_000.5e3", "0", "0.0", "0e99", "000.100", "5.", ".5", "1e1_0", "1E+3", "2.50e-1", "1e0",
             "12345678901234567890.123456789", "0.000000000000000000000000000001", "1e-300", "1e300", "4.35"):
    add("literal", text)

path = pathlib.Path(__file__).with_name("rational.jsonl")
path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
print(len(rows), "records")
