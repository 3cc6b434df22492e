#!/usr/bin/env python3
"""Writes half_up.jsonl: `round_half_up` in each mode, as Python's `decimal` rounds the exact value with ROUND_HALF_UP.

A record has the `mode`, the text `t`, and the answer's text `r` or the code of the error `e`. The answer for a float is
the float nearest to the rounded exact value.
"""
import decimal
import json
import pathlib
import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

random.seed(20261128)
rows = {}


def half_up(x, places):
    """A rational number rounded to so many places, as a rational number."""
    scaled = abs(Fraction(x)) * Fraction(10) ** places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return (-1 if x < 0 else 1) * whole / Fraction(10) ** places


def add(mode, text, answer, error=None):
    rows[mode, text] = {"mode": mode, "t": text} | ({"e": error} if error else {"r": str(answer)})


def float_of(rational, like):
    try:
        value = rational.numerator / rational.denominator
    except OverflowError:
        return None
    return -0.0 if value == 0 and str(like).startswith("-") else value


def some_float():
    kind = random.randrange(6)
    if kind == 0:
        return round(random.uniform(-100, 100), random.randint(0, 4))
    if kind == 1:
        return random.randint(-9999, 9999) / 2 ** random.randint(0, 12)
    if kind == 2:
        return (random.randint(-999, 999) * 10 + 5) / 10 ** random.randint(1, 5)
    if kind == 3:
        return random.choice([1, -1]) * 10 ** random.uniform(-320, 308)
    if kind == 4:
        return float(random.randint(-(10**18), 10**18) * 5)
    return random.uniform(-1, 1)


for _ in range(220):
    x, places = some_float(), random.choice([0, 1, 1, 2, 2, 3, 4, 5, -1, -2, -3, 17, 330, -310])
    value = float_of(half_up(x, places), x) if -308 <= places <= 323 else (x if places > 0 else 0.0 * x)
    if value is None:
        add("python", f"round_half_up({x!r}, {places})", None, "overflow")
    else:
        add("python", f"round_half_up({x!r}, {places})", repr(value))
    add("python", f"round_half_up({x!r})", half_up(x, 0))
    n = random.randint(-(10 ** random.randint(1, 30)), 10 ** random.randint(1, 30)) * random.choice([1, 5, 50])
    places = random.randint(-8, 2)
    for mode in ("python", "exact", "decimal:28"):
        add(mode, f"round_half_up({n}, {places})", half_up(n, places) if places < 0 else n)
for _ in range(130):
    digits = random.choice([1, 2, 3, 5, 9, 28, 50])
    length, places = random.randint(1, 2 * digits), random.randint(-3, digits)
    text = str(random.randint(1, 10**length)) + random.choice(["", "5", "50", "49", "51"])
    text = str(Decimal(text).scaleb(-random.randint(1, len(text) + 2)))
    if "E" in text or "." not in text:
        continue
    with decimal.localcontext(decimal.Context(prec=digits, Emin=-999999, Emax=999999)):
        try:
            add(f"decimal:{digits}", f"round_half_up({text}, {places})", Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
        except decimal.InvalidOperation:
            add(f"decimal:{digits}", f"round_half_up({text}, {places})", None, "value-error")
    add(f"decimal:{digits}", f"round_half_up({text})", half_up(Fraction(text), 0))
for _ in range(130):
    x = Fraction(random.randint(-999, 999), random.choice([1, 2, 3, 4, 5, 7, 8, 20, 40, 200, 400, 16, 2000]))
    places = random.randint(-3, 5)
    add("exact", f"round_half_up({x}, {places})", half_up(x, places))
    add("exact", f"round_half_up({x})", half_up(x, 0))
path = pathlib.Path(__file__).with_name("half_up.jsonl")
path.write_text("".join(json.dumps(row) + "\n" for row in rows.values()))
print(len(rows), "records")
