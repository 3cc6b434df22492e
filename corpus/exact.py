#!/usr/bin/env python3
"""Writes exact.jsonl: expressions of exact mode and their values in Python's `fractions.Fraction`.

A record has the text `t`, and the answer's text `r` or the code of the error `e`. Expressions are random trees, and
each is evaluated while it is built: a literal is the fraction of its digits, `/` divides exactly.
"""
import json
import math
import pathlib
import random
import sys
from fractions import Fraction

random.seed(20261126)
sys.set_int_max_str_digits(0)
rows = {}


class Inexact(Exception):
    """The value is not a rational number."""


def literal():
    kind = random.random()
    if kind < 0.5:
        value = random.choice([0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 16, 27, 64, 100, random.getrandbits(12), random.getrandbits(70)])
        return str(value), Fraction(value)
    digits = str(random.randint(0, 999))
    text = random.choice([f"0.{digits}", f"{digits}.5", f".{digits}", f"{digits}.", f"{digits}e-{random.randint(1, 6)}", f"{digits}E+{random.randint(1, 4)}", f"1_{digits}.2_5"])
    return text, Fraction(text.replace("_", ""))


def root(value, index):
    if value < 0:
        raise ValueError
    parts = []
    for part in (value.numerator, value.denominator):
        low, high = 0, part + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if middle**index <= part else (low, middle)
        if low**index != part:
            raise Inexact
        parts.append(low)
    return Fraction(*parts)


def power(a, b):
    if b.denominator == 1:
        return a ** b.numerator if abs(b) < 2000 else power_of_unit(a, b.numerator)
    if a < 0:
        raise Inexact
    return root(a, b.denominator) ** b.numerator


def power_of_unit(a, exponent):
    raise OverflowError


def tree(depth):
    """The text, in brackets if needed, and the value."""
    if depth == 0 or random.random() < 0.15:
        return literal()
    kind = random.randrange(14)
    a, x = tree(depth - 1)
    if kind <= 6:
        b, y = tree(depth - 1)
        symbol = random.choice(["+", "-", "*", "/", "/", "//", "%"])
        value = {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "/": lambda: x / y, "//": lambda: Fraction(x // y), "%": lambda: x % y}[symbol]()
        return f"({a}{symbol}{b})", value
    if kind == 7:
        return f"(-{a})", -x
    if kind == 8:
        exponent = random.choice(["2", "3", "-1", "-2", "(1/2)", "(1/3)", "0.5", "1.5", "(-1/2)", "0", "5"])
        return f"({a}**{exponent})", power(x, eval(exponent.replace("1/", "Fraction(1)/").replace("0.5", "Fraction(1,2)").replace("1.5", "Fraction(3,2)")) * Fraction(1))
    if kind == 9:
        places = random.randint(-2, 4)
        return f"round({a},{places})", Fraction(round(x, places))
    if kind == 10:
        name = random.choice(["abs", "floor", "ceil", "trunc", "round", "int", "fabs"])
        function = {"abs": abs, "fabs": abs, "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "round": round, "int": int}[name]
        return f"{name}({a})", Fraction(function(x))
    if kind == 11:
        b, y = tree(depth - 1)
        return random.choice([(f"max({a},{b})", max(x, y)), (f"min({a},{b})", min(x, y)), (f"sum([{a},{b},{a}])", x + y + x), (f"prod([{a},{b}])", x * y)])
    if kind == 12:
        return f"sqrt({a}*{a})", abs(x)
    n = random.randint(0, 12)
    return f"sum({a}/k, k, 1, {n})", sum((x / k for k in range(1, n + 1)), Fraction(0))


CODES = {ZeroDivisionError: "division-by-zero", Inexact: "not-exact", ValueError: "value-error"}
while len(rows) < 3500:
    if random.random() < 0.1:
        (a, x), (b, y) = literal(), literal()
        if random.random() < 0.5:
            b, y = a, x
        symbol = random.choice(["<", "<=", "==", "!=", ">", ">="])
        rows[f"{a} {symbol} {b}"] = {"r": str(eval(f"x {symbol} y"))}
        continue
    state = random.getstate()
    try:
        text, value = tree(random.choice([1, 2, 3, 4]))
    except tuple(CODES):
        # The text of an expression that fails is incomplete; small ones are drawn below.
        continue
    except OverflowError:
        continue
    if len(text) < 300 and len(str(value)) < 400:
        rows[text] = {"r": str(value)}
for _ in range(250):
    (a, x), (b, y) = literal(), literal()
    for text, work in [
        (f"{a}/({b}-{b})", lambda: x / (y - y)),
        (f"({a})**({b})", lambda: power(x, y)),
        (f"sqrt({a})", lambda: root(x, 2)),
        (f"√({a}/{b or 1})", lambda: root(x / y, 2)),
        (f"cbrt({a})", lambda: root(x, 3)),
        (f"sqrt(-{a})", lambda: root(-x, 2)),
    ]:
        try:
            value = str(work())
            if len(value) < 400:
                rows[text] = {"r": value}
        except tuple(CODES) as problem:
            rows[text] = {"e": CODES[type(problem)]}
        except OverflowError:
            pass
path = pathlib.Path(__file__).with_suffix(".jsonl")
path.write_text("".join(json.dumps({"t": text} | row, separators=(",", ":")) + "\n" for text, row in rows.items()), encoding="utf-8")
print(len(rows), "records", path.stat().st_size, "bytes")
