"""Converts the seeds of the fuzz targets: one JSON string per line here, one file per seed for cargo-fuzz.

    python3 fuzz/seeds.py unpack     seeds -> corpus/<target>/
    python3 fuzz/seeds.py import     the texts of ../corpus -> corpus/<target>/, for the targets of the language
    python3 fuzz/seeds.py pack       corpus/<target>/ (after `cargo fuzz cmin`) -> seeds

The targets of the language share texts.jsonl. The seeds of the other targets are bytes, written as a text with one
character for each byte.
"""

import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# For each file: the targets that use its seeds, the encoding of its texts, and how many bytes of them are kept (the
# shortest first).
FILES = {
    "texts": (["evaluate", "same_key", "advice", "school"], "utf-8", None),
    **{target: ([target], "latin-1", 30_000) for target in ["entries", "pushes", "mcp", "heads", "bodies", "lines"]},
}
# The value for libFuzzer's -max_len.
BYTES_MAX = 400


def file(name):
    return HERE / "seeds" / f"{name}.jsonl"


def unpack(name, texts):
    targets, encoding, _ = FILES[name]
    for target in targets:
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for text in texts:
            data = text.encode(encoding)
            if len(data) <= BYTES_MAX:
                (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def seeds(name):
    return [json.loads(line) for line in file(name).read_text().splitlines()]


def corpora():
    for name in ["python_arith", "python_outside", "plusminus", "equivalent", "hostile"]:
        for line in (HERE.parent / "corpus" / f"{name}.jsonl").read_text().split("\n"):
            if line:
                record = json.loads(line)
                texts = record.get("texts") or [record.get("expr")]
                yield from (text for text in texts if isinstance(text, str))


def pack(name):
    targets, encoding, room = FILES[name]
    texts = set()
    for folder in (HERE / "corpus" / target for target in targets):
        for found in folder.iterdir() if folder.exists() else []:
            try:
                texts.add(found.read_bytes().decode(encoding))
            except UnicodeDecodeError:
                pass
    # Seeds that were written by hand are kept.
    if encoding == "latin-1":
        by_hand = set(seeds(name))
        for text in sorted(texts - by_hand, key=len):
            room -= len(json.dumps(text)) + 1
            if room < 0:
                texts.discard(text)
        texts |= by_hand
    lines = [json.dumps(text) for text in sorted(texts, key=lambda text: (len(text), text))]
    file(name).write_text("".join(line + "\n" for line in lines))
    print(f"{name}: {len(lines)} seeds, {file(name).stat().st_size} bytes")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["unpack"]:
            for name in FILES:
                unpack(name, seeds(name))
        case ["import"]:
            unpack("texts", corpora())
        case ["pack"]:
            for name in FILES:
                pack(name)
        case _:
            sys.exit(__doc__)
