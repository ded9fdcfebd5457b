"""The pages of KPIs and facts say what is defined: a KPI, a table or a column without its entry fails."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.kpis import FIXED
from tests.docs.pages import REFERENCE, ROOT, read_page


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_metrics", ROOT / "docs" / "make_metrics.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kpi", FIXED, ids=lambda kpi: kpi.id)
def test_every_kpi_has_its_entry_in_both_languages(kpi) -> None:
    section = read_page(REFERENCE / "kpis.md").section(kpi.id)
    told = "\n".join(line for _, line in section.prose)
    assert kpi.meaning.en in told, f"docs/reference/kpis.md: no entry for {kpi.id}; run docs/make_metrics.py"
    assert kpi.meaning.ja in told
    assert kpi.words.en in told


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_column_of_the_facts_has_its_entry(table) -> None:
    section = read_page(REFERENCE / "facts.md").section(table.name)
    assert {column.name for column in table.columns} <= section.entries()


def test_both_pages_are_as_their_definitions_make_them(maker: ModuleType) -> None:
    made = {"kpis.md": maker.kpis_page(), "facts.md": maker.facts_page()}
    behind = [name for name, text in made.items() if Path(REFERENCE / name).read_text("utf-8") != text]
    assert not behind, f"behind: {behind}; run: .venv/bin/python docs/make_metrics.py"
