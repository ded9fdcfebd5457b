"""The filters, one for each thing that one knows of a lead: its parameter, its word, and how its values are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import IContains
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tasuki.server.accounts.facts import COLUMNS as ACCOUNT_COLUMNS
from tasuki.server.accounts.facts import PREFIX
from tasuki.server.accounts.models import Account
from tasuki.server.activities.models import Activity
from tasuki.server.core import formats, words
from tasuki.server.core.errors import Invalid
from tasuki.server.core.models import Team, User
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lists import ranges, times
from tasuki.server.lists.asking import Asker, Clause
from tasuki.server.people import searching
from tasuki.server.people.models import BuyingRole

NONE, ME = "none", "me"
YES, NO = "yes", "no"
OPEN, OVERDUE = "open", "overdue"
INTEREST = "interest"
"""Scores whose name in the agreement begins so are areas of interest."""
FEW_COMPANIES = 500
Read = Callable[[Sequence[str], Asker], tuple[str, tuple[Any, ...]]]


@dataclass(frozen=True)
class Filter:
    """One parameter. `kind` says how a page asks for it; `read` gives what it says and its conditions, or raises Invalid.

    `each`: every value is a filter of its own, and all of them must hold.
    """

    name: str
    word: str | Promise
    kind: str
    read: Read
    each: bool = False
    is_text: bool = False

    def clauses(self, values: Sequence[str], asker: Asker) -> list[Clause]:
        """What was asked, read; a value that cannot be says why."""
        groups = [[value] for value in values] if self.each else [list(values)]
        return [self._clause(group, asker) for group in groups]

    def _clause(self, values: Sequence[str], asker: Asker) -> Clause:
        word = str(self.word)
        try:
            said, conditions = self.read(values, asker)
        except Invalid as problem:
            problem.field = self.name
            return Clause(self.name, tuple(values), word, _(", ").join(values), problem=problem)
        looked_up = tuple(_looked_up(values)) if self.is_text else ()
        return Clause(self.name, tuple(values), word, said, conditions, looked_up)


def _looked_up(values: Sequence[str]) -> list[tuple[str, ...]]:
    """Words by which the index finds what holds all of these texts."""
    texts = (value.partition(":")[2] if ":" in value else value for value in values)
    return [forms for text in texts for forms in searching.words_of(text)]


# How values are read.


def _one_of(column: str, named: Callable[[str, Asker], str]) -> Read:
    """Any of these values of a column; `none` where it is empty."""

    def read(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
        wanted = ["" if value == NONE else value for value in values]
        names = [_("none") if value == NONE else named(value, asker) for value in values]
        found = Q(**{f"{column}__in": wanted})
        # an index leaves out the leads that have nothing there: say that these are not asked for
        return _(", ").join(names), (found if "" in wanted else found & Q(**{f"{column}__gt": ""}),)

    return read


def _of_company(read_own: Read) -> Read:
    """The same of a column of the company: of few companies the leads of these, of many whoever has such a one."""

    def read(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
        said, conditions = read_own(values, asker)
        companies = Account.objects.filter(*conditions)
        if any(value == NONE for value in values):
            return said, (Q(account=None) | Q(Exists(companies.filter(pk=OuterRef("account_id")))),)
        few = list(companies.values_list("pk", flat=True)[: FEW_COMPANIES + 1])
        if len(few) <= FEW_COMPANIES:
            return said, (Q(account__in=few),)
        return said, (Exists(companies.filter(pk=OuterRef("account_id"))),)

    return read


def _stage(value: str, asker: Asker) -> str:
    if asker.stages.agreement is not None and value not in asker.stages.places:
        raise _unknown(_("The agreement has no stage “%(value)s”."), value)
    return asker.stages.short(value)


def _owner(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
    names = {user.username: user for user in User.objects.filter(username__in=values)}
    condition, said = Q(), list[str]()
    for value in values:
        if value == NONE:
            condition, said = condition | Q(owner=None), [*said, _("nobody")]
            continue
        user = asker.actor.user if value == ME else names.get(value)
        if user is None:
            raise _unknown(_("Nobody here is called “%(value)s”."), value)
        condition, said = condition | Q(owner=user.pk), [*said, _("me") if value == ME else user.shown_name]
    return _(", ").join(said), (condition,)


def _team(values: Sequence[str], _asker: Asker) -> tuple[str, tuple[Any, ...]]:
    known = dict(Team.objects.filter(name__in=values).values_list("name", "pk"))
    condition = Q()
    for value in values:
        if value != NONE and value not in known:
            raise _unknown(_("There is no team “%(value)s”."), value)
        condition |= Q(team=None) if value == NONE else Q(team=known[value])
    return _(", ").join(_("none") if value == NONE else value for value in values), (condition,)


def _account(values: Sequence[str], _asker: Asker) -> tuple[str, tuple[Any, ...]]:
    numbers = {
        value: int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 16
    }
    known = dict(Account.objects.filter(pk__in=numbers.values()).values_list("pk", "name"))
    missing = [value for value in values if numbers.get(value) not in known]
    if missing:
        raise _unknown(_("There is no company with the number %(value)s."), missing[0])
    return _(", ").join(known.values()), (Q(account__in=list(known)),)


def _holds(column: str) -> Read:
    """Every word of the texts, somewhere in the column."""

    def read(values: Sequence[str], _asker: Asker) -> tuple[str, tuple[Any, ...]]:
        every = [word for value in values for word in value.split()[: searching.MOST_WORDS]]
        return " ".join(values), tuple(Q(**{f"{column}__icontains": word}) for word in every)

    return read


def _company(values: Sequence[str], _asker: Asker) -> tuple[str, tuple[Any, ...]]:
    conditions = []
    for forms in (forms for value in values for forms in searching.words_of(value)):
        one = Q()
        for form in forms:
            one |= Q(account__search__contains=form)
        conditions.append(one)
    return " ".join(values), tuple(conditions)


def _profile(values: Sequence[str], _asker: Asker) -> tuple[str, tuple[Any, ...]]:
    """`name:text`: the text stands in that field of the profile; without text, that it says something."""
    name, _colon, text = values[0].partition(":")
    name, text = name.strip(), text.strip()
    if not name or len(name) > 100:
        raise Invalid(
            "filter_unreadable",
            _("“%(value)s” does not say which field of the profile.") % {"value": values[0][:60]},
            cure=_("Write it like country:Japan."),
        )
    word = words.say(words.FIELDS, name)
    has, value = _in_profile(name)
    if not text:
        return _("%(field)s: any") % {"field": word}, (has,)
    return formats.labelled(word, text), tuple(
        IContains(value, part) for part in text.split()[: searching.MOST_WORDS]
    )


def _in_profile(name: str) -> tuple[Q, Any]:
    """That a field of the profile is there, and what it says, as text."""
    own = name.removeprefix(PREFIX)
    if own != name and own in ACCOUNT_COLUMNS:
        column = f"account__{own}"
        empty = Q(**{f"{column}__isnull": True}) | (Q() if own == "employees" else Q(**{column: ""}))
        return ~empty, Coalesce(Cast(column, TextField()), Value("", output_field=TextField()))
    holder, key = ("fields", name) if own == name else ("account__fields", own)
    return Q(**{f"{holder}__has_key": key}), Coalesce(
        KeyTextTransform(key, holder), Value("", output_field=TextField())
    )


def _has(column: str) -> Read:
    def read(values: Sequence[str], _asker: Asker) -> tuple[str, tuple[Any, ...]]:
        if values[0] not in (YES, NO):
            raise _yes_or_no(values[0])
        empty = Q(**{column: ""})
        return (_("yes"), (~empty,)) if values[0] == YES else (_("no"), (empty,))

    return read


def _handoff(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
    handed = Handoff.objects.filter(lead=OuterRef("pk"), outcome=Handoff.Outcome.OPEN)
    known: dict[str, tuple[str, Any]] = {
        OPEN: (_("open"), Exists(handed)),
        OVERDUE: (_("overdue"), Exists(handed.filter(due_at__lte=asker.now))),
        NONE: (_("none"), ~Exists(handed)),
    }
    if values[0] not in known:
        raise Invalid(
            "filter_unreadable",
            _("A handoff is not “%(value)s”.") % {"value": values[0][:60]},
            cure=_("Possible: %(known)s.") % {"known": ", ".join(known)},
        )
    said, condition = known[values[0]]
    return said, (condition,)


def _score_named(value: str, asker: Asker) -> tuple[str, str]:
    """The score before the colon, and what follows."""
    name, _colon, rest = value.partition(":")
    if asker.stages.agreement is None or name not in asker.stages.agreement.scores:
        raise _unknown(_("The agreement has no score “%(value)s”."), name)
    return name, rest


def _scores(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
    name, rest = _score_named(values[0], asker)
    said, condition = ranges.read(rest, f"scores__{name}")
    return f"{asker.stages.score(name)} {said}", (condition,)


def _grade(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
    condition, said = Q(), []
    for value in values:
        name, letter = _score_named(value, asker)
        condition |= Q(**{f"grades__{name}": letter})
        said.append(f"{asker.stages.score(name)} {letter}")
    return _(", ").join(said), (condition,)


def _interest(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
    condition, said = Q(), []
    for value in values:
        name, _rest = _score_named(value, asker)
        condition |= Q(**{f"scores__{name}__gt": 0})
        said.append(asker.stages.score(name))
    return _(", ").join(said), (condition,)


def _range(column: str) -> Read:
    def read(values: Sequence[str], _asker: Asker) -> tuple[str, tuple[Any, ...]]:
        said, condition = ranges.read(values[0], column)
        return said, (condition,)

    return read


def _time(column: str) -> Read:
    def read(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
        span = times.read(values[0], asker.now)
        return span.said, (span.condition(column),)

    return read


def _active(values: Sequence[str], asker: Asker) -> tuple[str, tuple[Any, ...]]:
    """The last activity: within the span, and none after it."""
    span = times.read(values[0], asker.now)
    done = Activity.objects.filter(lead=OuterRef("pk"))
    if span.is_none:
        return span.said, (~Exists(done),)
    conditions: list[Any] = [Exists(done.filter(at__gte=span.begin) if span.begin else done)]
    if span.end is not None and span.end < asker.now:
        conditions.append(~Exists(done.filter(at__gte=span.end)))
    return span.said, tuple(conditions)


def _unknown(sentence: str, value: str) -> Invalid:
    return Invalid(
        "filter_unknown",
        sentence % {"value": value[:60]},
        cure=_("Choose another one, or take the filter away."),
    )


def _yes_or_no(value: str) -> Invalid:
    return Invalid(
        "filter_unreadable",
        _("“%(value)s” is neither yes nor no.") % {"value": value[:60]},
        cure=_("Write yes or no."),
    )


def _as_is(value: str, _asker: Asker) -> str:
    return value


def _channel(value: str, _asker: Asker) -> str:
    return words.say(words.CHANNELS, value)


def _role(value: str, _asker: Asker) -> str:
    return str(BuyingRole(value).label) if value in BuyingRole.values else value


_ALL = (
    Filter("stage", gettext_lazy("Stage"), "stages", _one_of("stage", _stage)),
    Filter("entered", gettext_lazy("In this stage since"), "time", _time("stage_entered_at")),
    Filter("handoff", gettext_lazy("Handoff"), "handoff", _handoff),
    Filter("owner", gettext_lazy("Owner"), "people", _owner),
    Filter("team", gettext_lazy("Team"), "teams", _team),
    Filter("score", gettext_lazy("Score"), "range", _range("score")),
    Filter("scores", gettext_lazy("Named score"), "scores", _scores, each=True),
    Filter("grade", gettext_lazy("Grade"), "grades", _grade),
    Filter("interest", gettext_lazy("Interest area"), "interests", _interest),
    Filter("channel", gettext_lazy("Channel"), "channels", _one_of("channel", _channel)),
    Filter("campaign", gettext_lazy("Campaign"), "campaigns", _one_of("campaign", _as_is)),
    Filter("company", gettext_lazy("Company"), "text", _company, is_text=True),
    Filter("account", gettext_lazy("Company number here"), "hidden", _account),
    Filter("industry", gettext_lazy("Industry"), "industries", _of_company(_one_of("industry", _as_is))),
    Filter("employees", gettext_lazy("Employees"), "range", _of_company(_range("employees"))),
    Filter("title", gettext_lazy("Title"), "text", _holds("title"), is_text=True),
    Filter("department", gettext_lazy("Department"), "text", _holds("department"), is_text=True),
    Filter("role", gettext_lazy("Part in the buying group"), "roles", _one_of("buying_role", _role)),
    Filter("profile", gettext_lazy("Field of the profile"), "profile", _profile, each=True, is_text=True),
    Filter("phone", gettext_lazy("Has a phone number"), "yes_no", _has("phone")),
    Filter("mail", gettext_lazy("Has a mail address"), "yes_no", _has("email")),
    Filter("created", pgettext_lazy("lead", "Created"), "time", _time("created_at")),
    Filter("first_touch", gettext_lazy("First touch"), "time", _time("first_touch_at")),
    Filter("active", gettext_lazy("Last activity"), "time", _active),
    Filter("reapproach", gettext_lazy("Re-approach date"), "time", _time("reapproach_at")),
)  # fmt: skip
FILTERS = {one.name: one for one in _ALL}
