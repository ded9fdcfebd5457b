"""Leads at their companies, with identities and profiles; and what was decided about them, handed over, sold and told."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from bench.server.town.companies import Company
from bench.server.town.courses import Courses, Way
from bench.server.town.moves import Moves
from bench.server.town.people import Staff
from bench.server.town.store import store, text
from tasuki.server.people.drafts import search_text
from tasuki.server.people.models import Identity, Lead, Profile
from tasuki.simulate.words import DEPARTMENTS, GIVEN_NAMES, SURNAMES, TITLES

CHUNK = 50_000
DAYS = 700
RARE = ("勅使河原", "テシガワラ", "teshigawara")
RARE_IS_EACH = 20_011
CHANNELS = ("organic", "exhibition", "webinar", "paid_search", "referral", "email", "partner")
AREAS = ("interest_security", "interest_cost", "interest_operations")
COLUMNS = (
    "pk", "name", "name_kana", "email", "phone", "department", "title", "fields", "account", "owner", "team", "search",
    "channel", "campaign", "first_touch_at", "created_at", "stage", "stage_entered_at", "scores", "grades", "score",
    "passes", "reapproach_at", "folded_at",
)  # fmt: skip


def arrive(
    companies: Sequence[Company], staff: Staff, version: int, calendar: int, now: datetime
) -> list[float]:
    """Everybody with all that was done about them, stored; when each came, in seconds since 1970, by id from 1 on."""
    arrivals = _Arrivals(staff, version, calendar, now)
    everybody = _everybody(companies)
    while chunk := list(islice(everybody, CHUNK)):
        arrivals.store(chunk)
    return arrivals.since


def _everybody(companies: Sequence[Company]) -> Iterator[tuple[int, Company]]:
    """Mixed, so that colleagues do not lie side by side: id and company."""
    places = [company for company in companies for _ in range(company.people)]
    random.Random(7).shuffle(places)
    return enumerate(places, start=1)


class _Arrivals:
    def __init__(self, staff: Staff, version: int, calendar: int, now: datetime) -> None:
        self._now, self._chance, self._courses = now, random.Random(11), Courses(staff, now)
        self._moves = Moves(staff, version, calendar, now)
        self.since: list[float] = []

    def store(self, chunk: Sequence[tuple[int, Company]]) -> None:
        people = [self._person(number, company) for number, company in chunk]
        store(Lead, COLUMNS, (self._row(*one) for one in people))
        store(
            Identity, ("lead", "kind", "value", "created_at"),
            ((number, "mail", fields["email"], since) for number, _company, fields, since, _way in people),
        )  # fmt: skip
        store(
            Profile, ("lead", "at", "recorded_at", "source", "fields"),
            (
                (number, since, since, "bench", _json({**fields, **company.profile()}))
                for number, company, fields, since, _way in people
            ),
        )  # fmt: skip
        self._moves.store([(number, company, way) for number, company, _fields, _since, way in people])

    def _person(self, number: int, company: Company) -> tuple[int, Company, dict[str, str], str, Way]:
        created = self._now - timedelta(days=DAYS * self._chance.random())
        self.since.append(created.timestamp())
        return number, company, self._fields(number, company), text(created), self._courses.draw(created)

    def _fields(self, number: int, company: Company) -> dict[str, str]:
        chance = self._chance
        family = RARE if number % RARE_IS_EACH == 0 else SURNAMES[int(len(SURNAMES) * chance.random() ** 1.7)]
        given = GIVEN_NAMES[int(len(GIVEN_NAMES) * chance.random())]
        fields = {
            "name": f"{family[0]} {given[0]}", "name_kana": f"{family[1]} {given[1]}",
            "email": f"{given[2]}.{family[2]}{number}@{company.domain}",
            "department": DEPARTMENTS[number % len(DEPARTMENTS)], "title": TITLES[int(9 * chance.random() ** 2)],
        }  # fmt: skip
        if number % 3:
            fields["phone"] = f"03-{number // 10_000 % 10_000:04d}-{number % 10_000:04d}"
        return fields

    def _row(
        self, number: int, company: Company, fields: dict[str, str], since: str, way: Way
    ) -> Sequence[object]:
        chance, last = self._chance, way.steps[-1] if way.steps else None
        fit = (5, 20, 35, 40, 55, 70)[number % 6]
        scores = {"person": way.score, "behavior": max(way.score - fit, 0.0), "fit": float(fit)}
        for area in AREAS:
            scores[area] = round(chance.expovariate(1 / 12), 2) if chance.random() < 0.3 else 0.0
        until = last.until if last else None
        return (
            number, fields["name"], fields["name_kana"], fields["email"], fields.get("phone", ""), fields["department"],
            fields["title"], _json(fields), company.id, way.owner.id if way.owner else None,
            way.owner.team if way.owner else None, search_text(fields), CHANNELS[number % 7], f"c{number % 40}", since,
            since, way.stage, text(last.at) if last else None, _json(scores), _json({"fit": _grade(fit)}), way.score,
            _json(_passes(way)), text(until) if until else None, text(self._now),
        )  # fmt: skip


def _grade(fit: int) -> str:
    return "A" if fit >= 55 else "B" if fit >= 40 else "C" if fit >= 20 else "D"


def _passes(way: Way) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for step in way.steps:
        at = step.at.isoformat()
        one = found.setdefault(step.to, {"first": at, "times": 0})
        one["latest"], one["times"] = at, int(str(one["times"])) + 1
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
