"""The seeds of the fuzz targets, one JSON string a line; one file each where cargo-fuzz works.

    python3 fuzz/seeds.py unpack     seeds -> corpus/<target>/
    python3 fuzz/seeds.py import     the texts of ../corpus -> corpus/<target>/ of the targets of the language
    python3 fuzz/seeds.py pack       corpus/<target>/ (after `cargo fuzz cmin`) -> seeds

The targets of the language share texts.jsonl. Of every other target, a seed is bytes: a text whose characters they are.
"""

import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# The targets whose seeds a file holds, how a text of it becomes bytes, and how many bytes of it are kept: the shortest.
FILES = {
    "texts": (["evaluate", "same_key", "advice", "school"], "utf-8", None),
    **{target: ([target], "latin-1", 30_000) for target in ["entries", "pushes", "heads", "bodies", "lines"]},
}
# What libFuzzer is told as -max_len.
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
    # What is written by hand stays.
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
