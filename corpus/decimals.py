#!/usr/bin/env python3
"""Writes decimals.jsonl: expressions of decimal mode and what Python's `decimal` and mpmath answer.

A record has the digits `n` of the mode, the text `t`, and the answer's text `r` or the code of the error `e`.

Operators, comparisons, square roots, exp, ln, log10, quantize and texts come from CPython's `decimal`; `**` from its
equivalent in Python, `_pydecimal`, which always rounds correctly, while the one in C almost always does. The other
functions come from mpmath (pip install mpmath), with many more digits than needed, rounded half to even here; a value
too near to a tie is computed again with more digits. Exact answers are left to hand-written tests.
"""
import _pydecimal
import decimal
import json
import operator
import pathlib
import random
from decimal import Decimal

import mpmath
from mpmath import mp

random.seed(20261125)
rows = []
seen = set()


def context(digits):
    return decimal.Context(prec=digits, rounding=decimal.ROUND_HALF_EVEN, Emin=-999999, Emax=999999)


def code(error):
    names = [error] if isinstance(error, type) else [type(error)] + list(error.args[0] if error.args else [])
    names = [name.__name__ for name in names if isinstance(name, type)]
    if "DivisionByZero" in names or "DivisionUndefined" in names:
        return "division-by-zero"
    return "overflow" if "Overflow" in names else "value-error"


def add(digits, text, answer=None, error=None):
    if (digits, text) in seen:
        return
    seen.add((digits, text))
    # Python's infinities are errors here: quotients by zero, or outside the domain for the logarithm of zero.
    if str(answer) in ("Infinity", "-Infinity"):
        answer, error = None, "value-error" if text.startswith(("ln", "log")) else "division-by-zero"
    row = {"n": digits, "t": text}
    row |= {"e": error} if error else {"r": str(answer)}
    rows.append(row)


def attempt(digits, text, work):
    with decimal.localcontext(context(digits)):
        try:
            answer = work()
        except decimal.DecimalException as problem:
            return add(digits, text, error=code(problem))
    if isinstance(answer, tuple):
        answer = "(" + ", ".join(map(str, answer)) + ")"
    add(digits, text, answer)


def literal(digits, wide=False):
    """A literal and its value: some digits with a point or an exponent somewhere."""
    length = random.choice([1, 1, 2, 3, digits, digits, digits + 1, digits + 3, 2 * digits])
    body = random.choice(["0", "5", "9", None, None, None, None])
    digits_of = "".join(random.choice("0123456789") if body is None else body for _ in range(length))
    digits_of = random.choice(["", "", "1", "5"]) + digits_of
    kind = random.random()
    if kind < 0.5:
        at = random.randrange(len(digits_of) + 1)
        text = digits_of[:at] + "." + digits_of[at:]
    else:
        span = 999_999 if wide and random.random() < 0.3 else random.choice([3, digits, 3 * digits])
        text = digits_of + "e" + str(random.randint(-span, span))
    return text


def number(text):
    return Decimal(text.replace("_", ""))


def operand(digits, wide=False):
    """Text and value of an operand, perhaps negative: the minus rounds, as in the language."""
    if random.random() < 0.15:
        whole = random.choice([0, 1, 2, 7, 10, 100, random.getrandbits(40), random.getrandbits(200)])
        return str(whole), lambda: Decimal(whole)
    text = literal(digits, wide)
    if random.random() < 0.3:
        return f"(-{text})", lambda: -number(text)
    return text, lambda: number(text)


OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod}
COMPARISONS = {"<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge}


def some_digits():
    return random.choice([1, 2, 3, 5, 9, 16, 17, 28, 28, 34, 50, 60])


def is_whole(text):
    return text.isdigit()


for _ in range(2200):
    digits = some_digits()
    symbol = random.choice(list(OPERATORS))
    (a, x), (b, y) = operand(digits, True), operand(digits, True)
    if is_whole(a) and is_whole(b) and symbol != "/":
        continue  # Integers stay integers.
    attempt(digits, f"{a} {symbol} {b}", lambda: OPERATORS[symbol](x(), y()))
for _ in range(150):
    digits = some_digits()
    (a, x), (b, y) = operand(digits), operand(digits)
    if random.random() < 0.3:
        b, y = a, x
    symbol = random.choice(list(COMPARISONS))
    attempt(digits, f"{a} {symbol} {b}", lambda: COMPARISONS[symbol](x(), y()))
for digits in [200] * 60 + [1000] * 12:
    symbol = random.choice(list(OPERATORS))
    (a, x), (b, y) = operand(digits), operand(digits)
    attempt(digits, f"{a} {symbol} {b}", lambda: OPERATORS[symbol](x(), y()))
for _ in range(250):
    digits = some_digits()
    a, x = operand(digits, True)
    if is_whole(a):
        continue
    attempt(digits, f"+{a}", lambda: +x())
    attempt(digits, f"-{a}", lambda: -x())
    attempt(digits, f"abs({a})", lambda: abs(x()))
    attempt(digits, a, x) if not a.startswith("(") else None
for _ in range(400):
    digits = some_digits()
    a, x = operand(digits)
    places = random.randint(-digits - 2, digits + 2)
    if not is_whole(a):
        attempt(digits, f"round({a}, {places})", lambda: round(x(), places))
        if abs(x().adjusted()) < 300:
            attempt(digits, f"round({a})", lambda: round(x()))
            attempt(digits, f"int({a})", lambda: int(x()))
            attempt(digits, f"floor({a})", lambda: __import__("math").floor(x()))
            attempt(digits, f"ceil({a})", lambda: __import__("math").ceil(x()))
for _ in range(150):
    digits = some_digits()
    (a, x), (b, y) = operand(digits), operand(digits)
    if is_whole(a) and is_whole(b):
        continue
    attempt(digits, f"divmod({a}, {b})", lambda: divmod(x(), y()))
    attempt(digits, f"remainder({a}, {b})", lambda: x().remainder_near(y()))


# Square roots: of random numbers, of squares, and of neighbours of squares of ties.
for _ in range(400):
    digits = some_digits()
    a, x = operand(digits, True)
    attempt(digits, f"sqrt({a})", lambda: x().sqrt())
    tie = int("".join(random.choice("123456789") for _ in range(digits)) + "5")
    near = tie * tie + random.choice([-1, 0, 1])
    text = f"{near}e{random.randint(-40, 40)}"
    attempt(digits, f"sqrt({text})", lambda: number(text).sqrt())


def one_argument(name, method, texts):
    for digits, text in texts:
        attempt(digits, f"{name}({text})", lambda: getattr(number(text), method)())


def arguments(count, low, high, digits_of=some_digits):
    for _ in range(count):
        digits = digits_of()
        length = random.choice([1, 2, 3, digits, digits])
        mantissa = random.randint(10 ** (length - 1), 10**length - 1)
        yield digits, f"{mantissa}e{random.randint(low, high) - length + 1}"


def near_one(count):
    for _ in range(count):
        digits = some_digits()
        zeros = random.randint(1, digits + 3)
        yield digits, "1." + "0" * zeros + str(random.randint(1, 999))
        yield digits, "0." + "9" * zeros + str(random.randint(1, 999))


one_argument("exp", "exp", arguments(300, -70, 7))
one_argument("exp", "exp", arguments(6, -3, 3, lambda: 200))
one_argument("exp", "exp", arguments(2, -3, 3, lambda: 1000))
one_argument("ln", "ln", list(arguments(250, -50, 50)) + list(near_one(60)))
one_argument("log10", "log10", list(arguments(200, -50, 50)) + list(near_one(30)))
one_argument("ln", "ln", [(28, "1e999999"), (28, "7e-999999"), (60, "1e-999999"), (28, "0.0"), (1000, "2.0"), (1000, "10.5")])
one_argument("log10", "log10", [(5, "1e999999"), (2, "1e-12345"), (28, "2e999999"), (28, "1.000"), (200, "2.0"), (1000, "2.0")])
for exponent in range(-60, 61):
    one_argument("log10", "log10", [(random.choice([1, 2, 3, 28]), f"1e{exponent}")])


def power(digits, a, b):
    ctx = _pydecimal.Context(prec=digits, rounding=_pydecimal.ROUND_HALF_EVEN, Emin=-999999, Emax=999999)
    with _pydecimal.localcontext(ctx):
        value = lambda text: -_pydecimal.Decimal(text[2:-1]) if text.startswith("(") else _pydecimal.Decimal(text)
        try:
            answer = value(a) ** value(b)
        except _pydecimal.DecimalException as problem:
            names = [kind.__name__ for kind in type(problem).__mro__]
            kind = "division-by-zero" if "DivisionByZero" in names else "overflow" if "Overflow" in names else "value-error"
            return add(digits, f"{a} ** {b}", error=kind)
    add(digits, f"{a} ** {b}", answer)


for _ in range(700):
    digits = some_digits()
    a = random.choice(["2.0", "0.5", "1.10", "10.0", "1e3", "4e-2", "0.25", "1.0", "1.000", "0.0", "6.25", "1024e0", "0.2e1", "125e-3", literal(random.choice([2, digits])), literal(digits)])
    b = random.choice(["0.5", "0.25", "1.5", "2", "3", "10", "100", "-1", "-2", "-0.5", "0", "0.0", "1e-5", "1e3", "2.0", "0.125", "0.2", "7", "12345", literal(2), "1e-30", "-3", "-7"])
    if b.startswith("-"):
        b = f"(-{b[1:]})"
    if random.random() < 0.15:
        a = f"(-{a})"
    power(digits, a, b)
for _ in range(60):
    digits = random.choice([3, 9, 28])
    power(digits, f"1.{'0' * random.randint(2, 30)}{random.randint(1, 99)}", f"{random.randint(1, 9)}e{random.randint(0, 30)}")
power(200, "2.0", "0.3")
power(1000, "2.0", "0.3")
power(1000, "1.5", "1000.5")


# The functions that `decimal` does not have, by mpmath.


def rounded(work, digits, extra=0):
    """The decimal nearest to the result of `work`; `None` if that is missing or seems to be exact."""
    for spare in [40, 120, 400]:
        with mp.workdps(digits + spare + extra):
            try:
                value = work()
            except (ZeroDivisionError, ValueError, mpmath.libmp.ComplexResult):
                return None
            if isinstance(value, mpmath.mpc) or not mpmath.isfinite(value) or value == 0:
                return None
            exact = Decimal(mpmath.nstr(value, digits + spare - 10, strip_zeros=False, min_fixed=1, max_fixed=0))
        with decimal.localcontext(context(digits + spare)):
            unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
            places = abs(exact / unit) * 2
            distance = abs(places - places.to_integral_value())
            if distance.adjusted() > -20:
                with decimal.localcontext(context(digits)):
                    return +exact
    return None


MP = {
    "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "asin": mp.asin, "acos": mp.acos, "atan": mp.atan,
    "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh, "asinh": mp.asinh, "acosh": mp.acosh, "atanh": mp.atanh,
    "log1p": lambda x: mp.log(1 + x), "expm1": mp.expm1, "cbrt": lambda x: mp.cbrt(x) if x > 0 else -mp.cbrt(-x),
    "exp2": lambda x: mp.mpf(2) ** x, "log2": lambda x: mp.log(x) / mp.log(2),
    "degrees": lambda x: x * 180 / mp.pi, "radians": lambda x: x * mp.pi / 180,
}
RANGES = {"asin": (-30, 0), "acos": (-30, 0), "atanh": (-30, 0), "sinh": (-30, 4), "cosh": (-30, 4), "tanh": (-30, 3), "exp2": (-30, 5), "expm1": (-40, 4), "acosh": (0, 30)}


def judge(name, digits, text, negative=False):
    negative = negative and len(number(text).as_tuple().digits) <= digits
    exponent = abs(number(text).adjusted()) + abs(number(text).as_tuple().exponent)
    answer = rounded(lambda: MP[name](-mp.mpf(text) if negative else mp.mpf(text)), digits, 2 * exponent)
    if answer is not None:
        add(digits, f"{name}({'-' if negative else ''}{text})", answer)


for name in MP:
    low, high = RANGES.get(name, (-30, 30))
    signed = name not in ("log2", "acosh")
    # The minus rounds, so texts of negative numbers have no more digits than the mode.
    for digits, text in arguments(110, low, high):
        judge(name, digits, text, signed and random.random() < 0.4)
    for digits in (200, 1000):
        for _, text in arguments(3 if digits == 200 else 1, max(low, -3), min(high, 3)):
            judge(name, digits, text)
    for digits, text in arguments(4, max(low, -3), min(high, 1), lambda: 28):
        judge(name, 1, text)
for name in ["log2", "acosh", "atanh", "asin", "acos"]:
    for digits, text in near_one(25):
        if len(text) < digits:
            judge(name, digits, text)
for text in ["1e100", "1e500", "7e999", "22e0", "355e0", "103993e0", "3.14159265358979323846", "1.57079632679489661923132169163975144"]:
    for name in ["sin", "cos", "tan"]:
        judge(name, 28, text)
        judge(name, 5, text)

# Hard cases: a few digits, followed by a long run of nines or zeros that careless rounding misjudges.
for name in list(MP) + ["exp", "ln"]:
    found = 0
    for _ in range(4000):
        digits = random.choice([4, 5, 6, 7])
        low, high = RANGES.get(name, (-2, 2))
        text = f"{random.randint(1, 9999)}e{random.randint(max(low, -2), min(high, 2)) - 4}"
        function = {"exp": mp.exp, "ln": mp.log}.get(name) or MP[name]
        with mp.workdps(30):
            try:
                value = function(mp.mpf(text))
                if isinstance(value, mpmath.mpc) or value == 0 or not mpmath.isfinite(value):
                    continue
            except (ZeroDivisionError, ValueError):
                continue
            tail = mpmath.nstr(abs(value), 20, strip_zeros=False, min_fixed=1, max_fixed=0).split("e")[0].replace(".", "")[digits:]
        if tail[:4] in ("5000", "4999"):
            answer = rounded(lambda: function(mp.mpf(text)), digits, 20)
            if answer is not None:
                add(digits, f"{name}({text})", answer)
                found += 1
        if found >= 8:
            break

for _ in range(150):
    digits = some_digits()
    (_, a), (_, b) = next(arguments(1, -20, 20, lambda: digits)), next(arguments(1, -20, 20, lambda: digits))
    x, y = random.choice([(a, b), (f"-{a}", b), (a, f"-{b}"), (f"-{a}", f"-{b}")])
    answer = rounded(lambda: mp.atan2(mp.mpf(x), mp.mpf(y)), digits, 150)
    if answer is not None:
        add(digits, f"atan2({x}, {y})", answer)
    answer = rounded(lambda: mp.hypot(mp.mpf(a), mp.mpf(b)), digits, 150)
    if answer is not None:
        add(digits, f"hypot({a}, {b})", answer)
    answer = rounded(lambda: mp.log(mp.mpf(a)) / mp.log(mp.mpf(b)), digits, 150)
    if answer is not None:
        add(digits, f"log({a}, {b})", answer)
    index = random.choice([3, 4, 5, 7, 12])
    answer = rounded(lambda: mp.root(mp.mpf(a), index), digits, 150)
    if answer is not None:
        add(digits, {3: "³", 4: "⁴", 5: "⁵", 7: "⁷", 12: "¹²"}[index] + f"√{a}", answer)
for name in ["pi", "e", "phi"]:
    for digits in [1, 2, 3, 10, 28, 50, 100, 500, 999, 1000]:
        add(digits, name, rounded(lambda: +getattr(mp, name), digits))
        if name == "pi":
            add(digits, "tau", rounded(lambda: 2 * mp.pi, digits))

path = pathlib.Path(__file__).with_suffix(".jsonl")
path.write_text("".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows), encoding="utf-8")
print(len(rows), "records", path.stat().st_size, "bytes")
