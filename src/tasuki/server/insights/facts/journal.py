"""The journal read back: how a row was at first, and what it became with each change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from tasuki.server.insights.models import Change

Image = Mapping[str, Any]
AT_ONCE = 500


@dataclass(frozen=True)
class Version:
    """A row of another table after a change: its `revision` (2 for what came with the first one), when, and how it was."""

    kind: str
    row: int
    revision: int
    at: datetime
    image: Image


def changes() -> QuerySet[Any, Any]:
    """Rows for `tail.new_rows`; with how many changes the row had up to then."""
    before = Change.objects.filter(
        kind=OuterRef("kind"), row=OuterRef("row"), pk__lte=OuterRef("pk"), at__isnull=False
    )
    number = before.order_by().values("row").annotate(n=Count("pk")).values("n")
    return Change.objects.annotate(nth=Subquery(number)).values_list(
        "pk", "at", "kind", "row", "image", "nth"
    )


def versions_of(rows: Sequence[tuple[Any, ...]]) -> list[Version]:
    """Without the first images, which come with the rows themselves."""
    return [Version(kind, row, nth + 1, at, image) for _pk, at, kind, row, image, nth in rows if at]


def first_images(kind: str, ids: Sequence[int]) -> dict[int, Image]:
    """How those rows were before their first change that have changed. Asked after the rows themselves were read: a change
    in between is then known here."""
    found: dict[int, Image] = {}
    for place in range(0, len(ids), AT_ONCE):
        rows = Change.objects.filter(kind=kind, row__in=ids[place : place + AT_ONCE], at__isnull=True)
        found.update(rows.values_list("row", "image"))
    return found


def time_of(value: Any) -> datetime | None:
    """A time of an image, which is text, or of a row."""
    if value is None or isinstance(value, datetime):
        return value
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def text(value: Any) -> str | None:
    """An id or a name as facts have it; None where there is none."""
    return None if value is None or value == "" else str(value)


class Teams:
    """Who was in which team when: of an owner's lead or deal it is the one at the time when they got it."""

    def __init__(
        self, now: Mapping[int, int | None], past: Sequence[tuple[int, datetime | None, Any]]
    ) -> None:
        self._now = now
        self._past: dict[int, list[tuple[datetime | None, Any]]] = {}
        for user, at, team in past:
            self._past.setdefault(user, []).append((at, team))

    def of(self, user: Any, at: datetime) -> str | None:
        """The team's id; None: no team, or nobody."""
        if user is None:
            return None
        found = self._now.get(int(user))
        if known := self._past.get(int(user)):
            found = [team for since, team in known if since is None or since <= at][-1]
        return text(found)


def teams(users: Collection[int]) -> Teams:
    """Of these people."""
    from tasuki.server.core.models import User

    now = dict(User.objects.filter(pk__in=users).values_list("pk", "team_id"))
    past = Change.objects.filter(kind="user", row__in=users).order_by("pk").values_list("row", "at", "image")
    return Teams(now, [(user, at, image["team_id"]) for user, at, image in past])


def owners(images: Iterator[Image]) -> set[int]:
    """Whoever owns something in these images."""
    return {int(image["owner_id"]) for image in images if image["owner_id"] is not None}
