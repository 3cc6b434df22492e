"""Evaluates expressions with CPython: `answers(texts)` takes a JSON array of them and gives an array of pairs, the type
and the `repr` of each value or the class and the message of each error."""

import json
import math
import statistics
import sys
import warnings

warnings.simplefilter("ignore")
sys.set_int_max_str_digits(0)
NAMES = {name: getattr(math, name) for name in dir(math) if name[0] != "_" and name != "pow"} | {"math": math}
for name in "mean median median_low median_high mode stdev pstdev variance pvariance".split():
    NAMES[name] = getattr(statistics, name)


def judge(text):
    try:
        value = eval(text, dict(NAMES))
        return [type(value).__name__, repr(value)]
    except SyntaxError:
        return ["syntax", ""]
    except OverflowError as error:
        # The number and message of this error are the C library's; these are Linux's.
        is_range = error.args[0] == 68
        return ["OverflowError", "(34, 'Numerical result out of range')" if is_range else str(error)]
    except Exception as error:
        return [type(error).__name__, str(error)]


def answers(texts):
    return json.dumps([judge(text) for text in json.loads(texts)])
