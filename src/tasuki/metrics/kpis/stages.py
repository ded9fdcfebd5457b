"""KPIs of every stage, whatever it is called: made for each stage that the agreement has."""

from __future__ import annotations

from collections.abc import Sequence

from tasuki.metrics.formulas import Count, Items, Kpi, Mean, Quantile, Rate, Stock, Unit, Words
from tasuki.metrics.roles import OUT, StageTerm


def kpis_of_stage(stage: StageTerm, out: Sequence[int] = ()) -> tuple[Kpi, ...]:
    """The same for each stage, but that leads return from a stage of the way and come back from one in which they are out.

    Ids begin with the part it plays, else with its id. `out`: the numbers of the stages in which leads are out.
    """
    part, here = (stage.role or stage.id), Items("entries", stage=stage.id)
    prefix = prefix_of(stage)
    stays = Items("entries", stage=stage.id, where="left_us IS NOT NULL")
    known = Items("entries", stage=stage.id, where="last")
    made = tuple(
        Kpi(f"{prefix}.{name}", part, _with(_short(stage), title), meaning, words, unit, grain, formula, accounts)
        for name, title, meaning, words, unit, grain, formula, accounts in (
            (
                "entries", Words("entries", "移行数"),
                Words("How often leads entered the stage.", "このステージに入った回数。"),
                Words("entries into the stage", "ステージへの移行の数"),
                Unit.COUNT, "entry", Count(here), True,
            ),
            (
                "leads", Words("leads", "リード数"),
                Words("How many leads entered the stage, each at its first time.", "このステージに入ったリードの数（初回で数える）。"),
                Words("first entries of leads into the stage", "リードごとの初回の移行の数"),
                Unit.COUNT, "lead", Count(Items("entries", stage=stage.id, where="pass = 1")), True,
            ),
            (
                "stock", Words("present stock", "在籍数"),
                Words("How many leads stand in the stage at an instant.", "ある時点でこのステージにいるリードの数。"),
                Words("leads in the stage at the end of the period, or at the time looked at", "期末（または時点）にステージにいるリードの数"),
                Unit.COUNT, "lead", Stock(here), False,
            ),
            (
                "time", Words("time in stage, median (days)", "滞在日数・中央値"),
                Words("How long a stay takes that has ended.", "終わった滞在にかかった日数。"),
                Words("median of the days from entry to the next entry, stays that ended; by the time of entry", "移行から次の移行までの日数の中央値（終わった滞在、移行日別）"),
                Unit.DAYS, "entry", Quantile(stays, "(left_us - us) / 86400e6", 0.5), False,
            ),
            (
                "by_hand", Words("share made by hand", "手動の割合"),
                Words("Of the entries, which a person decided: made, not become.", "移行のうち、人が判断したものの割合。"),
                Words("entries by a decision ÷ entries", "判断による移行数 ÷ 移行数"),
                Unit.RATE, "entry", Rate(here, hit="by_hand"), False,
            ),
            (
                "passes", Words("passes per lead", "リードあたり通過回数"),
                Words("How often a lead that came here was here.", "ここに来たリードが何度来たか。"),
                Words("mean number of entries of a lead, by the time of its last one", "リードごとの移行回数の平均（最後の移行日別）"),
                Unit.TIMES, "lead", Mean(known, "pass"), False,
            ),
        )
    )  # fmt: skip
    return *made, (comebacks(stage, out) if stage.role in OUT else returns(stage))


def returns(stage: StageTerm) -> Kpi:
    """How often leads went back from a stage of the way."""
    back = Items("entries", stage=stage.id, side="came_from", where="is_return")
    return Kpi(
        f"{prefix_of(stage)}.returns", stage.role or stage.id, _with(_short(stage), Words("returns", "差し戻し数")),
        Words("How often leads went back from the stage; by reason, why.", "このステージから戻された回数。理由別に見られる。"),
        Words("entries from the stage into recycled, disqualified, lost or an earlier stage", "ステージから差し戻し・対象外・失注・前のステージへの移行の数"),
        Unit.COUNT, "entry", Count(back),
    )  # fmt: skip


def comebacks(stage: StageTerm, out: Sequence[int]) -> Kpi:
    """How often leads came back from a stage in which they were out; `out`: as `kpis_of_stage`."""
    elsewhere = f"stage NOT IN ({', '.join(map(str, out))})" if out else ""
    back = Items("entries", stage=stage.id, side="came_from", where=elsewhere)
    return Kpi(
        f"{prefix_of(stage)}.comebacks", stage.role or stage.id, _with(_short(stage), Words("comebacks", "復帰数")),
        Words("How often leads that were out came back from the stage.", "このステージにいたリードが復帰した回数。"),
        Words("entries from the stage into any other than recycled, disqualified or lost", "ステージから差し戻し・対象外・失注以外のステージへの移行の数"),
        Unit.COUNT, "entry", Count(back),
    )  # fmt: skip


def prefix_of(stage: StageTerm) -> str:
    """What the ids of its KPIs begin with: the part it plays in small letters, else its id."""
    return stage.role.lower() if stage.role else stage.id


def _short(stage: StageTerm) -> Words:
    return Words(stage.short("en"), stage.short("ja"))


def _with(stage: Words, title: Words) -> Words:
    return Words(f"{stage.en}: {title.en}", f"{stage.ja}：{title.ja}")
