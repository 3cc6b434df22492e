"""Follows every link of the documentation site, which is the first argument."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

SITE = Path(sys.argv[1]).resolve()
BYTES_MAX = 15_000_000
# The elements by which a page loads files; all other links are followed only by a person.
LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("source", "src"), ("iframe", "src")}


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.path = path
        self.ids, self.links, self.classes = set(), [], set()
        self.language = self.spoken = self.other = None
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "id" in attributes:
            assert attributes["id"] not in self.ids, f"{self.path}: two of #{attributes['id']}"
            self.ids.add(attributes["id"])
        self.classes.update((attributes.get("class") or "").split())
        if tag == "html":
            self.language = attributes.get("lang")
        if tag == "main":
            self.spoken = attributes.get("lang")
        if attributes.get("class") == "switch":
            self.other = attributes["href"]
        for name in ("href", "src"):
            if name in attributes:
                self.links.append((attributes[name], (tag, name) in LOADED))


pages = {path: Page(path) for path in SITE.rglob("*.html")}
wrong, followed = [], 0
for path, page in pages.items():
    where = path.relative_to(SITE)
    book = where.parts[0]
    for target, is_loaded in page.links:
        if target.startswith(("http:", "https:", "mailto:")):
            if is_loaded:
                wrong.append(f"{where} loads {target}")
            continue
        file, _, fragment = unquote(target).partition("#")
        leads = (path.parent / file).resolve() if file else path
        if not target or not leads.is_file() or not leads.is_relative_to(SITE):
            wrong.append(f"{where} leads to {target}, which is not there")
        elif fragment and leads in pages and fragment not in pages[leads].ids:
            wrong.append(f"{where} leads to {target}, which has no such heading")
        followed += 1
    if where == Path("index.html"):
        continue
    if page.language != book:
        wrong.append(f"{where} says that it is in {page.language}")
    if ("note" in page.classes) != (page.spoken != page.language):
        wrong.append(f"{where} does not tell whether it is translated")
    if page.other is None or (path.parent / page.other).resolve().relative_to(SITE).parts[0] == book:
        wrong.append(f"{where} has no way to the other language")

books = [{path.relative_to(SITE / book) for path in (SITE / book).rglob("*.html")} for book in ("en", "pt-BR")]
if books[0] != books[1]:
    wrong.append(f"in one language only: {books[0] ^ books[1]}")
if any("@import" in style.read_text() or "url(" in style.read_text() for style in SITE.rglob("*.css")):
    wrong.append("the style sheet loads something")
size = sum(file.stat().st_size for file in SITE.rglob("*") if file.is_file())
if size > BYTES_MAX:
    wrong.append(f"the site has {size} bytes")
if wrong:
    sys.exit("site: " + "\nsite: ".join(wrong))
assert followed > 1000, followed
print(f"{len(pages)} pages, {followed} links followed.")
