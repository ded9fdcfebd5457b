"""Whatever a user can type, set or be told has its entry in the reference, or the build fails."""

from __future__ import annotations

import pytest

from tests.docs import sources
from tests.docs.pages import REFERENCE, read_page, reference_entries

CLI = REFERENCE / "cli.md"
ERRORS = REFERENCE / "errors.md"


@pytest.mark.parametrize(
    ("command", "options", "arguments"), list(sources.commands()), ids=lambda value: str(value)[:40]
)
def test_every_command_option_and_argument_is_explained(
    command: str, options: list[str], arguments: list[str]
) -> None:
    section = read_page(CLI).section(command)
    assert section.prose, f"docs/reference/cli.md: no heading `{command}`"
    missing = sorted({*options, *arguments} - section.entries())
    assert not missing, f"docs/reference/cli.md, {command}: no row for {missing}"


def test_the_page_of_commands_explains_none_that_is_gone() -> None:
    headings = {text.replace("`", "") for _, text in read_page(CLI).headings() if text.startswith("`tasuki")}
    assert headings == {command for command, _, _ in sources.commands()}


def test_the_page_of_commands_explains_no_option_that_is_gone() -> None:
    there = {option for _, options, _ in sources.commands() for option in options} | {"--help"}
    told = {entry for entry in read_page(CLI).entries() if entry.startswith("--") and " " not in entry}
    assert told <= there


def test_every_problem_code_is_explained() -> None:
    entries = read_page(ERRORS).section("Problems of an agreement").entries()
    missing = sorted(sources.problem_codes() - entries)
    assert not missing, f"docs/reference/errors.md, Problems of an agreement: no row for {missing}"


def test_no_problem_code_is_explained_that_is_gone() -> None:
    rows = [
        line
        for _, line in read_page(ERRORS).section("Problems of an agreement").prose
        if line.startswith("| `")
    ]
    told = {line.split("`")[1] for line in rows}
    assert told == sources.problem_codes()


def test_every_exception_is_explained() -> None:
    missing = sorted({*sources.exceptions()} - read_page(ERRORS).entries())
    assert not missing, f"docs/reference/errors.md: no entry for {missing}"


def test_every_key_of_an_agreement_is_explained() -> None:
    missing = sorted({*sources.keys()} - read_page(REFERENCE / "agreement.md").entries())
    assert not missing, f"docs/reference/agreement.md: no entry for {missing}"


def test_every_environment_variable_is_explained() -> None:
    missing = sorted({*sources.environment()} - reference_entries())
    assert not missing, f"docs/reference: no entry for {missing}"
