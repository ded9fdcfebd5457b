"""Where what a report tells is looked at: the same leads, narrowed as the report is."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from tasuki.server.core.models import Team, User
from tasuki.weekly import Sheet


def alert_links(sheet: Sheet) -> Mapping[str, str]:
    """What needs attention, by its code → the page on which it stands."""
    whose = _whose(sheet.where)
    asked = {**sheet.where, "by": "week", "part": sheet.week.label}
    return {
        "overdue": _with("/handoffs", {**whose, "overdue": "1"}),
        "untouched": _with("/handoffs", whose),
        "missed": f"{_with('/numbers/handoffs.in_time', asked)}#behind",
        "returned": _with("/numbers/flow", sheet.where),
    }


def figure_link(sheet: Sheet, kpi: str) -> str:
    """The page of a figure, week by week."""
    return _with(f"/numbers/{kpi}", {"by": "week", **sheet.where})


def _whose(where: Mapping[str, str]) -> dict[str, str]:
    """As the page of handoffs names a team and a person; nobody where they are gone."""
    if "rep" in where:
        user = User.objects.filter(pk=where["rep"]).first()
        return {"person": user.username} if user else {}
    team = Team.objects.filter(pk=where["team"]).first() if "team" in where else None
    return {"team": team.name} if team else {}


def _with(path: str, given: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(given)}" if given else path
