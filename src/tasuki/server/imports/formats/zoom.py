"""Zoom, the attendee report of a webinar: sections with a header each, a row each time somebody joined."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from tasuki.server.imports.formats.base import ActivityRule, Fields, Format, columns, folded, signature
from tasuki.server.imports.reading import Row


def context(above: Sequence[Row]) -> Fields:
    """The webinar's title, id and start, from the row under the line that names them."""
    for names, values in itertools.pairwise(above):
        told = dict(zip(map(folded, names.cells), values.cells, strict=False))
        if "topic" in told and "webinarid" in told:
            return {
                "activity.content": told["topic"].strip(),
                "activity.webinar": told["webinarid"].replace(" ", ""),
                "activity.started_at": told.get("actualstarttime", "").strip(),
            }
    return {}


def gather(rows: Iterator[tuple[int, Fields]]) -> Iterator[tuple[int, Fields]]:
    """One row a person: minutes added up, the first time of joining."""
    people: dict[str, tuple[int, Fields]] = {}
    for line, fields in rows:
        who = (
            fields.get("email", "").casefold()
            or fields.get("name", "") + fields.get("phone", "")
            or f"#{line}"
        )
        if who in people:
            _add(people[who][1], fields)
        else:
            people[who] = (line, fields)
    yield from people.values()


def _add(kept: Fields, more: Fields) -> None:
    minutes = [_whole(fields.get("activity.minutes", "")) for fields in (kept, more)]
    joined = kept.get("activity.attended")
    for name, value in more.items():
        kept.setdefault(name, value)
    if any(minutes):
        kept["activity.minutes"] = str(sum(minutes))
    if folded(joined or "") not in YES and "activity.attended" in more:
        kept["activity.attended"] = more["activity.attended"]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


YES = frozenset({"yes", "はい"})
TOLD = {"content": "activity.content", "webinar": "activity.webinar"}

FORMAT = Format(
    id="zoom",
    label=_("Zoom webinar (attendee report)"),
    kind="leads",
    source="zoom",
    channel="webinar",
    signature=(
        signature("Attended", "User Name (Original Name)", "Email", "Registration Time"),
        signature("Attended", "Email", "Registration Time", "Join Time"),
    ),
    section=frozenset({"attendeedetails", "参加者の詳細", "出席者の詳細"}),
    context=context,
    gather=gather,
    nothing=frozenset({"--"}),
    columns=columns(
        activity_attended=("Attended", "出席済み"),
        name=("User Name (Original Name)", "ユーザー名（元の名前）"),
        given_name=("First Name", "名"),
        family_name=("Last Name", "姓"),
        email=("Email", "メール"),
        phone="Phone",
        account_name=("Organization", "組織"),
        title=("Job Title", "役職"),
        account_industry=("Industry", "業界"),
        country="Country/Region Name",
        activity_registered_at=("Registration Time", "登録日時"),
        activity_approval=("Approval Status", "承認ステータス"),
        activity_joined_at=("Join Time", "参加時刻"),
        activity_left_at=("Leave Time", "退出時刻"),
        activity_minutes=("Time in Session (minutes)", "セッション時間（分）"),
        campaign="Source Name",
    ),
    activities=(
        ActivityRule("webinar_register", at=("activity.registered_at",), properties=TOLD, channel="webinar"),
        ActivityRule(
            "webinar_attend",
            at=("activity.joined_at", "activity.started_at"),
            where={"activity.attended": YES},
            properties={**TOLD, "minutes": "activity.minutes"},
            channel="webinar",
        ),
    ),
)
