#!/usr/bin/env python3
"""Copies the corpora that other tools recorded into this folder.

    python3 corpus/import.py FOLDER

FOLDER holds them as recorded. All are copied unchanged except `hostile.jsonl`, whose long texts are Python expressions
there (`'('*1000+'1'+')'*1000`). Here they become parts, each a text and a count, which any language can put together.
"""

import ast
import json
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent


def parts_of(node):
    """The parts of a sum of literals, repetitions and joins of one repeated literal."""
    match node:
        case ast.Constant(value=text):
            return [[text, 1]]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return parts_of(left) + parts_of(right)
        case ast.BinOp(left=ast.Constant(value=text), op=ast.Mult(), right=ast.Constant(value=times)):
            return [[text, times]]
    source = ast.unparse(node)
    value = eval(source)  # Safe, since the corpus is ours: a `join` or `encode` of a literal.
    empty = value[:0]
    match node:
        case ast.BinOp(left=ast.Call(func=ast.Attribute(attr="encode")) as call, right=ast.Constant(value=times)):
            return [[eval(ast.unparse(call)), times]]
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=between), attr="join"), args=[argument]):
            items = eval(ast.unparse(argument))
            if not isinstance(items, list):
                items = list(value.split(between))
                assert items[7] == b'"k7":1' and items[-1] == b'"k%d":1' % (len(items) - 1)
                return [[b'"k{}":1' + between, len(items) - 1, "numbered"], [items[-1], 1]]
            if len(set(items)) == 1:
                return [[items[0] + between, len(items) - 1], [items[-1], 1]]
            # One different first item, then empty ones: `'<<1'.join(['1'] + [''] * n)`.
            assert set(items[1:]) == {empty}
            return [[items[0], 1], [between, len(items) - 1]]
    raise ValueError(source)


def put_together(parts):
    pieces = []
    for text, times, *numbered in parts:
        if numbered:
            mark = b"{}" if isinstance(text, bytes) else "{}"
            pieces += [text.replace(mark, b"%d" % i) for i in range(times)]
        else:
            pieces.append(text * times)
    return pieces[0][:0].join(pieces)


def hostile(record):
    """The record with `parts`, `body_parts` or `body_parts_hex` instead of the generating expression."""
    for generated, name in (("gen", "parts"), ("body_gen", "body_parts")):
        source = record.pop(generated, None)
        if source is None:
            continue
        parts = parts_of(ast.parse(source, mode="eval").body)
        whole = eval(source)
        assert put_together(parts) == whole, record
        record.pop("gen_bytes")  # Counted again below: one of them was wrong.
        if isinstance(whole, bytes):
            try:
                parts = [[text.decode(), *rest] for text, *rest in parts]
            except UnicodeDecodeError:
                name += "_hex"
                parts = [[text.hex(), *rest] for text, *rest in parts]
        record[name] = parts
        record["bytes"] = len(whole if isinstance(whole, bytes) else whole.encode())
    return record


def main():
    folder = pathlib.Path(sys.argv[1])
    for name in ["python_arith.jsonl", "python_outside.jsonl", "plusminus.jsonl", "special.jsonl", "equivalent.jsonl", "inventory.md"]:
        shutil.copyfile(folder / name, HERE / name)
    records = [json.loads(line) for line in (folder / "hostile.jsonl").read_text("utf-8").split("\n") if line]
    lines = [json.dumps(hostile(record), ensure_ascii=False) for record in records]
    (HERE / "hostile.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


main()
