"""What a report says, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tasuki.metrics.figures import Figure
from tasuki.metrics.formulas import Unit, Words
from tasuki.metrics.values import FEW, amount_text, in_unit
from tasuki.numerals import number, signed, with_sign

WEEKDAYS = "月火水木金土日"

REPORT = Words("Weekly report", "週次レポート")
EVERYBODY = Words("Whole company", "全社")
FIGURES = Words("Figures of the week", "先週の数字")
CURVES = Words("Entries per week", "週ごとの移行数")
FUNNEL = Words("What became of them (last {weeks} weeks)", "その後どうなったか（直近{weeks}週）")
ATTENTION = Words("Needs attention", "要対応")
NOTHING = Words("Nothing is late.", "遅れているものはありません。")
LONG = Words("last {weeks} weeks", "直近{weeks}週")
BEFORE = Words("{change} vs week before", "前週比 {change}")
BEFORE_LONG = Words("{change} vs {weeks} weeks before", "前{weeks}週比 {change}")
ENTRIES = Words("{stage} entries", "{stage}への移行数")
POINTS = Words("{n} pt", "{n}ポイント")
TARGET = Words("target {target}", "目標 {target}")
OF_TARGET = Words("target {target} · {share} %", "目標 {target}・達成率 {share}%")
UP_TO = Words("target: up to {target}", "目標 {target}以内")
AS_OF = Words("As known on {at}", "{at}時点で判明している内容")
FOOT = Words(
    "Figures are defined as on the page of figures. Rates that take time to be known are of the last {weeks} weeks, without those too young to tell; targets per month or quarter count by the days of the week.",
    "数字の定義は「数字」のページと同じです。判明までに時間のかかる率は直近{weeks}週で、未成熟のものは除きます。月・四半期の目標は、週の日数で按分しています。",
)
OWN = Words("Your own figures only: that is what you may see.", "閲覧できる範囲（自分の数字）のみです。")
TEAM_ONLY = Words(
    "Figures of your team only: that is what you may see.", "閲覧できる範囲（チームの数字）のみです。"
)

SAID_QUALIFIED = Words("Last week there were {n} {stage}s", "先週の{stage}は{n}件")
SAID_QUALIFIED_ONE = Words("Last week there was 1 {stage}", "先週の{stage}は1件")
SAID_OF_TARGET = Words(", {share} % of the week's target of {target}", "、週の目標{target}件の{share}%")
SAID_MORE = Words("; {n} more than the week before.", "（前の週より{n}件増）。")
SAID_LESS = Words("; {n} less than the week before.", "（前の週より{n}件減）。")
SAID_SAME = Words("; as many as the week before.", "（前の週と同数）。")
SAID_ACCEPTED = Words(
    "Of the {stage}s of the last {weeks} weeks sales accepted {rate} %",
    "直近{weeks}週の{stage}の受け入れ率は{rate}%",
)
SAID_UP = Words(
    ", {points} points more than in the {weeks} weeks before.", "（前の{weeks}週より{points}ポイント上昇）。"
)
SAID_UP_ONE = Words(", 1 point more than in the {weeks} weeks before.", SAID_UP.ja)
SAID_DOWN = Words(
    ", {points} points less than in the {weeks} weeks before.", "（前の{weeks}週より{points}ポイント低下）。"
)
SAID_DOWN_ONE = Words(", 1 point less than in the {weeks} weeks before.", SAID_DOWN.ja)
END = Words(".", "。")
SAID_WON = Words("{n} deals were won, {amount} together.", "受注は{n}件、計{amount}。")
SAID_WON_ONE = Words("1 deal was won: {amount}.", "受注は1件、{amount}。")

MISSED = Words(
    "{n} handoffs of last week were not answered in time",
    "先週の引き渡しで期限内に回答されなかったもの：{n}件",
)
MISSED_ONE = Words("1 handoff of last week was not answered in time", MISSED.ja)
OVERDUE = Words("{n} open handoffs are past their due time", "期限を過ぎて未回答の引き渡し：{n}件")
OVERDUE_ONE = Words("1 open handoff is past its due time", OVERDUE.ja)
UNTOUCHED = Words("{n} open handoffs had no contact so far", "まだ一度も接触していない引き渡し：{n}件")
UNTOUCHED_ONE = Words("1 open handoff had no contact so far", UNTOUCHED.ja)
RETURNED = Words("{n} leads came back to marketing last week", "先週マーケティングに戻ったリード：{n}件")
RETURNED_ONE = Words("1 lead came back to marketing last week", RETURNED.ja)


def counted(many: Words, one: Words, n: int, language: str) -> str:
    """A sentence about so many."""
    return (one if n == 1 else many).text(language).format(n=number(n))


def days(first: date, last: date, language: str) -> str:
    """From a day to another: `23–29 Nov 2026`, `2026年11月23日（月）〜29日（日）`."""
    if language == "ja":
        ends = [f"{day.day}日（{WEEKDAYS[day.weekday()]}）" for day in (first, last)]
        year = f"{last.year}年" if last.year != first.year else ""
        month = f"{last.month}月" if year or last.month != first.month else ""
        return f"{first.year}年{first.month}月{ends[0]}〜{year}{month}{ends[1]}"
    begin = f"{first.day}"
    if (first.year, first.month) != (last.year, last.month):
        begin += f" {first:%b}" + (f" {first.year}" if first.year != last.year else "")
    return f"{begin}–{last.day} {last:%b %Y}"


def short_day(day: date, language: str) -> str:
    """A day on an axis: `11/23`, `23 Nov`."""
    return f"{day.month}/{day.day}" if language == "ja" else f"{day.day} {day:%b}"


def change_text(now: Figure, before: Figure, unit: Unit, language: str) -> str:
    """How much more or less, with its sign; empty where that says nothing: too few, or no figure."""
    if now.amounts or before.amounts:
        return _money_change(now, before, language)
    if now.value is None or before.value is None:
        return ""
    moved = now.value - before.value
    if unit == Unit.RATE:
        if min(now.denominator, before.denominator) < FEW:
            return ""
        return POINTS.text(language).format(n=signed(100 * moved, 1))
    return with_sign(in_unit(abs(moved), unit, language, counter=True), moved)


def _money_change(now: Figure, before: Figure, language: str) -> str:
    """Of one currency; nothing won is nought of it."""
    found = {one.currency for one in (*now.amounts, *before.amounts)}
    if len(found) != 1:
        return ""
    moved = sum((one.value for one in now.amounts), Decimal(0)) - sum(
        (one.value for one in before.amounts), Decimal(0)
    )
    return with_sign(amount_text(abs(moved), found.pop(), language), moved)
