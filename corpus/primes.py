#!/usr/bin/env python3
"""Writes primes.jsonl: primes, factors and Fibonacci numbers as sympy answers them.

Needs sympy. A record has `op`, `n`, and the answer `r`: a boolean, an integer as text, or for `factorise` the primes with
their exponents, as in `2^3 5`.
"""
import json
import pathlib
import random

import sympy

random.seed(20261126)
rows = []


def add(op, n):
    n = int(n)
    answer = {
        "is_prime": lambda: bool(sympy.isprime(n)),
        "next_prime": lambda: str(sympy.nextprime(n)),
        "fibonacci": lambda: str(sympy.fibonacci(n)),
        "factorise": lambda: " ".join(f"{p}^{k}" if k > 1 else str(p) for p, k in sorted(sympy.factorint(n).items())),
    }[op]()
    rows.append({"op": op, "n": str(n), "r": answer})


for n in range(-3, 130):
    add("is_prime", n)
# Composite numbers that pass weaker tests: strong pseudoprimes to base 2 (such as 1093² and 3511²) and to the first
# several primes, Carmichael numbers, strong Lucas pseudoprimes, and their neighbours.
for n in (2047, 3277, 4033, 4681, 8321, 15841, 29341, 1194649, 12327121, 1373653, 25326001, 3215031751, 2152302898747,
          3474749660383, 341550071728321, 3825123056546413051, 318665857834031151167461, 3317044064679887385961981,
          561, 1105, 1729, 41041, 825265, 321197185, 9746347772161, 1436697831295441, 60977817398996785,
          5459, 5777, 10877, 16109, 18971, 22499, 24569, 25199, 40309, 58519, 75077, 97439, 100127, 113573, 115639,
          2**64 - 59, 2**64 - 1, 2**64 + 13, 2**64, 2**63 - 25, 2**61 - 1, 2**89 - 1, 2**107 - 1, 2**127 - 1, 2**521 - 1,
          2**257 - 1, 2**101 - 1, 2**128 + 51, 2**192 - 237, 2**192 - 2**64 - 1, 2**255 - 19, 10**100 + 267, 10**100 + 269,
          1031**2, 1021 * 1031, 1033**2, (2**61 - 1) ** 2, (2**61 - 1) * (2**31 - 1), (2**89 - 1) * (2**107 - 1), (10**30 + 57) ** 2):
    add("is_prime", n)
for bits in (16, 20, 21, 32, 40, 62, 63, 64, 65, 80, 96, 127, 128, 129, 192, 256, 384, 512):
    for _ in range(8 if bits < 200 else 3):
        n = random.getrandbits(bits) | 1 << (bits - 1) | 1
        prime = sympy.nextprime(n)
        add("is_prime", n)
        add("is_prime", prime)
        if bits <= 256:
            add("is_prime", prime * sympy.nextprime(random.getrandbits(bits)))
    add("next_prime", n)
for n in list(range(-2, 60)) + [113, 1019, 1020, 1021, 1029, 1030, 1031, 1327, 31397, 370261, 1062920, 1062961, 1349533, 20831323,
                                17051707, 2**32 - 6, 2**62, 2**63 - 26, 2**64 - 60, 2**64 - 59, 2**64, 2**128, 2**300, 2**600, 10**18]:
    add("next_prime", n)
for n in list(range(1, 70)) + [2**40, 2**64, 3**50, 1024**8, 720720, 1031**2, 1031 * 1033, 1021**5, 2**64 - 1, 2**64 + 1,
                               2**96 - 1, 2**120 - 1, 10**18 + 1, 10**30 + 1, 600851475143, 1000003**4, (2**31 - 1) ** 3,
                               (2**61 - 1) ** 2, (2**61 - 1) * 5**9, 1000000007 * 1000000009, 4294967291 * 4294967279,
                               3825123056546413051, 318665857834031151167461, 2**61 - 1, (2**89 - 1) * 12]:
    add("factorise", n)
for bits in (20, 30, 40, 50, 60, 63, 64, 65, 70):
    for _ in range(8):
        add("factorise", random.getrandbits(bits) | 1 << (bits - 1))
for bits in (10, 14, 18, 22, 26, 30, 32):
    for _ in range(4):
        add("factorise", sympy.nextprime(random.getrandbits(bits)) * sympy.nextprime(random.getrandbits(bits)))
for _ in range(10):
    add("factorise", sympy.prod([sympy.nextprime(random.getrandbits(18)) for _ in range(7)]))
for n in list(range(-20, 40)) + [64, 90, 91, 92, 93, 94, 100, 127, 128, 185, 186, 187, 200, 255, 256, 1000, 1001, -1000, -1001, 4096, 5000]:
    add("fibonacci", n)

path = pathlib.Path(__file__).with_name("primes.jsonl")
path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
print(len(rows), "records")
