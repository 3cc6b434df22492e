"""Measures the package beside `eval`, simpleeval, asteval and numexpr: `bindings/python/run bench`.

Every figure is the median of rounds in which all candidates take turns, with the quartiles beside it. The process runs on
one core, and numexpr on one thread. The ratio is that of the medians.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import timeit
from collections.abc import Callable

import asteval
import numexpr
import numpy
import simpleeval

import tabuada

ROUNDS = 25


def compare(title: str, unit: float, candidates: dict[str, Callable[[], object]], number: int) -> dict[str, float]:
    """Prints the time of a call of each candidate, in `unit` seconds, and gives the medians."""
    samples: dict[str, list[float]] = {name: [] for name in candidates}
    for call in candidates.values():
        call()
    for _ in range(ROUNDS):
        for name, call in candidates.items():
            samples[name].append(timeit.timeit(call, number=number) / number / unit)
    print(f"\n{title}")
    medians = {}
    for name, times in samples.items():
        low, medians[name], high = statistics.quantiles(times, n=4)
        ours = medians[next(iter(medians))]
        print(f"  {name:28}{medians[name]:10.3f}  ({low:.3f} to {high:.3f}){medians[name] / ours:9.2f} times ours")
    return medians


def texts() -> None:
    simple, other = simpleeval.SimpleEval(), asteval.Interpreter(minimal=True)
    for text in ("2+2", "(3*4+5)/7-2**3"):
        compare(
            f"{text} from a text, µs",
            1e-6,
            {
                "tabuada.evaluate": lambda text=text: tabuada.evaluate(text),
                "eval": lambda text=text: eval(text),
                "simpleeval": lambda text=text: simple.eval(text),
                "asteval": lambda text=text: other(text),
                "numexpr.evaluate": lambda text=text: numexpr.evaluate(text),
            },
            1_000,
        )
    compare(
        "x**2 + 3*x + 1 from a text, with x given, µs",
        1e-6,
        {
            "tabuada.evaluate": lambda: tabuada.evaluate("x**2 + 3*x + 1", {"x": 7}),
            "eval": lambda: eval("x**2 + 3*x + 1", {"x": 7}),
        },
        1_000,
    )
    fresh = [f"{number}+{number + 1}*2" for number in range(20_000)]
    ours, python = iter(fresh * 100), iter(fresh * 100)
    compare(
        "a new text each time, µs",
        1e-6,
        {"tabuada.evaluate": lambda: tabuada.evaluate(next(ours)), "eval": lambda: eval(next(python))},
        1_000,
    )


def compiled() -> None:
    f = tabuada.compile("x**2 + 3*x + 1")
    code = compile("x**2 + 3*x + 1", "", "eval")
    compare(
        "x**2 + 3*x + 1, compiled, one number, µs",
        1e-6,
        {
            "tabuada, int": lambda: f(x=7),
            "tabuada, float": lambda: f(x=7.5),
            "eval of code, int": lambda: eval(code, {"x": 7}),
            "eval of code, float": lambda: eval(code, {"x": 7.5}),
        },
        1_000,
    )


def arrays() -> None:
    numexpr.set_num_threads(1)
    rows = numpy.random.default_rng(1).uniform(0.5, 2.0, 1_000_000)
    others = numpy.random.default_rng(2).uniform(0.5, 2.0, 1_000_000)
    for text in (
        "2*x + 1",
        "x**2 + 2*x + 1",
        "x**3 - 2*x/(y + 1)",
        "sin(x)**2 + cos(y)**2",
        "exp(-x**2/2)",
        "sqrt(x**2 + y**2)",
        "log(x) + x*y",
    ):
        f = tabuada.compile(text)
        given = {name: {"x": rows, "y": others}[name] for name in f.names}
        compare(
            f"{text} over 1,000,000 floats, ms",
            1e-3,
            {
                "tabuada": lambda f=f, given=given: f(**given),
                "numexpr": lambda text=text, given=given: numexpr.evaluate(text, given),
            },
            1,
        )


if __name__ == "__main__":
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"CPython {sys.version.split()[0]}, tabuada {tabuada.__version__}, {time.strftime('%Y-%m')}")
    texts()
    compiled()
    arrays()
