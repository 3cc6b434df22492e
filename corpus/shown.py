#!/usr/bin/env python3
"""Writes shown.jsonl: how numbers are shown, from the rules of docs/notation.md ("What is shown").

The digits come from Python's decimal (ROUND_HALF_UP, exact contexts), the fractions from a search with
fractions.Fraction, and whether a product with a power of ten is exact from CPython's floats.
"""

import json
import random
import re
from decimal import ROUND_HALF_UP, Context, Decimal, setcontext
from fractions import Fraction
from pathlib import Path

SEED = 20261129
EXACT = Context(prec=5000, Emax=10**6, Emin=-(10**6), rounding=ROUND_HALF_UP)
setcontext(EXACT)
SIGNS = {"point": (".", ","), "comma": (",", ".")}


def rounded(number, last):
    """To a multiple of 10**last, ties away from zero."""
    if number.as_tuple().exponent >= last:
        return number
    return number.quantize(Decimal((0, (1,), last)), context=EXACT)


def stripped(number, from_units):
    """Without zeros at the end: decimals alone, or all."""
    text = f"{number:f}"
    if from_units:
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return Decimal(text)
    return number.normalize(EXACT)


class Shown:
    def __init__(self, digits=None, format="auto", decimal="point", group="none"):
        self.digits, self.format, self.decimal, self.group = digits, format, decimal, group

    def whole(self, digits):
        if self.group == "none" or len(digits) < 5:
            return digits
        sign = "\u202f" if self.group == "space" else SIGNS[self.decimal][1]
        return f"{int(digits):,}".replace(",", sign)

    def plain(self, number):
        sign, _, _ = number.as_tuple()
        whole, _, decimals = f"{abs(number):f}".partition(".")
        text = ("-" if sign else "") + self.whole(whole)
        return text + (SIGNS[self.decimal][0] + decimals if decimals else "")

    def power(self, number, step, as_python):
        exponent = number.adjusted() // step * step
        mantissa = number.scaleb(-exponent, EXACT)
        text = self.plain(mantissa)
        is_exact = float(mantissa) * 10**exponent == float(number) if as_python == "if inexact" else not as_python
        return text + (f"·10^{exponent}" if is_exact else f"e{exponent:+03d}")

    def number(self, text, mode, in_complex=False):
        number = Decimal(text)
        has_exponent = "e" in text.lower()
        if mode == "python" and text.endswith(".0"):
            number = Decimal(text[:-2])
        if number == 0 and has_exponent:
            number = Decimal(0).copy_sign(number)
        is_float = mode == "python" and re.search(r"[.e]", text)
        if self.format == "fraction" and is_float and not in_complex:
            found = simplest(float(text))
            if found:
                sign = "-" if number < 0 else ""
                return sign + self.whole(str(found.numerator)) + "/" + self.whole(str(found.denominator))
        as_python = True if in_complex else "if inexact" if mode == "python" else False
        return self.decimals(number, has_exponent, as_python, in_complex)

    def decimals(self, number, has_exponent, as_python, in_complex=False):
        last = None
        if self.digits:
            last = number.adjusted() + 1 - self.digits
        if self.format.startswith("fixed:"):
            places = int(self.format[6:])
            at = -places if last is None else max(-places, last)
            number = rounded(number, at)
            number = rounded(number, min(0, number.as_tuple().exponent))
            number = abs(number) if number == 0 else number
            text = f"{number:f}"
            zeros = places - len(text.partition(".")[2])
            return self.plain(Decimal(text + ("" if "." in text or not zeros else ".") + "0" * zeros))
        if last is not None:
            number = rounded(number, last)
        exponent = number.as_tuple().exponent
        if self.format in ("auto", "fraction"):
            is_far = has_exponent and not -5 <= number.adjusted() < 16
            needs_power = number != 0 and (is_far or (exponent > 0 and number.adjusted() >= 16))
            if last is not None:
                number = stripped(number, not needs_power)
            return self.power(number, 1, as_python) if needs_power else self.plain(number)
        if number == 0:
            return "0"
        number = stripped(number, False)
        return self.power(number, 3 if self.format == "eng" else 1, in_complex)

    def ratio(self, text):
        value = Fraction(text)
        digits = self.digits or (16 if self.format in ("sci", "eng") else None)
        if self.format == "fraction" or self.format == "auto" and not digits:
            sign = "-" if value < 0 else ""
            return sign + self.whole(str(abs(value.numerator))) + "/" + self.whole(str(value.denominator))
        # Far more digits than are shown, and one that stands for the rest.
        cut = int(abs(value) * 10**2500)
        number = Decimal((int(value < 0), tuple(map(int, str(cut) + "1")), -2501))
        return Shown(digits, self.format, self.decimal, self.group).decimals(number, True, False)

    def value(self, text, mode):
        """Every number of a text without strings that contain numbers or commas."""
        if self.decimal == "comma" or self.group == "sign":
            text = text.replace(",", ";")

        def put(match):
            token = match.group()
            if token.endswith("j"):
                parts = re.fullmatch(r"(-?[^+-]*(?:e[+-]\d+)?)?([+-]?[^+-]*(?:e[+-]\d+)?)j", token).groups()
                parts = [part for part in parts if part]
                if len(parts) == 1:
                    return self.number(parts[0], mode, True) + "j"
                sign = "+" if parts[1].startswith("+") else ""
                return self.number(parts[0], mode, True) + sign + self.number(parts[1].lstrip("+"), mode, True) + "j"
            if "/" in token:
                return self.ratio(token)
            return self.number(token, mode)

        return re.sub(r"(?<![\w'])-?\d[\d.eE/]*(?:(?<=[eE])[+-]\d+)?(?:[+-][\d.]+(?:e[+-]\d+)?)?j?", put, text)


