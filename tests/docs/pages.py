"""Reading Markdown as far as these checks need it: headings, table rows, code, links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
FENCE = re.compile(r"^\s*(```|~~~)")
HEADING = re.compile(r"^(#{1,6}) +(.*?)\s*$")
CODE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^()\s]+)\)")


@dataclass
class Page:
    """One Markdown file; `prose` has the lines outside of fenced blocks, `blocks` the fenced ones."""

    path: Path
    prose: list[tuple[int, str]] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def headings(self) -> list[tuple[int, str]]:
        """Level and text."""
        found = [HEADING.match(line) for _, line in self.prose]
        return [(len(match[1]), match[2]) for match in found if match]

    def anchors(self) -> set[str]:
        return {anchor_of(text) for _, text in self.headings()}

    def links(self) -> Iterator[tuple[int, str]]:
        for number, line in self.prose:
            for target in LINK.findall(CODE.sub("", line)):
                yield number, target

    def section(self, title: str) -> Page:
        """What stands under the heading with this text, up to the next of its level or above."""
        part, level = Page(self.path), 0
        for number, line in self.prose:
            heading = HEADING.match(line)
            if level and heading and len(heading[1]) <= level:
                break
            if heading and heading[2].replace("`", "") == title:
                level = len(heading[1])
            if level:
                part.prose.append((number, line))
        return part

    def entries(self) -> set[str]:
        """Code in headings and table rows, whole and word by word: what has an entry here."""
        rows = [line for _, line in self.prose if line.startswith(("#", "|"))]
        codes = {code for line in rows for code in CODE.findall(line)}
        return codes | {word.strip(",:") for code in codes for word in code.split()}


def anchor_of(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    kept = "".join(c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LN")
    return kept.strip().replace(" ", "-")


def read_page(path: Path) -> Page:
    page, fenced = Page(path), False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
            if fenced:
                page.blocks.append("")
        elif fenced:
            page.blocks[-1] += line + "\n"
        else:
            page.prose.append((number, line))
    return page


def pages() -> list[Page]:
    """Every page of the project."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    return [read_page(path) for path in sorted(found)]


def reference_entries() -> set[str]:
    """Everything that has an entry in the reference."""
    return set().union(*(read_page(path).entries() for path in REFERENCE.glob("*.md")))
