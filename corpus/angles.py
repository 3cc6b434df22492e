#!/usr/bin/env python3
"""Writes angles.jsonl: functions of degrees, reciprocal functions and their inverses, at floats where they are hard to
round, with the double nearest to the value; and angles_decimal.jsonl, the same in decimal mode.

Needs mpmath. A record of the first is {"fn", "x", "f64"}; `sin°` is the sine of x degrees. Of many random angles of each
kind, those are kept whose value is nearest to the middle between two doubles. Angles at which the value is rational
are left out. A record of the second has the digits `n` of the mode, the text `t` and the answer's text `r`.
`python3 corpus/angles.py COUNT` prints COUNT random records of the first kind instead, without a selection.
"""
import decimal
import json
import math
import pathlib
import random
import sys
from fractions import Fraction

from mpmath import mp, mpf

random.seed(20261128)


def nearest(value):
    """The double nearest to an mpf, subnormals included: integer division rounds correctly."""
    sign, mantissa, exponent, _ = value._mpf_
    exact = Fraction(int(mantissa)) * (Fraction(2) ** int(exponent))
    return (-1) ** sign * (exact.numerator / exact.denominator)


def distance_from_tie(value):
    """The distance of a value from the middle between two doubles, in units of their distance."""
    double = nearest(value)
    if not double:
        return 1
    ulp = mpf(math.ulp(double))
    return abs(abs(value - mpf(double)) / ulp - mpf(1) / 2)


def reduced(x):
    """x degrees in radians, without whole turns."""
    return mpf(Fraction(x) % 360 * 2**1100 // 1) / 2**1100 * mp.pi / 180


DEGREES = {"sin°": mp.sin, "cos°": mp.cos, "tan°": mp.tan, "sec°": mp.sec, "csc°": mp.csc, "cot°": mp.cot}
RADIANS = {"sec": mp.sec, "csc": mp.csc, "cot": mp.cot}
INVERSE = {"asec": mp.asec, "acsc": mp.acsc, "acot": mp.acot}


def neighbour(x):
    for _ in range(random.randint(0, 3)):
        x = math.nextafter(x, random.choice([-math.inf, math.inf]))
    return x


def angle(turn):
    """A random angle: anywhere within a turn or two, near a multiple of its 24th part, tiny, or huge."""
    kind = random.randrange(6)
    if kind == 0:
        x = neighbour(random.randint(-72, 72) * turn / 24)
    elif kind == 1:
        x = random.choice([1, -1]) * 10 ** random.uniform(-300, -1)
    elif kind == 2:
        x = random.choice([1, -1]) * 10 ** random.uniform(3, 300)
    elif kind == 3:
        x = round(random.uniform(-2 * turn, 2 * turn), random.randint(0, 6))
    else:
        x = random.uniform(-turn, turn)
    return float(x)


def beyond_one():
    kind = random.randrange(4)
    if kind == 0:
        x = 1 + random.random() * 2.0 ** -random.randint(1, 52)
    elif kind == 1:
        x = 10 ** random.uniform(0, 300)
    else:
        x = random.uniform(1, 20)
    return random.choice([1, -1]) * neighbour(max(x, 1.000000000001) if kind else max(x, math.nextafter(1, 2)))


def record(name):
    while True:
        # As many bits as the angle has before the point, and some more.
        mp.prec = 2000
        if name in DEGREES:
            x = angle(360)
            if Fraction(x) % 15 == 0:
                continue
            value = DEGREES[name](reduced(x))
        elif name in RADIANS:
            x = angle(2 * math.pi)
            if x == 0:
                continue
            value = RADIANS[name](mpf(x))
        else:
            x = angle(6) if name == "acot" else beyond_one()
            if x == 0 or abs(x) < 1 and name != "acot":
                continue
            value = INVERSE[name](mpf(x))
        try:
            double = nearest(value)
        except OverflowError:
            continue
        return distance_from_tie(value), {"fn": name, "x": repr(x), "f64": repr(double)}


names = [*DEGREES, *RADIANS, *INVERSE]
if len(sys.argv) > 1:
    for at in range(int(sys.argv[1])):
        print(json.dumps(record(names[at % len(names)])[1], ensure_ascii=False))
    sys.exit()
rows = []
for name in names:
    tried = sorted((record(name) for _ in range(3000)), key=lambda pair: pair[0])
    rows += [row for _, row in tried[:25]] + [record(name)[1] for _ in range(15)]
path = pathlib.Path(__file__).with_name("angles.jsonl")
path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
print(len(rows), "records")


def decimal_angle(digits, turn):
    """The text of a random decimal: within a turn or two, near a multiple of its 24th part, tiny, or huge."""
    kind = random.randrange(5)
    places = random.choice([0, 1, 2, digits, 2 * digits])
    if kind == 0:
        near = decimal.Decimal(random.randint(-72, 72)) * turn / 24
        text = near + random.choice([1, -1]) * decimal.Decimal(random.randint(1, 99)).scaleb(-places - 2)
    elif kind == 1:
        text = decimal.Decimal(random.randint(1, 10**digits)).scaleb(-digits - random.randint(1, 3 * digits))
    elif kind == 2:
        text = decimal.Decimal(random.randint(1, 10**digits)).scaleb(random.randint(0, 50))
    else:
        text = decimal.Decimal(random.randint(-720 * 10**places, 720 * 10**places)).scaleb(-places)
    return text


def decimal_record(name):
    digits = random.choice([1, 2, 3, 5, 9, 16, 28, 28, 50])
    # As many digits as the hardest angle and the answer need, and some more.
    mp.dps = 12 * digits + 150
    while True:
        with decimal.localcontext(decimal.Context(prec=400)):
            if name in INVERSE and name != "acot":
                x = 1 + abs(decimal_angle(digits, 6)) * random.choice([1, 1, decimal.Decimal(1).scaleb(-digits)])
                x *= random.choice([1, -1])
            else:
                x = decimal_angle(digits, 360 if name in DEGREES else 6)
            if not x or abs(x) == 1 or name in DEGREES and x % 15 == 0:
                continue
            given = x % 360 if name in DEGREES else x
        above, below = given.as_integer_ratio()
        exact = mpf(above) / below
        if name in DEGREES:
            value = DEGREES[name](exact * mp.pi / 180)
        else:
            value = mp.re((RADIANS | INVERSE)[name](exact))
        text = decimal.Decimal(mp.nstr(value, mp.dps - 60, strip_zeros=False))
        answer = decimal.Context(prec=digits, rounding=decimal.ROUND_HALF_EVEN, Emin=-999999, Emax=999999).plus(text)
        # A literal that is not whole keeps all its digits; a minus rounds, so the sign is written apart from it.
        written = f"{x.copy_abs():f}" if random.random() < 0.5 else f"{x.copy_abs():e}"
        if "." not in written and "e" not in written:
            written += ".0"
        sign = "-" if x < 0 else ""
        if sign and len(x.as_tuple().digits) + 1 > digits:
            continue
        argument = f"{sign}{written}°" if name in DEGREES else sign + written
        return {"n": digits, "t": f"{name.rstrip('°')}({argument})", "r": str(answer)}


rows = [decimal_record(name) for name in names for _ in range(80)]
path = pathlib.Path(__file__).with_name("angles_decimal.jsonl")
path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
print(len(rows), "records")
