"""Makes the documentation site: `site.py FOLDER`.

Every Markdown file of the repository is a page of two books, `en/` and `pt-BR/`, which have the same pages at the same
places. `NAME.pt-BR.md` is the translation of `NAME.md`; what has none appears in English and says so. Pictures and files
that pages link to are copied beside the books. Nothing comes from elsewhere, and no page needs a server.
"""

import html
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import unicodedata
from fnmatch import fnmatchcase
from pathlib import Path
from string import Template

from markdown_it import MarkdownIt

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LANGUAGES = ("en", "pt-BR")
PICTURES = (".png", ".svg")

WORDS = {
    "en": {
        "other": "Em português",
        "search": "Search",
        "nothing": "Nothing found",
        "contents": "On this page",
        "untranslated": "",
        "kinds": ("Begin", "Learn", "How to", "Look up", "Understand", "Take part"),
    },
    "pt-BR": {
        "other": "In English",
        "search": "Buscar",
        "nothing": "Nada encontrado",
        "contents": "Nesta página",
        "untranslated": "Esta página ainda não tem tradução: ela está em inglês.",
        "kinds": ("Comece", "Aprenda", "Como fazer", "Consulte", "Entenda", "Participe"),
    },
}

# What stands in the navigation, by kind. All other pages are reached by links and by the search.
KINDS = (
    ("README.md",),
    ("docs/tutorial.md",),
    ("docs/how-to/*.md",),
    ("docs/language.md", "docs/modes.md", "docs/http.md", "docs/operations.md", "docs/observing.md", "docs/scaling.md", "deploy/kubernetes/README.md", "bindings/python/README.md"),
    ("ARCHITECTURE.md", "docs/comparison.md", "docs/decisions.md", "docs/benchmarks.md", "SECURITY.md", "crates/cache/README.md", "crates/lang/README.md"),
    ("CONTRIBUTING.md", "CHANGELOG.md"),
)

PAGE = Template((HERE / "page.html").read_text())
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def documents() -> set[str]:
    """The Markdown files under version control, those about to be included; not the forms for issues."""
    command = ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    return {name for name in listed if name and not name.startswith(".") and (ROOT / name).exists()}


def original(name: str) -> str:
    return name.replace(".pt-BR.md", ".md")


def address(name: str) -> str:
    """Where the page of a document is in a book."""
    name = original(name)
    if posixpath.basename(name) == "README.md":
        return posixpath.join(posixpath.dirname(name), "index.html")
    return name.removesuffix(".md") + ".html"


