"""Prints the licences of the crates named on standard input (`name v1.2.3`), from cargo's metadata in the given file.

Each text is printed once, with all the crates that have it. A crate without a text of its own is listed with its licence."""

import json
import pathlib
import sys

metadata = json.load(open(sys.argv[1]))
packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
crates = sorted({tuple(line.split()[:2]) for line in sys.stdin if line.strip()})
texts = {}
without = []
for name, version in crates:
    package = packages[name, version.removeprefix("v")]
    if package["source"] is None:
        continue  # Our own crates: their licences are separate files.
    folder = pathlib.Path(package["manifest_path"]).parent
    found = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"))
    ]
    label = f"{name} {package['version']} ({package['license']})"
    for path in found:
        texts.setdefault(path.read_text(errors="replace").strip(), []).append(label)
    if not found:
        without.append(label)
print("\nThe binary is made of these libraries as well. Each text holds for the libraries named above it.")
for text, labels in texts.items():
    print("\n" + "-" * 79)
    print("\n".join(dict.fromkeys(labels)))
    print("\n" + text)
if without:
    print("\n" + "-" * 79)
    print("Without a text of their own, under the licence named (the texts of MIT and Apache 2.0 are above):")
    print("\n".join(without))
