"""KPIs of two stages: a move, the share that gets from one to the other, the days that it takes.

Made when they are asked for: `moves.MQL.RECYCLED`, `reach.MAL.WON`, `days.MQL.SQL`, `days_90.MQL.SQL`. There are too many of
them to be listed. `moves.none.MAL` are moves of leads that had no stage yet.
"""

from __future__ import annotations

from tasuki.metrics.formulas import NO_STAGE, Count, Items, Kpi, Quantile, Rate, Unit, Words
from tasuki.metrics.roles import Terms


def pair_kpi(terms: Terms, id: str) -> Kpi | None:
    """The KPI of that id, in capitals or not; None if it names no such pair of stages of the agreement."""
    what, *names = id.split(".")
    stages = {stage.id.casefold(): stage.id for stage in terms.stages}
    stages[NO_STAGE] = NO_STAGE
    if len(names) != 2 or any(name.casefold() not in stages for name in names):
        return None
    before, after = (stages[name.casefold()] for name in names)
    made = {"moves": moves, "reach": reach, "days": days, "days_90": days_90}.get(what.casefold())
    if made is None or after == NO_STAGE or (before == NO_STAGE and made is not moves):
        return None
    return made(terms, before, after)


def moves(terms: Terms, before: str, after: str) -> Kpi:
    """How often leads went from one stage straight to another; `before` may be NO_STAGE."""
    named = _named(terms, before, after)
    return Kpi(
        f"moves.{before}.{after}", after, _with(named, "moves", "移行数"),
        Words("How often leads went from the one stage straight to the other.", "前のステージから次のステージへ直接移った回数。"),
        Words("entries into the later stage out of the earlier one", "前のステージからの、次のステージへの移行の数"),
        Unit.COUNT, "entry", Count(Items("entries", stage=after, before=before)), accounts=True,
    )  # fmt: skip


def reach(terms: Terms, before: str, after: str) -> Kpi:
    """Of the entries into a stage, which reach another on the same run."""
    named = _named(terms, before, after)
    return Kpi(
        f"reach.{before}.{after}", before, _with(named, "rate", "到達率"),
        Words("Of those that entered the one stage, which reached the other.", "前のステージに入ったもののうち、次のステージに達した割合。"),
        Words("entries that reach the other stage on the same run ÷ entries, mature ones", "同じ通過のうちに達した数 ÷ 移行数（成熟分）"),
        Unit.RATE, "entry", Rate(Items("entries", stage=before), reaches=after), accounts=True,
    )  # fmt: skip


def days(terms: Terms, before: str, after: str) -> Kpi:
    """Days from entering the one to reaching the other: the median of those that did."""
    return _days(terms, before, after, "days", 0.5, Words("days, median", "日数・中央値"))


def days_90(terms: Terms, before: str, after: str) -> Kpi:
    """The same for nine of ten."""
    return _days(terms, before, after, "days_90", 0.9, Words("days, 90 %", "日数・90%点"))


def _days(terms: Terms, before: str, after: str, id: str, of: float, title: Words) -> Kpi:
    named = _named(terms, before, after)
    return Kpi(
        f"{id}.{before}.{after}", before, _with(named, title.en, title.ja),
        Words("How long it takes from the one stage to the other.", "前のステージから次のステージに達するまでの日数。"),
        Words(
            f"{of:.0%} quantile of the days from the entry to reaching the other stage, of those that have reached it; by the "
            "time of the entry",
            f"移行から次のステージに達するまでの日数の{of:.0%}点（達したもの、移行日別）",
        ),
        Unit.DAYS, "entry", Quantile(Items("entries", stage=before), "", of, reaches=after),
    )  # fmt: skip


def _named(terms: Terms, before: str, after: str) -> Words:
    called = {stage.id: stage for stage in terms.stages}
    texts = []
    for language, new in (("en", "new"), ("ja", "新規")):
        names = [new if one == NO_STAGE else called[one].short(language) for one in (before, after)]
        texts.append(" → ".join(names) if language == "en" else "→".join(names))
    return Words(*texts)


def _with(named: Words, en: str, ja: str) -> Words:
    return Words(f"{named.en}: {en}", f"{named.ja}：{ja}")
