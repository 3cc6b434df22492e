#!/usr/bin/env python3
"""Writes gamma.jsonl: the gamma function and its logarithm at floats, and the float nearest to the true value.

Needs mpmath. A record has `fn`, the argument `x` and the value `f64`, as texts; a value of "domain" or "range" stands
for CPython's `math domain error` and `math range error`. The arguments are the difficult ones: poles, the zeros of the
logarithm, results that are subnormal or overflow, tiny and huge arguments.
"""
import json
import math
import pathlib
import random
from fractions import Fraction

from mpmath import mp, mpf

mp.prec = 600
random.seed(20261125)
rows = []
seen = set()


def nearest(value):
    """The double nearest to an mpf, ties to even, subnormals included: integer division rounds correctly."""
    sign, mantissa, exponent, _ = value._mpf_
    exact = Fraction(mantissa) * (Fraction(2) ** exponent)
    return (-1) ** sign * (exact.numerator / exact.denominator)


def value(fn, x):
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "inf" if x > 0 or fn == "lgamma" else "domain"
    if x <= 0 and x == math.floor(x):
        return "domain"
    if fn == "gamma" and x > 200:
        return "range"
    if fn == "gamma" and x < -400:
        return repr(math.copysign(0.0, -1.0 if math.floor(x) % 2 else 1.0))
    if abs(x) < 1e6:
        true = mp.gamma(mpf(x))
        if fn == "lgamma":
            true = mp.log(abs(true))
    else:
        y = abs(mpf(x))
        # mpmath's loggamma is complex on the negative axis, so the reflection formula is used here.
        true = mp.loggamma(y) if x > 0 else mp.log(mp.pi / abs(mp.sin(mp.pi * mpf(x)))) - mp.loggamma(y + 1)
    try:
        return repr(nearest(true))
    except OverflowError:
        return "range"


def add(x, *functions):
    for fn in functions or ("gamma", "lgamma"):
        if (fn, repr(x)) not in seen:
            seen.add((fn, repr(x)))
            rows.append({"fn": fn, "x": repr(x), "f64": value(fn, x)})


def around(x, steps=2):
    above = below = x
    add(x)
    for _ in range(steps):
        above, below = math.nextafter(above, math.inf), math.nextafter(below, -math.inf)
        add(above)
        add(below)


for x in (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 2.2250738585072014e-308, 5.56e-309, 5.57e-309,
          5.562684646268004e-309, -5.562684646268004e-309, 1e308, 2.5e305, 2.55e305, 2.556e305, 2.56e305, 1.7976931348623157e308,
          -1.7976931348623157e308, 2.5563481638716906e305, 2.0**53 + 2, -(2.0**52) - 0.5, -(2.0**51) - 0.5, 2.0**-70, -2.0**-70,
          8.4e-22, 8.5e-22, 1e-20, -1e-20):
    add(x)
for whole in range(-40, 60):
    around(float(whole), 1)
    add(whole + 0.5)
for whole in (100, 150, 170, 171, 172, -100, -150, -170, -171, -175, -180, -183, -184, -185, -190, -200, -1000, 63, 64, 65, -63, -64, -65):
    around(float(whole), 1)
    add(whole + 0.5)
around(171.62437695630272, 3)
# The zeros of the logarithm: two between neighbouring poles from -2 down, closer and closer to the poles.
for whole in range(2, 19):
    for low, high in ((-whole - 0.5, -whole - mpf(2) ** -100), (-whole - 1 + mpf(2) ** -100, -whole - 0.5)):
        g = lambda x: mp.log(abs(mp.gamma(x)))
        low, high = mpf(low), mpf(high)
        if g(low) * g(high) > 0:
            continue
        for _ in range(300):
            middle = (low + high) / 2
            low, high = (middle, high) if g(low) * g(middle) > 0 else (low, middle)
        around(nearest(low), 2)
for _ in range(230):
    add(random.uniform(0, 172))
for _ in range(180):
    add(random.uniform(-185, 0))
for _ in range(110):
    add(random.uniform(-4, 4))
for _ in range(80):
    add(random.choice([1, 2]) + random.choice([1, -1]) * 2.0 ** random.uniform(-52, -1))
    add(math.copysign(2.0 ** random.uniform(-1040, 0), random.random() - 0.3))
for _ in range(90):
    add(10.0 ** random.uniform(0, 305), "lgamma")
    add(-(10.0 ** random.uniform(0, 15)), "lgamma")

path = pathlib.Path(__file__).with_name("gamma.jsonl")
path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
print(len(rows), "records")
