"""Files that are no agreement: each is refused with a sentence, none takes long, none ends in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasuki.agreement import agreement_of, inspect_agreement, load_agreement
from tasuki.errors import AgreementInvalid, UsageError
from tests.agreement.texts import WHOLE, edited, errors, problems

START = "agreement: small\nstages: [{id: A, enter: [{by: sales}]}]\n"


def written(folder: Path, data: bytes) -> Path:
    path = folder / "agreement.yaml"
    path.write_bytes(data)
    return path


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf" + WHOLE.encode())
    assert load_agreement(path).name == "山田電機 BtoB"


def test_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE.replace("\n", "\r\n").encode())
    assert load_agreement(path).stage["MQL"].timeout == agreement_of(WHOLE).stage["MQL"].timeout


def test_a_file_in_another_encoding_is_named_with_the_first_bad_character(tmp_path: Path) -> None:
    agreement, (problem,) = inspect_agreement(written(tmp_path, "agreement: x\nname: 山田".encode("cp932")))
    assert agreement is None
    assert (problem.line, problem.column, problem.code) == (2, 7, "encoding")
    assert problem.text == "this is not UTF-8: save the file as UTF-8"


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml: cannot be read .*name an agreement file"):
        load_agreement(tmp_path / "nowhere.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        load_agreement(tmp_path)


def test_a_file_over_five_million_bytes_is_not_even_read(tmp_path: Path) -> None:
    path = written(tmp_path, b"# " + b"x" * 5_000_000)
    with pytest.raises(UsageError, match="the largest allowed has 5000000 bytes"):
        inspect_agreement(path)


def test_an_invalid_file_raises_with_its_own_name(tmp_path: Path) -> None:
    path = written(tmp_path, b"agreement: x\n")
    with pytest.raises(AgreementInvalid, match=r"yaml:1:1: error\[missing-key\] `stages` is missing"):
        load_agreement(path)


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# a comment\n", "[]", "3", "just words", "null", "!!set {a, b}"]
)
def test_what_is_no_mapping_is_told_how_an_agreement_begins(text: str) -> None:
    assert problems(text) == [
        "agreement.yaml:1:1: error[form] an agreement is a mapping that begins like `agreement: our name`"
    ]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("agreement: x\n\tstages: []\n", "2:1", "indent with spaces, not tabs"),
        ("agreement: x\nstages: []\nagreement: y\n", "3:1", "a key stands once; rename"),
        ("agreement: 'x\nstages: []\n", "3:1", "often a missing quote, bracket or space after a colon"),
        ("agreement: x\nstages: [\n", "3:1", "often a missing quote, bracket"),
        ("agreement: *nobody\n", "1:12", "undefined alias"),
        ("agreement: x\n---\nagreement: y\n", "2:1", "another document"),
        ("%YAML 9.9\n---\na: b\n", "1:1", "version"),
        ("agreement: \x07\n", "1:1", "special characters are not allowed"),
        ("agreement: !!int x\n", "1:1", "not readable YAML"),
        ("agreement: 2024-99-99\n", "1:1", "not readable YAML"),
        ('agreement: "\\ud800"\n', "1:1", "half a character"),
        ("[" * 900, "1:1", "nested too deeply"),
        ("{a: " * 3000, "1:1", "nested too deeply"),
        ("\n".join(" " * i + "b:" for i in range(900)), "1:1", "nested too deeply"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_said_with_its_place(text: str, place: str, said: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith(f"agreement.yaml:{place}: error[yaml] ")
    assert said in problem


def test_aliases_that_would_grow_without_end_are_cut_short() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    (problem,) = problems("\n".join(lines))
    assert "more than 500000 values; write less, with fewer aliases" in problem


def test_an_alias_of_itself_is_no_endless_loop() -> None:
    assert errors("agreement: &a [*a]\nstages: []\n")
    assert errors(START + "signals: &s {a: {any: *s}}\n")


def test_an_anchor_and_a_merge_work_as_in_yaml() -> None:
    signals = "signals: {page: &page {type: page_view}, pricing: {<<: *page, path: /pricing}}\n"
    stages = "stages: [{id: A, enter: [{when: count(page) > 1 and count(pricing) > 1}]}]\n"
    agreement = agreement_of("agreement: x\n" + signals + stages)
    assert set(agreement.signals) == {"page", "pricing"}


def test_a_mistake_in_something_merged_is_placed_where_it_was_merged() -> None:
    scores = "scores: {a: &a {rules: [{signal: nobody, points: 1}]}, b: {<<: *a}}\n"
    assert {problem.code for problem in errors(START + scores)} == {"unknown-signal"}


def test_a_score_that_is_a_deep_pile_of_sums_is_checked_quickly() -> None:
    sums = "".join(f"  s{i}: {{sum: [s{i - 1}, s{i - 1}]}}\n" for i in range(1, 199))
    stages = "stages: [{id: A, enter: [{when: s198 > 1}]}]\n"
    text = f"agreement: x\n{stages}scores:\n  s0: {{rules: []}}\n{sums}"
    assert any("unreachable-threshold" in problem for problem in problems(text))


def test_an_empty_key_is_as_good_as_left_out() -> None:
    assert errors(START + "scores:\ntraits:\nexcluded:\n") == []


@pytest.mark.parametrize("deep", ["(" * 101 + "1", "not " * 201 + "has(a)", "-" * 900 + "1 > 0"])
def test_an_expression_nested_too_deeply_is_refused(deep: str) -> None:
    (problem,) = errors(edited("requires: bant >= 3", f'requires: "{deep}"'))
    assert problem.code == "expression"
    assert "nested too deeply" in problem.text
