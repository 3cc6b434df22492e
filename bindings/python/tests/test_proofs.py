"""Proofs, computed again with hashlib, and compared with the command's."""

import hashlib
import json
import os
import subprocess

import pytest
from corpus import records

import tabuada

CODES = {"NameError": "unknown-name", "TypeError": "type-error", "ValueError": "value-error",
         "ZeroDivisionError": "division-by-zero", "OverflowError": "overflow"}  # fmt: skip


def proof_of(text, variant, kind, shown):
    key = f"{variant}:{tabuada.canonical(text, mode=MODES[variant])}"
    return "sha256:" + hashlib.sha256("\n".join([key, *kind, shown]).encode()).hexdigest()


MODES = {"2": "python", "2@exact": "exact", **{f"2@decimal{n}": f"decimal:{n}" for n in range(1, 1_001)}}


def test_proofs_are_hashes_of_key_and_answer():
    for text, lines in [("2+2", b"2:2+2\nint\n4"), ("1/0", b"2:1/0\nerror\ndivision-by-zero\ndivision by zero")]:
        assert tabuada.proof(text) == "sha256:" + hashlib.sha256(lines).hexdigest()
    for text in ("rnd()", "9**9**9", "sum(sin(k), k, 1, 10**9)"):
        assert tabuada.proof(text) is None
    with pytest.raises(SyntaxError):
        tabuada.proof("2+")


def test_proofs_of_the_corpora_follow_from_the_records():
    compared = 0
    for record in records("python_arith.jsonl"):
        text = record["expr"]
        # Where Python's last digits may be wrong, or the package departs from it, the records give no proof.
        if record["tol"] != "exact" or record["phase"] == "syntax" or record.get("extends") or record["features"]:
            continue
        if record["type"] == "error":
            # For these, the package's limits come first.
            if record["error"] not in CODES or tabuada.proof(text) is None:
                continue
            kind, shown = ("error", CODES[record["error"]]), record["message"]
        elif record["repr"] is None:
            continue
        else:
            kind, shown = (record["type"],), record["repr"]
        compared += 1
        assert tabuada.proof(text) == proof_of(text, "2", kind, shown), record
    for record in records("exact.jsonl"):
        if "r" in record and record["r"] not in ("True", "False"):
            kind = ("fraction" if "/" in record["r"] else "int",)
            assert tabuada.proof(record["t"], mode="exact") == proof_of(record["t"], "2@exact", kind, record["r"])
            compared += 1
    for record in records("decimals.jsonl"):
        if "r" in record and type(tabuada.evaluate(record["t"], mode=f"decimal:{record['n']}")).__name__ == "Decimal":
            wanted = proof_of(record["t"], f"2@decimal{record['n']}", ("decimal",), record["r"])
            assert tabuada.proof(record["t"], mode=f"decimal:{record['n']}") == wanted
            compared += 1
    assert compared > 12_000


@pytest.mark.skipif("TABUADA_BINARY" not in os.environ, reason="./test names the binary of the command, if it was built")
def test_proofs_are_those_of_the_command():
    texts = [record["expr"] for record in records("python_arith.jsonl")]
    texts = [text for text in texts if "\n" not in text and "\r" not in text][::5]
    printed = subprocess.run(
        [os.environ["TABUADA_BINARY"], "batch", "--proof"], input="\n".join(texts) + "\n", capture_output=True, text=True, check=False
    )
    answers = [json.loads(line) for line in printed.stdout.split("\n") if line]
    assert len(answers) == len(texts)
    for text, answer in zip(texts, answers, strict=True):
        try:
            proof = tabuada.proof(text)
        except tabuada.SyntaxError:
            proof = None
        assert answer.get("proof") == proof, (text, answer)