def simplest(value):
    """The fraction with the smallest denominator, up to a million, whose float this is; none if it is whole."""
    numerator, unit = abs(value).as_integer_ratio()
    for q in range(2, 10**6 + 1) if unit > 1 else ():
        p = (2 * numerator * q + unit) // (2 * unit)
        # CPython rounds a quotient of integers correctly.
        if p / q == abs(value):
            return Fraction(p, q)
    return None


def chances(random):
    floats = [repr(random.uniform(-1, 1) * 10.0 ** random.randint(-3, 18)) for _ in range(60)]
    floats += [repr(random.uniform(1, 10) * 10.0 ** random.choice((-300, -40, -9, -6, -5, -4, 16, 20, 25, 200, 300)))
               for _ in range(40)]
    floats += [repr(float(f"{random.uniform(1, 10):.2g}e{random.randint(-12, 30)}")) for _ in range(60)]
    floats += [repr(random.randint(-999, 999) / random.randint(1, 999)) for _ in range(60)]
    floats += [repr(random.randint(1, 10**6) / random.randint(1, 10**6)) for _ in range(20)]
    floats += ["0.0", "-0.0", "0.5", "1.5", "2.5", "-0.5", "2.675", "1.005", "9.995", "99999.5", "0.1", "4.0", "1e+16",
               "1e-05", "9.9e-06", "0.0001", "12345.0", "1234.0", "1e+22", "1e+23", "5e-324", "1.7976931348623157e+308",
               "0.30000000000000004", "0.3333333333333333", "9999999.999999998"]
    integers = [str(random.randint(-10**length, 10**length)) for length in (1, 2, 4, 5, 6, 9, 15, 17, 18, 40)
                for _ in range(4)] + ["0", "1000", "10000", "-99999", str(10**16), str(10**30)]
    complexes = ["2j", "-1.5j", "(1+2.5j)", "(-12345.678-1e-07j)", "(1e+16+0.3333333333333333j)", "(2.5-12345j)"]
    fractions = [f"{f.numerator}/{f.denominator}" for f in
                 (Fraction(random.randint(-10**a, 10**a), random.randint(2, 10**b))
                  for a in (1, 3, 9, 30) for b in (1, 3, 9, 30) for _ in range(3)) if f.denominator > 1]
    decimals = ["1.20", "0.00", "3", "-2.50", "1E+20", "1.50E-9", "12345678901234567890.5", "0.000001", "0E-7", "-0.125",
                "1234567.005", "9.99E+16"]
    containers = ["[]", "[1, 2.0, 3.75]", "(5,)", "(3, 6)", "{1.5, 20000}", "set()", "[[1.0, 'a'], (2.5,), True, None]",
                  "[(1+2.5j), 2j]", "'text'", "True", "inf", "[-inf, nan, 1.0]", "()"]
    yield from ((text, "python") for text in floats + integers + complexes + containers)
    yield from ((text, "exact") for text in fractions + ["[1/3, 20000, -7/2]", "12345"])
    yield from ((text, "decimal:28") for text in decimals + ["[1.20, 4.0]"])


def main():
    random_ = random.Random(SEED)
    formats = ["auto", "fixed:0", "fixed:2", "fixed:10", "sci", "eng", "fraction"]
    records = []
    for text, mode in chances(random_):
        chosen = [Shown(decimal=sign) for sign in SIGNS]
        for format in random_.sample(formats, 3):
            digits = random_.choice((None, None, 1, 2, 5, 12, 17))
            chosen.append(Shown(digits, format, random_.choice(list(SIGNS)), random_.choice(("none", "space", "sign"))))
        for shown in chosen:
            asked = {name: value for name, value in vars(shown).items() if value is not None}
            records.append({"text": text, "mode": mode, **asked, "shown": shown.value(text, mode)})
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    Path(__file__).with_name("shown.jsonl").write_text(lines, encoding="utf-8")
    print(len(records), "records")


if __name__ == "__main__":
    main()
