"""The examples of both READMEs and of the docstrings are true."""

import doctest
import pathlib
import re

import pytest

import tabuada

HERE = pathlib.Path(__file__).parents[1]
READMES = ["README.md", "README.pt-BR.md"]


@pytest.mark.parametrize("name", READMES)
def test_the_examples_of_the_readme(name):
    results = doctest.testfile(str(HERE / name), module_relative=False, encoding="utf-8")
    assert results.attempted > 15 and results.failed == 0


def test_the_examples_of_the_docstrings():
    assert doctest.testmod(tabuada).failed == 0
    native = [tabuada.evaluate, tabuada.compile, tabuada.canonical, tabuada.proof]
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for function in native:
        runner.run(parser.get_doctest(function.__doc__, {"tabuada": tabuada}, function.__name__, None, None))
    assert (runner.tries, runner.failures) == (5, 0)


def test_both_readmes_have_the_same_examples():
    blocks = [re.findall(r"^(?:>>>|\.\.\.) .*", (HERE / name).read_text(encoding="utf-8"), re.MULTILINE) for name in READMES]
    assert blocks[0] == blocks[1]