def slug(heading: str, taken: set[str]) -> str:
    """The name of a heading, as GitHub makes it."""
    kept = "".join(c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LNM")
    name = unique = kept.strip().replace(" ", "-")
    count = 0
    while unique in taken:
        count += 1
        unique = f"{name}-{count}"
    taken.add(unique)
    return unique


def words_of(inline) -> str:
    return "".join(child.content if child.type in ("text", "code_inline") else " " if child.type.endswith("break") else "" for child in inline.children or ())


class Book:
    """The pages of one language."""

    def __init__(self, language: str, names: set[str], site: Path):
        self.language = language
        self.names = names
        self.site = site
        self.found = []  # What the search knows: the place, the page, the heading, the words.
        self.titles = {name: self.title(name) for name in names}

    def source(self, name: str) -> str:
        translated = name.removesuffix(".md") + ".pt-BR.md"
        return translated if self.language != "en" and translated in self.names else name

    def title(self, name: str) -> str:
        text = (ROOT / self.source(name)).read_text()
        first = next((line for line in text.split("\n") if line.startswith("# ")), f"# {name}")
        return first.removeprefix("# ").replace("`", "")

    def link(self, source: str, target: str) -> str | None:
        """Where a link of a document leads to in the site; nowhere, if it is a folder without a page."""
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            return target
        path, _, fragment = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        is_folder = (ROOT / path).is_dir()
        if is_folder:
            path = posixpath.normpath(posixpath.join(path, "README.md"))
        here = posixpath.dirname(posixpath.join(self.language, address(source)))
        if path in self.names:
            translated = path.removesuffix(".md") + ".pt-BR.md"
            language = self.language
            if path != original(path):
                language = "pt-BR"
            elif translated in self.names and (fragment or original(source) == path):
                # The fragment names a heading in English; or it is the link from a translation to its original.
                language = "en"
            place = posixpath.join(language, address(path))
        elif (ROOT / path).is_file():
            place = posixpath.join("files", path if path.endswith(PICTURES) else path + ".txt")
            copied = self.site / place
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, copied)
        elif is_folder:
            return None
        else:
            sys.exit(f"site: {source} links to {target}, which is not there")
        return posixpath.relpath(place, here) + (f"#{fragment}" if fragment else "")

    def read(self, name: str) -> tuple[str, list[tuple[str, str]]]:
        """The HTML of a document and its headings of the second level."""
        source = self.source(name)
        tokens = MARKDOWN.parse((ROOT / source).read_text())
        taken, contents = set(), []
        place, heading, said = address(name), self.titles[name], []
        for at, token in enumerate(tokens):
            if token.type == "heading_open":
                self.found.append((place, self.titles[name], heading, " ".join(said)))
                heading, said = words_of(tokens[at + 1]), []
                token.attrSet("id", slug(heading, taken))
                place = f"{address(name)}#{token.attrGet('id')}"
                if token.tag == "h2":
                    contents.append((token.attrGet("id"), heading))
            elif token.type == "inline":
                said.append(words_of(token))
                self.lead(source, token.children)
            elif token.type == "fence":
                said.append(token.content)
        self.found.append((place, self.titles[name], heading, " ".join(said)))
        written = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
        return written.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>"), contents

    def lead(self, source: str, inline) -> None:
        """Lets the links and pictures of a line lead to where they are in the site."""
        is_dropped = False
        for child in inline:
            if child.type == "image":
                child.attrSet("src", self.link(source, child.attrGet("src")) or "")
            elif child.type == "link_open":
                leads = self.link(source, child.attrGet("href"))
                is_dropped = leads is None
                child.attrs = {} if is_dropped else {"href": leads}
            if is_dropped and child.type in ("link_open", "link_close"):
                child.tag = "span"

    def navigation(self, name: str) -> str:
        here, lines = posixpath.dirname(address(name)), []
        for kind, patterns in zip(WORDS[self.language]["kinds"], KINDS):
            lines.append(f"<h2>{kind}</h2>\n<ul>")
            # The README of a folder comes first, since capital letters sort before small ones.
            listed = [n for p in patterns for n in sorted(self.names) if n == original(n) and fnmatchcase(n, p)]
            for other in listed:
                current = ' aria-current="page"' if other == name else ""
                language = ' lang="en"' if self.source(other) == other else ""
                leads = posixpath.relpath(address(other), here or ".")
                lines.append(f'<li><a href="{leads}"{current}{language}>{html.escape(self.titles[other])}</a></li>')
            lines.append("</ul>")
        return "\n".join(lines)

    def write(self) -> None:
        words = WORDS[self.language]
        other = next(language for language in LANGUAGES if language != self.language)
        for name in sorted(self.names):
            if name != original(name):
                continue
            body, contents = self.read(name)
            place = address(name)
            top = posixpath.relpath(".", posixpath.dirname(posixpath.join(self.language, place)))
            is_english = self.source(name) == name
            note = words["untranslated"] if is_english else ""
            page = PAGE.substitute(
                language=self.language,
                spoken="en" if is_english else self.language,
                title=html.escape(self.titles[name]),
                top=top,
                other=f"{top}/{other}/{place}",
                other_language=other,
                switch=words["other"],
                search=words["search"],
                nothing=words["nothing"],
                note=f'<p class="note" lang="{self.language}">{note}</p>' if note else "",
                navigation=self.navigation(name),
                contents_title=words["contents"],
                contents="\n".join(f'<li><a href="#{i}">{html.escape(h)}</a></li>' for i, h in contents),
                body=body,
            )
            written = self.site / self.language / place
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_text(page)
        # A script and not JSON: pages that are opened as files may load the one and not the other.
        index = json.dumps([entry for entry in self.found if entry[3] or "#" in entry[0]], ensure_ascii=False)
        (self.site / self.language / "index.js").write_text(f"const PAGES = {index};\n")


def main() -> None:
    site = Path(sys.argv[1])
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    names = documents()
    for language in LANGUAGES:
        Book(language, names, site).write()
    for file in ("style.css", "search.js", "index.html"):
        shutil.copyfile(HERE / file, site / file)
    files = [file for file in site.rglob("*") if file.is_file()]
    size = sum(os.path.getsize(file) for file in files)
    print(f"{site}/index.html: {len(files)} files, {size / 1e6:.1f} MB")


main()
