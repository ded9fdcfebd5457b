"""SQL over facts only reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasuki.errors import UsageError
from tasuki.metrics.facts.schema import TABLES
from tasuki.metrics.prompt import TABLE_NAMES, ask, close_doors
from tasuki.metrics.reader import Facts
from tests.metrics.story import facts_of, person, way


@pytest.fixture
def facts() -> Iterator[Facts]:
    with facts_of(way("abe", (0, "MAL"), (5, "MQL")), leads=[person("abe", source="ads")], as_of=3) as opened:
        close_doors(opened)
        yield opened


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_every_table_can_be_asked(facts: Facts, table: str) -> None:
    assert ask(facts, f"SELECT count(*) AS n FROM {table}").to_pylist()[0]["n"] >= 0


def test_tables_are_as_known_then_and_with_all_behind_as_they_are(facts: Facts) -> None:
    assert ask(facts, "SELECT to_stage FROM transitions").to_pylist() == [{"to_stage": "MAL"}]
    assert len(ask(facts, "FROM transitions_all")) == 2
    assert len(ask(facts, "DESCRIBE transitions")) == len(TABLES["transitions"].columns)
    assert ask(facts, "SUMMARIZE leads").num_rows > 0


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM entries", "DROP TABLE entries", "INSERT INTO stages VALUES (1, 'x')", "CREATE TABLE t AS SELECT 1",
        "COPY entries TO 'x.csv'", "ATTACH 'x.db'", "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true",
        "PRAGMA database_list", "SELECT 1; DROP TABLE entries", "EXPORT DATABASE 'x'", "UPDATE people SET lead = ''",
    ],
)  # fmt: skip
def test_whatever_would_do_more_than_read_is_refused(facts: Facts, query: str) -> None:
    with pytest.raises(UsageError):
        ask(facts, query)
    assert len(ask(facts, "FROM entries")) == 1


@pytest.mark.parametrize(
    "query", ["FROM read_csv('{0}')", "FROM '{0}'", "FROM read_text('{0}')", "FROM glob('{0}')"]
)
def test_files_are_out_of_reach(facts: Facts, query: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be carried out"):
        ask(facts, query.format(secret))


def test_the_word_that_trips_everybody_comes_with_its_cure(facts: Facts) -> None:
    with pytest.raises(UsageError, match='write "at"'):
        ask(facts, "SELECT at FROM transitions")
    with pytest.raises(UsageError, match="one statement"):
        ask(facts, "")
