"""Links lead somewhere, the two READMEs say the same, and words of the house are kept."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, Page, pages, read_page

PAGES = pages()

AVOIDED = {
    r"prospects?": "lead",
    r"hot leads?": "MQL",
    r"status changes?": "transition",
    r"rescor(e|es|ed|ing)": "replay",
    r"[SB]DRs?": "inside sales",
    r"lead rating": "score",
}
"""Words that the glossary avoids and that have no other use here."""

MUST_EXIST = (
    "README.md",
    "README.ja.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/README.md",
    "docs/tutorial.md",
    "docs/compromises.md",
)


@pytest.mark.parametrize("name", MUST_EXIST)
def test_the_page_is_there_and_begins_with_a_title(name: str) -> None:
    levels = [level for level, _ in read_page(ROOT / name).headings()]
    assert levels[:1] == [1]
    assert levels.count(1) == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_project_resolves(page: Page) -> None:
    broken = [f"{page.name}:{line}: {target}" for line, target in page.links() if not _resolves(page, target)]
    assert not broken, "\n".join(broken)


def _resolves(page: Page, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True  # another site: not asked, tests do not need the network
    name, _, anchor = target.partition("#")
    path = (page.path.parent / name).resolve() if name else page.path
    if not path.exists():
        return False
    return not anchor or path.suffix != ".md" or anchor in read_page(path).anchors()


def test_both_readmes_have_the_same_headings_and_the_same_code() -> None:
    english, japanese = read_page(ROOT / "README.md"), read_page(ROOT / "README.ja.md")
    assert [level for level, _ in english.headings()] == [level for level, _ in japanese.headings()]
    assert english.blocks == japanese.blocks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_words_that_the_glossary_avoids_are_not_used(page: Page) -> None:
    found = [
        f"{page.name}:{line}: say {better}, not {match[0]}"
        for line, text in page.prose
        for word, better in AVOIDED.items()
        for match in re.finditer(rf"\b{word}\b", re.sub(r"`[^`]*`", "", text), re.IGNORECASE)
    ]
    assert not found, "\n".join(found)


def test_decision_records_are_short_and_numbered_with_at_most_one_number_held_elsewhere() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [int(record.name[:4]) for record in records]
    assert len(set(numbers)) == len(numbers)
    assert len(set(range(1, numbers[-1] + 1)) - set(numbers)) <= 1  # a record of a branch under way
    sizes = {record.name: len(record.read_text("utf-8").splitlines()) for record in records}
    assert not {name: size for name, size in sizes.items() if not 10 <= size <= 40}


def test_every_guide_is_listed_on_the_front_page_of_the_docs() -> None:
    front = (ROOT / "docs" / "README.md").read_text("utf-8")
    guides = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").glob("**/*.md")]
    missing = sorted(name for name in guides if name != "README.md" and f"({name}" not in front)
    assert not missing, f"docs/README.md: no link to {missing}"
