"""The seeds of the fuzz targets: one JSON string a line in seeds/texts.jsonl, one file each where cargo-fuzz works.

    python3 fuzz/seeds.py unpack     seeds -> corpus/<target>/
    python3 fuzz/seeds.py import     the texts of ../corpus -> corpus/<target>/
    python3 fuzz/seeds.py pack       corpus/<target>/ (after `cargo fuzz cmin`) -> seeds
"""

import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = HERE / "seeds" / "texts.jsonl"
TARGETS = ["evaluate", "same_key"]
# What libFuzzer is told as -max_len.
BYTES_MAX = 400


def unpack(texts):
    for target in TARGETS:
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for text in texts:
            data = text.encode()
            if len(data) <= BYTES_MAX:
                (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def seeds():
    return [json.loads(line) for line in SEEDS.read_text().splitlines()]


def corpora():
    for name in ["python_arith", "python_outside", "plusminus", "equivalent", "hostile"]:
        for line in (HERE.parent / "corpus" / f"{name}.jsonl").read_text().split("\n"):
            if line:
                record = json.loads(line)
                texts = record.get("texts") or [record.get("expr")]
                yield from (text for text in texts if isinstance(text, str))


def pack():
    texts = set()
    for target in TARGETS:
        for file in (HERE / "corpus" / target).iterdir():
            try:
                texts.add(file.read_bytes().decode())
            except UnicodeDecodeError:
                pass
    lines = [json.dumps(text) for text in sorted(texts, key=lambda text: (len(text), text))]
    SEEDS.write_text("".join(line + "\n" for line in lines))
    print(f"{len(lines)} texts, {SEEDS.stat().st_size} bytes")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["unpack"]:
            unpack(seeds())
        case ["import"]:
            unpack(corpora())
        case ["pack"]:
            pack()
        case _:
            sys.exit(__doc__)
