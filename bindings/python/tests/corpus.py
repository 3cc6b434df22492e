"""The records of the repository's corpora, which came out of other tools."""

import json
import pathlib

CORPUS = pathlib.Path(__file__).parents[3] / "corpus"


def records(name):
    # At `\n` only: some texts hold other line breaks.
    lines = (CORPUS / name).read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]
