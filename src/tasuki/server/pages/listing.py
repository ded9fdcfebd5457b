"""What a page asks of the leads: read from its address or form, and offered again for changing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasuki.server.agreements.stages import Stages, stages_now
from tasuki.server.core import clock, words
from tasuki.server.core import queries as core
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import NotFound
from tasuki.server.lists import asking, columns, filters, queries, times
from tasuki.server.lists.asking import Asked, Clause
from tasuki.server.lists.columns import Column
from tasuki.server.lists.models import Choice, View
from tasuki.server.pages.paging import a_number
from tasuki.server.people.listing import SORTS
from tasuki.server.people.models import BuyingRole

START = "-score"
EVERYTHING = "all"
HELPERS = ("_from", "_to", "_id", "_name", "_text")
ON_SHEET: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (gettext_lazy("Where it stands"), ("stage", "entered", "handoff", "owner", "team")),
    (gettext_lazy("Score and interest"), ("score", "grade", "scores", "interest", "active")),
    (gettext_lazy("Company and person"),
     ("company", "industry", "employees", "title", "department", "role", "phone", "mail", "profile")),
    (gettext_lazy("Where it comes from, and when"), ("channel", "campaign", "created", "first_touch", "reapproach")),
)  # fmt: skip


@dataclass(frozen=True)
class Work:
    """What is asked, in which order, with which columns; `view` is the one that it began with."""

    asked: Asked
    sort: str
    shown: Sequence[Column]
    stages: Stages
    choice: Choice
    view: View | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """As an address has it."""
        own = self.asked.pairs()
        if self.sort != START:
            own.append(("sort", self.sort))
        return [*own, ("view", str(self.view.pk) if self.view else EVERYTHING)]

    @property
    def query(self) -> str:
        """The same as text."""
        return urlencode(self.pairs())

    @property
    def is_changed(self) -> bool:
        """Whether it is another question than that of its view by now."""
        view = self.view
        return view is not None and (view.query != self.asked.query() or view.sort != self.sort)


LACKING = {"stage_entered": "entered", "reapproach": "reapproach"}
"""Orders of a date that leads may lack, and the filter that finds these leads."""


def without_date(work: Work) -> str:
    """The address of the leads that the present order leaves out, for they have no date; empty: it leaves out none."""
    name = LACKING.get(work.sort.removeprefix("-"), "")
    given = work.asked.given(name) if name else ()
    if not name or (given and filters.NONE not in given):
        return ""
    pairs = [pair for pair in work.pairs() if pair[0] not in ("sort", name)]
    return urlencode([*pairs, (name, filters.NONE)])


@dataclass(frozen=True)
class Chip:
    """A filter as it is shown, and the address without it."""

    clause: Clause
    without: str


@dataclass(frozen=True)
class Head:
    """The head of a column: the address that sorts by it, and how it sorts now."""

    column: Column
    href: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Question:
    """One filter on the sheet: what may be chosen, and what was."""

    name: str
    word: str
    kind: str
    options: tuple[tuple[str, str, bool], ...] = ()
    text: str = ""
    low: str = ""
    high: str = ""
    kept: tuple[str, ...] = field(default=())

    @property
    def is_used(self) -> bool:
        """Whether anything was chosen."""
        return bool(self.text or self.low or self.high or self.kept or any(on for _v, _w, on in self.options))


def work_of(actor: Actor, given: QueryDict) -> Work:
    """Of an address or a form."""
    stages = stages_now()
    view = _view(actor, given.get("view", ""))
    parameters, sort = canonical(given), given.get("sort", "")
    if view is not None and not parameters and not sort:
        parameters, sort = dict(QueryDict(view.query).lists()), view.sort
    asked = asking.asked_of(parameters, queries.asker(actor, stages))
    choice = queries.choice(actor)
    ids = view.columns if view is not None and view.columns else choice.columns
    return Work(asked, sort if sort in SORTS else START, columns.chosen(ids, stages), stages, choice, view)


def posted(actor: Actor, request: HttpRequest) -> Work:
    """Of a form that carries the address of the list that it stands on."""
    return work_of(actor, QueryDict(request.POST.get("query", "")[:8_000]))


def _view(actor: Actor, text: str) -> View | None:
    number = a_number(text)
    try:
        return queries.view(actor, number) if number else None
    except NotFound:
        return None


def canonical(given: QueryDict) -> dict[str, list[str]]:
    """The filters of a form as an address has them: what was asked in several fields is one value."""
    names = (asking.WORDS, *filters.FILTERS)
    found = {name: [str(value) for value in given.getlist(name) if str(value).strip()] for name in names}
    for name, one in filters.FILTERS.items():
        if one.kind in ("range", "time"):
            low, high = (given.get(name + end, "").strip() for end in ("_from", "_to"))
            if low or high:
                found[name] = [f"{low}..{high}"]
        elif one.kind == "scores" and (score := given.get("scores_id", "").strip()):
            low, high = (given.get("scores" + end, "").strip() for end in ("_from", "_to"))
            found[name] = [*found[name], f"{score}:{low}..{high}"] if low or high else found[name]
        elif one.kind == "profile" and (key := given.get("profile_name", "").strip()):
            found[name] = [*found[name], f"{key}:{given.get('profile_text', '').strip()}"]
    return {name: list(dict.fromkeys(values)) for name, values in found.items() if values}


def is_canonical(given: QueryDict) -> bool:
    """Whether the address is as one would share it: nothing empty, nothing that only a form has."""
    return all(
        (str(value).strip() or key in ("after", "before")) and not key.endswith(HELPERS)
        for key, value in given.items()
    )


def chips(work: Work) -> list[Chip]:
    """Each filter with the way out of it."""
    rest = [("sort", work.sort)] if work.sort != START else []
    rest.append(("view", str(work.view.pk) if work.view else EVERYTHING))
    return [Chip(clause, urlencode([*work.asked.pairs(clause), *rest])) for clause in work.asked.clauses]


def heads(work: Work) -> list[Head]:
    """The columns with the orders that they give; the present one turns round."""
    found = []
    for column in work.shown:
        if not column.up:
            found.append(Head(column))
            continue
        first, second = (
            (column.down, column.up)
            if column.is_number or column.kind == "time"
            else (column.up, column.down)
        )
        next_one = second if work.sort == first else first
        direction = {column.up: "ascending", column.down: "descending"}.get(work.sort, "")
        pairs = [(name, value) for name, value in work.pairs() if name != "sort"]
        found.append(Head(column, urlencode([*pairs, ("sort", next_one)]), direction))
    return found


def sheet(actor: Actor, work: Work) -> tuple[tuple[str, tuple[Question, ...]], ...]:
    """Every filter, in groups, filled with what is asked now."""
    known = queries.values(actor)
    return tuple(
        (str(group), tuple(_question(actor, work, filters.FILTERS[name], known) for name in names))
        for group, names in ON_SHEET
    )


def _question(actor: Actor, work: Work, one: filters.Filter, known: Mapping[str, list[str]]) -> Question:
    values = work.asked.given(one.name)
    word = str(one.word)
    if one.kind == "range":
        low, _dots, high = (values[0] if values else "").partition("..")
        return Question(one.name, word, one.kind, low=low, high=high)
    if one.kind == "time":
        return _time_question(one.name, word, values, work)
    if one.kind == "text":
        return Question(one.name, word, one.kind, text=" ".join(values))
    if one.kind in ("scores", "profile"):
        options = tuple((name, work.stages.score(name), False) for name in _scores(work.stages))
        return Question(one.name, word, one.kind, options if one.kind == "scores" else (), kept=values)
    chosen = _options(actor, work, one.kind, known)
    extra = [(value, value) for value in values if value not in dict(chosen)]
    options = tuple((value, text, value in values) for value, text in [*chosen, *extra])
    return Question(one.name, word, "select" if one.kind in ("yes_no", "handoff") else "ticks", options)


def _time_question(name: str, word: str, values: Sequence[str], work: Work) -> Question:
    value = values[0] if values else ""
    low, dots, high = value.partition("..")
    presets = times.COMING if name == "reapproach" else times.PRESETS
    options = [(preset, times.said(preset, clock.now()), preset == value) for preset in presets]
    if value and not dots and value not in presets:
        said = next(clause.said for clause in work.asked.clauses if clause.name == name)
        options.append((value, said, True))
    return Question(name, word, "time", tuple(options), low=low if dots else "", high=high)


def _scores(stages: Stages) -> Iterable[str]:
    return stages.agreement.scores if stages.agreement else ()


def _options(actor: Actor, work: Work, kind: str, known: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    stages, none = work.stages, (filters.NONE, _("none"))
    if kind == "stages":
        return [*((code, stages.short(code)) for code in stages.ids), (filters.NONE, _("no stage"))]
    if kind == "people":
        own = [(filters.ME, _("me"))] if actor.user else []
        return [
            *own,
            (filters.NONE, _("nobody")),
            *((u.username, u.shown_name) for u in core.colleagues(actor)),
        ]
    if kind == "teams":
        return [none, *((team.name, team.name) for team in core.teams(actor))]
    if kind == "grades":
        return _grades(stages)
    if kind == "interests":
        return [(name, stages.score(name)) for name in _scores(stages) if name.startswith(filters.INTEREST)]
    if kind == "roles":
        return [*((value, str(label)) for value, label in BuyingRole.choices), none]
    if kind == "yes_no":
        return [(filters.YES, _("yes")), (filters.NO, _("no"))]
    if kind == "handoff":
        return [(filters.OPEN, _("open")), (filters.OVERDUE, _("overdue")), none]
    column = {"channels": "channel", "campaigns": "campaign", "industries": "industry"}[kind]
    named = [
        (value, words.say(words.CHANNELS, value) if kind == "channels" else value)
        for value in known.get(column, ())
    ]
    return [*named, none]


def _grades(stages: Stages) -> list[tuple[str, str]]:
    scores = stages.agreement.scores if stages.agreement else {}
    graded = [(name, score) for name, score in scores.items() if score.grades]
    return [
        (f"{name}:{letter}", letter if len(graded) == 1 else f"{stages.score(name)} {letter}")
        for name, score in graded
        for letter, _bar in score.grades
    ]
