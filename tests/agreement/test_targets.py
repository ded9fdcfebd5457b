"""Targets written into the text of an agreement: only what they change changes."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

import pytest

from tasuki.agreement import agreement_of
from tasuki.agreement.targets import with_targets
from tasuki.errors import AgreementInvalid, UsageError

YAMADA = Path(__file__).parents[2] / "examples" / "yamada" / "agreement.yaml"
SMALL = """\
agreement: 山田電機  # 2026年
timezone: Asia/Tokyo
stages:
  - {id: MQL, enter: [{by: [marketing]}]}
  - {id: SAL, enter: [{from: MQL, by: [sales]}]}
"""
WANTED = {"MQL": "7 per month", "SAL": "3 per month"}


def changed(before: str, after: str) -> list[str]:
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


def test_known_targets_change_in_place_and_new_ones_come_last() -> None:
    text = YAMADA.read_text("utf-8")
    made = with_targets(text, {"MQL": "150 per month", "SAL": "60 per month", "SAL.acceptance": "50%"})
    assert changed(text, made) == ["-  MQL: 120 per month", "+  MQL: 150 per month", "+  SAL: 60 per month"]
    assert str(agreement_of(made).targets["SAL"]) == "60 per month"


def test_what_is_wanted_already_changes_nothing() -> None:
    text = YAMADA.read_text("utf-8")
    assert with_targets(text, {"MQL": "120 per month"}) == text


@pytest.mark.parametrize(
    ("section", "becomes"),
    [
        ("", "\ntargets:\n  MQL: 7 per month\n  SAL: 3 per month\n"),
        ("targets:\n", "targets: {MQL: 7 per month, SAL: 3 per month}\n"),
        ("targets: {}  # なし\n", "targets: {MQL: 7 per month, SAL: 3 per month}  # なし\n"),
        ("targets: {MQL: 5 per month}  # 合意\n", "targets: {MQL: 7 per month, SAL: 3 per month}  # 合意\n"),
        (
            "targets: {SAL.acceptance: 50%,}\n",
            "targets: {SAL.acceptance: 50%, MQL: 7 per month, SAL: 3 per month,}\n",
        ),
        (
            'targets:\n  # 営業と合意\n  MQL: "5 per month"  # 四月から\n\n# 終わり\n',
            "targets:\n  # 営業と合意\n  MQL: 7 per month  # 四月から\n  SAL: 3 per month\n\n# 終わり\n",
        ),
    ],
)
def test_comments_order_and_style_stay(section: str, becomes: str) -> None:
    assert with_targets(SMALL + section, WANTED) == SMALL + becomes


def test_one_value_under_two_names_is_never_changed_for_both() -> None:
    with pytest.raises(UsageError, match="by hand"):
        with_targets(f"{SMALL}targets:\n  MQL: &one 5 per month\n  SAL: *one\n", WANTED)


def test_a_name_for_the_whole_section_stays() -> None:
    made = with_targets(f"{SMALL}targets: &all {{MQL: 5 per month}}\n", WANTED)
    assert made == f"{SMALL}targets: &all {{MQL: 7 per month, SAL: 3 per month}}\n"


def test_stages_that_are_none_and_targets_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match="unknown stage `SQL`"):
        with_targets(SMALL, {"SQL": "5 per month"})
    with pytest.raises(UsageError, match="is no target"):
        with_targets(SMALL, {"MQL": "many"})
    with pytest.raises(AgreementInvalid):
        with_targets("agreement: [", {"MQL": "5 per month"})
