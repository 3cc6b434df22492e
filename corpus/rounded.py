#!/usr/bin/env python3
"""Writes rounded.jsonl: expressions whose value is known to 80 digits, and the double nearest to it.

Needs mpmath. The cases are those where a composition of rounded functions is wrong: logarithms to a base, logarithms of
integers beyond doubles, powers whose result is subnormal (ties included), and roots of sums of squares.
"""
import json
import pathlib
import random
from fractions import Fraction

from mpmath import mp, mpf

mp.dps = 80
random.seed(20261123)


def nearest(value):
    """The double nearest to an mpf, ties to even, subnormals included: integer division rounds correctly."""
    sign, mantissa, exponent, _ = value._mpf_
    exact = Fraction(mantissa) * (Fraction(2) ** exponent)
    return (-1) ** sign * (exact.numerator / exact.denominator)


def exact(text):
    """The value of a literal, read as a double or an integer."""
    return mpf(int(text)) if text.lstrip("-").isdigit() else mpf(float(text))


rows = []


def add(expr, value):
    rows.append({"expr": expr, "f64": repr(nearest(value))})


def float_text():
    return repr(random.choice([1 + random.random() * 2 ** -random.randint(1, 40), random.uniform(0, 10),
                               random.lognormvariate(0, 100), 1 - random.random() * 2 ** -random.randint(1, 40)]))


for _ in range(150):
    x = random.choice([float_text(), str(random.randint(2, 10**6)), str(random.randint(2, 10**400))])
    base = random.choice([float_text(), str(random.randint(2, 1000)), str(random.randint(2, 10**350))])
    if exact(x) != 1 and exact(base) != 1 and float(exact(x)) != 1 and float(exact(base)) != 1:
        add(f"log({x},{base})", mp.log(exact(x)) / mp.log(exact(base)))
for base in range(2, 40):
    power = random.randint(1, 30)
    add(f"log({base}**{power},{base})", mpf(power))
    add(f"log({base},{base**power})", mpf(1) / power)
for _ in range(40):
    x = random.randint(10**310, 10 ** random.randint(311, 2000))
    add(f"log({x})", mp.log(x))
    add(f"log2({x})", mp.log(x) / mp.log(2))
    add(f"log10({x})", mp.log10(mpf(x)))
for _ in range(150):
    base = abs(float(float_text())) or 2.0
    log = mp.log(mpf(base), 2)
    if abs(log) < mpf(2) ** -30:
        continue
    exponent = float(mpf(random.uniform(-1076, -995)) / log)
    add(f"{base!r}**{exponent!r}", mpf(base) ** mpf(exponent))
    add(f"(-{base!r})**{2 * round(exponent / 2)}.0", mpf(base) ** (2 * round(exponent / 2)))
for exponent in range(300, 330):
    add(f"10.0**-{exponent}", mpf(10) ** -exponent)
for exponent in range(1020, 1080):
    add(f"2.0**-{exponent}", mpf(2) ** -exponent)
for odd in (3, 5, 7, 9):
    for power in range(2, 7):
        for place in range(-1080, -1060):
            if (place % power) == 0:
                base = odd * 2.0 ** (place // power)
                add(f"{base!r}**{power}.0", mpf(base) ** power)
for _ in range(150):
    scale = 10.0 ** random.randint(-300, 300)
    values = [random.gauss(0, 1) * scale * 10.0 ** random.choice([0, 0, -5, -15, -16, -17])
              for _ in range(random.randint(2, 5))]
    add(f"hypot({','.join(map(repr, values))})", mp.sqrt(sum(mpf(value) ** 2 for value in values)))

path = pathlib.Path(__file__).with_name("rounded.jsonl")
path.write_text("".join(json.dumps(row) + "\n" for row in rows))
print(len(rows), "records")
