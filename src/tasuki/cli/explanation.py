"""The pages that `tasuki explain` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.markup import escape

from tasuki.agreement import Agreement
from tasuki.agreement.values import duration_text
from tasuki.cli.show import local, number, table
from tasuki.engine.explain import Explanation, Hit, Moment, ScoreNow, Way, rule_text

if TYPE_CHECKING:
    from rich.table import Table


def pages(told: Explanation, agreement: Agreement, everything: bool) -> Iterator[Table | str]:
    """Head, timeline, scores, what the next stages lack; hits that did not count only with `everything`."""
    zone = agreement.timezone
    since = f" since {local(told.entered, zone)}" if told.entered is not None else ""
    yield f"[bold]{escape(told.lead)}[/] at {local(told.at, zone)} ({zone}): [bold]{told.stage or 'no stage yet'}[/]{since}"
    yield _timeline([m for m in told.timeline if everything or m.what not in ("capped", "outside")], zone)
    for score in told.scores:
        yield _score(score) if score.contributions else _short(score)
    if told.excluded:
        yield f"Excluded: {escape(str(agreement.excluded))} holds, so nothing is entered by itself."
    if told.ways:
        yield _ways(told.ways)
    yield _coming(told, agreement, zone)


def _coming(told: Explanation, agreement: Agreement, zone: str) -> str:
    timeout = agreement.stage[told.stage].timeout if told.stage else None
    lines = []
    if timeout and told.entered is not None:
        lines.append(
            f"After {duration_text(timeout.after)} in {told.stage}, on "
            f"{local(told.entered + timeout.after, zone)}: {timeout.to}"
        )
    if told.next_check is not None:
        lines.append(f"Next time something can happen by itself: {local(told.next_check, zone)}")
    return "\n".join(lines) or "Nothing will happen by itself."


_ENDED = {"expired": "expired", "faded": "faded", "void": "reset"}
_MARKS = {
    "transition": "[bold]»[/]", "hit": "+", "reset": "0", "capped": "=", "outside": "-", "refused": "[red]✗[/]",
}  # fmt: skip


def _timeline(moments: list[Moment], zone: str) -> Table:
    shown = table("Timeline", "When", "", "What", "Points", "Worth now", text=3)
    day = ""
    for moment in moments:
        when = local(moment.at, zone)
        shown.add_row(
            when if when[:10] != day else " " * 11 + when[11:],
            _MARKS.get(moment.what, ""),
            _told(moment),
            *_points(moment.hit),
        )
        day = when[:10]
    return shown


def _told(moment: Moment) -> str:
    text = escape(moment.text)
    if moment.what not in _MARKS:
        text = f"{moment.what}: {text}"
    if moment.what == "transition":
        text = f"[bold]{text}[/]"
    if moment.what in ("capped", "outside"):
        text += " – does not count: " + (
            "at its cap" if moment.what == "capped" else "not in one of its stages"
        )
    return text + (f"  [dim]{escape(moment.because)}[/]" if moment.because else "")


def _points(hit: Hit | None) -> tuple[str, str]:
    if hit is None:
        return "", ""
    return f"{hit.points:+g}", number(hit.worth) if hit.state == "counts" else f"0 ({_ENDED[hit.state]})"


def _title(score: ScoreNow) -> str:
    return escape(f"{score.id} = {number(score.value)}" + (f", grade {score.grade}" if score.grade else ""))


def _short(score: ScoreNow) -> str:
    """A sum, or a score to which nothing contributes, in one line."""
    of = f" = {' + '.join(score.parts)}" if score.parts else " (no hits that count)"
    kept = f", {number(score.raw)} before its range" if abs(score.raw - score.value) > 1e-9 else ""
    return f"[bold]{_title(score)}[/]{of}{kept}"


def _score(score: ScoreNow) -> Table:
    shown = table(_title(score), "Rule", "Because", "Hits", "Worth", text=2)
    for part in score.contributions:
        shown.add_row(
            escape(rule_text(part.rule)), escape(part.rule.because), str(part.hits or ""), number(part.worth)
        )
    if abs(score.raw - score.value) > 1e-9:
        shown.add_row("range", "kept inside the range", "", number(score.value - score.raw))
    shown.add_row("[bold]=[/]", "", "", f"[bold]{number(score.value)}[/]")
    return shown


def _ways(ways: tuple[Way, ...]) -> Table:
    shown = table("From here", "Stage", "", "Condition", "Now", text=4)
    for way in ways:
        stage = f"[bold]{way.path.stage}[/]"
        if way.path.by:
            shown.add_row(
                stage,
                "·",
                f"a decision of {', '.join(way.path.by)}" + (" which requires" if way.path.requires else ""),
                "",
            )
            stage = ""
        for part in way.parts:
            shown.add_row(
                stage, "[green]✓[/]" if part.holds else "[red]✗[/]", escape(part.text), escape(part.now)
            )
            stage = ""
    return shown
