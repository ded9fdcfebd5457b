"""Leads as facts, in versions: where they came from, whose they are; ids and names of channels, nothing of the person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min, QuerySet

from tasuki.server.activities.models import Activity
from tasuki.server.insights.facts.activities import content_of
from tasuki.server.insights.facts.journal import (
    Image,
    Teams,
    Version,
    first_images,
    owners,
    teams,
    text,
    time_of,
)
from tasuki.server.insights.models import Change
from tasuki.server.insights.triggers import WATCHED
from tasuki.server.people.models import Lead

COLUMNS = ("pk", "created_at", *WATCHED["lead"][1])
AT_ONCE = 500


def leads() -> QuerySet[Any, Any]:
    """Rows for `tail.new_rows`."""
    return Lead.objects.values_list(*COLUMNS)


@dataclass(frozen=True)
class _First:
    """The first content that a lead touched, as recorded: which activity, when that became known, what it is called."""

    activity: int
    recorded_at: datetime
    content: str


@dataclass(frozen=True)
class _Known:
    """One version of a lead, before its number is known: `changes` of the journal were known by then."""

    lead: int
    changes: int
    recorded_at: datetime
    image: Image
    is_content: bool = False


def lead_facts(
    rows: Sequence[tuple[Any, ...]], changed: Sequence[Version], seen: Sequence[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    """The first version of each new row, and the versions that came with changes. `seen`: new activities; the first with
    content makes a version of its lead, too, for that content is what brought it."""
    created = {row[0]: row[1] for row in rows}
    first = first_images("lead", list(created))
    known = [_Known(row[0], 0, row[1], first.get(row[0]) or _image(row)) for row in rows]
    known += [_Known(one.row, one.revision - 1, one.at, one.image) for one in changed]
    touched = {lead: pk for pk, _r, lead, _at, _t, properties in reversed(seen) if content_of(properties)}
    contents = _firsts({*created, *(one.row for one in changed), *touched})
    created |= _created({*(one.lead for one in known), *touched} - created.keys())
    known += _with_content(sorted(_brought(touched, contents, created)), contents)
    members = teams(owners(one.image for one in known))
    return [_fact(one, created[one.lead], contents, members) for one in known if one.lead in created]


def _brought(
    touched: Mapping[int, int], contents: Mapping[int, _First], created: Mapping[int, datetime]
) -> Iterator[int]:
    """Leads of which the first content is among the new activities, and was not known when they came in."""
    for lead, pk in touched.items():
        first = contents.get(lead)
        if first and first.activity == pk and lead in created and first.recorded_at > created[lead]:
            yield lead


def _image(row: tuple[Any, ...]) -> Image:
    return dict(zip(WATCHED["lead"][1], row[2:], strict=True))


def _created(leads: set[int]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for ids in _pieces(sorted(leads)):
        found.update(Lead.objects.filter(pk__in=ids).values_list("pk", "created_at"))
    return found


def _pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for place in range(0, len(ids), AT_ONCE):
        yield ids[place : place + AT_ONCE]


def _firsts(leads: set[int]) -> dict[int, _First]:
    found: dict[int, _First] = {}
    for ids in _pieces(sorted(leads)):
        rows = Activity.objects.filter(lead__in=ids, properties__has_key="content.kind")
        firsts = rows.order_by().values("lead").annotate(first=Min("pk"))
        wanted = [row["first"] for row in firsts]
        for pk, lead, recorded_at, properties in Activity.objects.filter(pk__in=wanted).values_list(
            "pk", "lead_id", "recorded_at", "properties"
        ):
            if content := content_of(properties):
                found[lead] = _First(pk, recorded_at, content)
    return found


def _with_content(leads: Sequence[int], contents: Mapping[int, _First]) -> Iterator[_Known]:
    """The lead as it was when its first content became known."""
    for ids in _pieces(leads):
        now = {row[0]: _image(row) for row in Lead.objects.filter(pk__in=ids).values_list(*COLUMNS)}
        past = _past(ids)
        for lead in ids:
            if lead not in now:
                continue
            at = contents[lead].recorded_at
            known = [image for since, image in past.get(lead, ()) if since is None or since <= at]
            image = known[-1] if known else now[lead]
            yield _Known(lead, max(len(known) - 1, 0), at, image, is_content=True)


def _past(leads: Sequence[int]) -> dict[int, list[tuple[datetime | None, Image]]]:
    found: dict[int, list[tuple[datetime | None, Image]]] = {}
    rows = Change.objects.filter(kind="lead", row__in=leads).order_by("pk")
    for lead, at, image in rows.values_list("row", "at", "image"):
        found.setdefault(lead, []).append((at, image))
    return found


def _fact(
    one: _Known, created_at: datetime, contents: Mapping[int, _First], members: Teams
) -> dict[str, Any]:
    """A content that was known when the lead came in makes no version of its own."""
    content = contents.get(one.lead)
    known = content is not None and content.recorded_at <= one.recorded_at
    own = known and content is not None and content.recorded_at > created_at
    image = one.image
    return {
        "lead": str(one.lead), "revision": 1 + one.changes + bool(own), "account": text(image["account_id"]),
        "created_at": time_of(image["first_touch_at"]) or created_at, "channel": text(image["channel"]),
        "source": text(image["channel"]), "campaign": text(image["campaign"]),
        "content": content.content if content and known else None, "persona": None,
        "team": text(image["team_id"]) or members.of(image["owner_id"], one.recorded_at),
        "rep": text(image["owner_id"]), "anonymous": bool(image["anonymous"]), "excluded": None,
        "recorded_at": one.recorded_at,
    }  # fmt: skip
