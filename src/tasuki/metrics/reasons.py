"""Why there is no figure, or what it leaves out, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NONE = "–"

_TEXTS: Mapping[str, tuple[str, str]] = {
    "no_stage": ("the agreement has no stage for {role}", "取り決めに{role}のステージがありません"),
    "no_score": ("the agreement has no score for that", "取り決めに該当するスコアがありません"),
    "no_target_stage": ("the agreement has no stage for {role} to reach", "取り決めに到達先{role}のステージがありません"),
    "nothing": ("nothing to divide by", "母数がありません"),
    "young": (
        "too young to say: {count} of them, nine of ten of the others took up to {days} days",
        "まだ判断できません：{count}件。ほかの9割は{days}日以内に達しています",
    ),
    "nobody": ("nobody has reached {role} yet, so it is not known how long that takes", "まだ誰も{role}に達していないため、かかる日数がわかりません"),
    "unknown": ("not known of any of {count}", "対象の{count}件は不明です"),
    "currencies": ("amounts in several currencies: {which}", "複数の通貨の金額があります：{which}"),
    "no_amount": ("{count} without amount", "金額なし{count}件"),
    "no_currency": ("{count} without currency", "通貨なし{count}件"),
    "left_young": ("{count} too young, left out", "未成熟のため除外{count}件"),
    "left_unknown": ("{count} not known, left out", "不明のため除外{count}件"),
    "late": ("{count} late", "遅れて記録{count}件"),
    "plan_no_value": (
        "no deal was won within a year that has an amount in the currency: without one nothing leads back from revenue",
        "過去1年にこの通貨の金額のある受注がないため、売上目標から逆算できません",
    ),
    "plan_behind": ("not known, for it is not known of {stage}", "{stage}がわからないため計算できません"),
    "plan_nobody_entered": ("nobody entered {stage} within a year", "過去1年に{stage}に入ったリードがありません"),
    "plan_none_reached": ("none of {count} old enough to tell has reached {stage}", "成熟した{count}件のうち{stage}に達したものがありません"),
    "plan_left_out": ("{count} deals won without amount or currency, left out", "金額または通貨のない受注{count}件を除外"),
    "plan_other_currency": ("{count} deals won in {currency}, left out", "{currency}の受注{count}件を除外"),
    "plan_few_deals": ("only {count} deals won within a year: the average deal value is uncertain", "過去1年の受注は{count}件だけのため、平均受注額は不確かです"),
    "plan_few": ("only {count} entries into {stage} are old enough to tell: the rate is uncertain", "{stage}の成熟した移行は{count}件だけのため、率は不確かです"),
    "no_account": ("{count} without company, left out", "企業不明のため除外{count}件"),
}  # fmt: skip

_OF_ONE: Mapping[str, str] = {
    "unknown": "not known of the only one",
    "plan_none_reached": "the only one old enough to tell has not reached {stage}",
    "plan_left_out": "1 deal won without amount or currency, left out",
    "plan_other_currency": "1 deal won in {currency}, left out",
    "plan_few_deals": "only 1 deal won within a year: the average deal value is uncertain",
    "plan_few": "only 1 entry into {stage} is old enough to tell: the rate is uncertain",
}
"""In English where `count` is 1."""


@dataclass(frozen=True)
class Reason:
    """A code of `_TEXTS` with what stands in its text."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """In `en` or `ja`."""
        text = _TEXTS[self.code][language == "ja"]
        if language != "ja" and self.values.get("count") == 1:
            text = _OF_ONE.get(self.code, text)
        return text.format(**self.values)


CODES = tuple(_TEXTS)
