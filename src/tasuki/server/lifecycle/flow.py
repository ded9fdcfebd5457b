"""The way from leads to won deals as it flows: how many this month, how many go on, what fell, rose and pulled.

Counted from transitions, which nothing changes later, and by their own index; what takes long is kept for a while.
That index does not say whether a lead was merged since: entries into stages are counted of these, too, beside those of the
lead that it was merged into. What pulled, the new leads and the amounts are without them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from babel.numbers import is_currency
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from tasuki.agreement import Agreement
from tasuki.agreement.model import ANY, NONE, Stage
from tasuki.agreement.values import Target
from tasuki.server.agreements import queries as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import Actor, require, sight
from tasuki.server.core.company import the_company
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Handoff
from tasuki.server.lifecycle.course import DEAL_STATES, ENDS
from tasuki.server.lifecycle.keeping import kept
from tasuki.server.lifecycle.models import Transition
from tasuki.server.people.models import Lead

WEEKS = 8
"""So many weeks the trend and the rates look back."""
BEFORE = 4
"""With so many weeks the last one is compared."""
FEW = 10
"""From fewer than so many nothing is concluded."""
READ = 2_000
"""So many transitions at the most are read for what pulled, of the last week and of those before."""
WEEK = timedelta(days=7)
CHANGES, PULLS = 6, 5
LEADS = "leads"
"""The unit of a target that is a plain number: only that is compared with a count."""


@dataclass(frozen=True, slots=True)
class Step:
    """A stage on the way; `code` is empty for the leads themselves.

    `rate`: of those that entered it within eight weeks, how many went on to the next step straight from it; None from too
    few. `trend`: entries of each of eight weeks, the last one last.
    """

    code: str
    count: int
    trend: Sequence[int]
    rate: float | None = None
    target: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A channel: leads of the last seven days, and how many a week there were in the four weeks before."""

    channel: str
    now: int
    before: float

    @property
    def few(self) -> bool:
        """Whether there are too few to say anything."""
        return max(self.now, self.before) < FEW

    @property
    def moved(self) -> bool:
        """Whether it is more than chance makes: twice the spread of such counts."""
        return not self.few and abs(self.now - self.before) > 2 * (self.before * (1 + 1 / BEFORE) + 1) ** 0.5


@dataclass(frozen=True, slots=True)
class Pull:
    """A signal: how many of the leads handed over within seven days by their score had it, and what share had it before.

    `of`: the newest of them that were looked at; with many these are not all.
    """

    signal: str
    now: int
    of: int
    before: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """Everything together. `handed`: how many were handed over by themselves in seven days, and in the four weeks before."""

    steps: Sequence[Step]
    changes: Sequence[Change]
    few: int
    pulls: Sequence[Pull]
    handed: tuple[int, int]

    @property
    def looked_at(self) -> int:
        """How many of the first of these `pulls` speak of, where it is not all; else 0."""
        looked_at = self.pulls[0].of if self.pulls else 0
        return looked_at if looked_at < self.handed[0] else 0


@dataclass(frozen=True, slots=True)
class Measured:
    """A target of the agreement and what there is of it in its present month, quarter …; `what`: its key, like
    SAL.acceptance."""

    what: str
    stage: str
    target: Target
    actual: float | None


def flow(actor: Actor) -> Flow:
    """As the actor sees it. Some eight queries; nothing where no agreement is in force."""
    require(actor, "leads.read")
    under = agreements.in_force()
    if under is None:
        return Flow((), (), 0, (), (0, 0))
    who = f"{sight(actor)} {timezone.get_current_timezone_name()}"
    return kept(f"{who} {under.version.digest}", lambda: _flow(actor, under.agreement, under.version.pk))


def _flow(actor: Actor, agreement: Agreement, version: int) -> Flow:
    now = clock.now()
    changes = _changes(actor, now)
    told = sorted((one for one in changes if one.moved), key=lambda one: -abs(one.now - one.before))
    pulls, handed = _pulls(actor, agreement, version, now)
    return Flow(_steps(actor, agreement, now), told[:CHANGES], sum(one.few for one in changes), pulls, handed)


# The strip.


def way(agreement: Agreement) -> list[str]:
    """The stages on the way to a won deal, in the order of the agreement; what sales finds by itself is another way."""
    return [one.id for one in agreement.stages if one.id not in ENDS or one.id == "WON" if not _beside(one)]


def _beside(stage: Stage) -> bool:
    return bool(stage.paths) and all(path.when is None and NONE in path.from_ for path in stage.paths)


def _steps(actor: Actor, agreement: Agreement, now: datetime) -> list[Step]:
    codes = way(agreement)
    entries = _entries(actor, codes, now)
    months = _this_month(actor, codes, now)
    leads, new = _leads(actor, now)
    steps = [Step("", new, leads, _share(sum(entries[codes[0], ""].values()), sum(leads)) if codes else None)]
    for code, following in zip(codes, [*codes[1:], ""], strict=True):
        weeks = _by_week(entries, code)
        went = sum(entries[following, code].values())
        target = agreement.targets.get(code)
        monthly = target.amount if target and target.per == "month" and target.unit == LEADS else None
        rate = _share(went, sum(weeks)) if following else None
        steps.append(Step(code, months.get(code, 0), weeks, rate, monthly))
    return steps


def _share(part: int, whole: int) -> float | None:
    return min(part / whole, 1.0) if whole >= FEW else None


def _by_week(entries: Mapping[tuple[str, str], Counter[int]], code: str) -> list[int]:
    found = Counter[int]()
    for (to, _from), weeks in entries.items():
        if to == code:
            found += weeks
    return [found[week] for week in range(WEEKS - 1, -1, -1)]


def _entries(actor: Actor, codes: Sequence[str], now: datetime) -> dict[tuple[str, str], Counter[int]]:
    """(to, from) → week, 0 the last seven days → how many."""
    rows = Transition.objects.filter(
        sight(actor, "lead__"), to_stage__in=codes, at__gt=now - WEEKS * WEEK, at__lte=now
    )
    counted = rows.values("to_stage", "from_stage", week=_week("at", now)).annotate(n=Count("pk")).order_by()
    found: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for row in counted:
        found[row["to_stage"], row["from_stage"]][row["week"]] += row["n"]
    return found


def _week(column: str, now: datetime) -> Case:
    whens = [When(**{f"{column}__gt": now - (n + 1) * WEEK}, then=Value(n)) for n in range(WEEKS)]
    return Case(*whens, default=Value(WEEKS), output_field=IntegerField())


def _this_month(actor: Actor, codes: Sequence[str], now: datetime) -> dict[str, int]:
    rows = Transition.objects.filter(
        sight(actor, "lead__"), to_stage__in=codes, at__gte=_month(now), at__lte=now
    )
    return dict(rows.values_list("to_stage").annotate(n=Count("pk")).order_by())


def _month(now: datetime) -> datetime:
    local = timezone.localtime(now)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _leads(actor: Actor, now: datetime) -> tuple[list[int], int]:
    """New leads of each week, and of this month."""
    weeks = _came(actor, now - WEEKS * WEEK, now).values_list(_week("first_touch_at", now))
    found = dict(weeks.annotate(n=Count("pk")).order_by())
    month = _came(actor, _month(now), now).count()
    return [found.get(week, 0) for week in range(WEEKS - 1, -1, -1)], month


def _came(actor: Actor, since: datetime, now: datetime) -> QuerySet[Lead]:
    """Leads whose first touch lies in this time; an index holds nothing else."""
    rows = Lead.objects.filter(sight(actor), anonymous=False, merged_into=None)
    return rows.filter(first_touch_at__gt=since, first_touch_at__lte=now)


# What changed.


def _changes(actor: Actor, now: datetime) -> list[Change]:
    rows = _came(actor, now - (BEFORE + 1) * WEEK, now)
    recent = Count("pk", filter=Q(first_touch_at__gt=now - WEEK))
    counted = rows.values_list("channel").annotate(lately=recent, n=Count("pk")).order_by()
    return [
        Change(channel, lately, (whole - lately) / BEFORE) for channel, lately, whole in counted if channel
    ]


def _pulls(
    actor: Actor, agreement: Agreement, version: int, now: datetime
) -> tuple[list[Pull], tuple[int, int]]:
    """What the scores of leads came from that were handed over by themselves, under the version in force."""
    handed = [one.id for one in agreement.stages if one.handoff]
    rows = Transition.objects.filter(
        sight(actor, "lead__"), to_stage__in=handed, cause="path", agreement=version, lead__merged_into=None
    )
    week, before = now - WEEK, now - (BEFORE + 1) * WEEK
    lately, n = _read(rows.filter(at__gt=week, at__lte=now))
    earlier, n_before = _read(rows.filter(at__gt=before, at__lte=week))
    signals = {one.id: one.names[0] for one in agreement.rules if one.kind == "signal" and one.names}
    had, had_before = _signals(lately, signals), _signals(earlier, signals)
    found = [
        Pull(signal, count, len(lately), had_before[signal] / len(earlier) if len(earlier) >= FEW else None)
        for signal, count in had.most_common(PULLS)
    ]
    return found if len(lately) >= FEW else [], (n, n_before)


def _read(rows: QuerySet[Transition]) -> tuple[list[Any], int]:
    """What the scores of the newest came from, READ at the most, and how many there are in all."""
    found = list(rows.order_by("-at").values_list("contributions", flat=True)[:READ])
    return found, len(found) if len(found) < READ else rows.count()


def _signals(read: Iterable[Any], names: Mapping[str, str]) -> Counter[str]:
    """Signal → of how many it is a part."""
    return Counter(
        signal
        for given in read
        for signal in {names[one["rule"]] for one in given if one["worth"] > 0 and one["rule"] in names}
    )


# Targets.


def measured(actor: Actor) -> list[Measured]:
    """Each target of the agreement that can be measured by a count, a share or an amount, for its present period."""
    require(actor, "leads.read")
    under = agreements.in_force()
    if under is None:
        return []
    who = f"{sight(actor)} {timezone.get_current_timezone_name()}"
    return kept(f"targets {who} {under.version.digest}", lambda: _measured(actor, under.agreement))


def _measured(actor: Actor, agreement: Agreement) -> list[Measured]:
    now, found = clock.now(), []
    for key, target in agreement.targets.items():
        stage, _dot, what = key.partition(".")
        if stage in agreement.stage and _is_measured(stage, what, target):
            if what == "amount" and target.unit == LEADS:
                target = replace(target, unit=the_company().currency)
            actual = _actual(actor, agreement, stage, what, target, now)
            found.append(Measured(key, stage, target, actual))
    return found


def _is_measured(stage: str, what: str, target: Target) -> bool:
    """Whether there is a figure in the unit of the target: `MQL: 80%` would be a share of nobody says what."""
    if what == "amount":
        return stage in DEAL_STATES and (target.unit == LEADS or is_currency(target.unit))
    return what == "acceptance" or (what == "" and target.unit == LEADS)


def _since(target: Target, now: datetime) -> datetime:
    month = _month(now)
    if target.per == "quarter":
        return month.replace(month=(month.month - 1) // 3 * 3 + 1)
    if target.per == "year":
        return month.replace(month=1)
    return now - WEEK if target.per == "week" else month


def _actual(
    actor: Actor, agreement: Agreement, stage: str, what: str, target: Target, now: datetime
) -> float | None:
    since = _since(target, now)
    if what == "acceptance":
        return _acceptance(actor, _answered(agreement, stage), since, now)
    if what == "amount":
        return _amount(actor, DEAL_STATES[stage], target.unit, since, now)
    return _count(actor, stage, since, now)


def _count(actor: Actor, stage: str, since: datetime, now: datetime) -> float | None:
    rows = Transition.objects.filter(sight(actor, "lead__"), to_stage=stage, at__gte=since, at__lte=now)
    return float(rows.count())


def _answered(agreement: Agreement, stage: str) -> list[str]:
    """The stages with a handoff whose answer is this stage: those from which it is entered, else itself."""
    handed = [one.id for one in agreement.stages if one.handoff]
    left = {one for path in agreement.stage[stage].paths for one in path.from_}
    return [one for one in handed if one in left or ANY in left] or [one for one in handed if one == stage]


def _acceptance(actor: Actor, handed: Sequence[str], since: datetime, now: datetime) -> float | None:
    """Of the handoffs in these stages that were answered or ran out, how many were accepted, in percent."""
    rows = Handoff.objects.filter(sight(actor, "lead__"), closed_at__gte=since, closed_at__lte=now)
    own = Q(transition__to_stage__in=handed)  # counted, not filtered by: else databases begin there
    counted = dict(rows.values_list("outcome").annotate(n=Count("pk", filter=own)).order_by())
    whole = sum(counted.get(one, 0) for one in ("accepted", "returned", "expired"))
    return 100.0 * counted.get("accepted", 0) / whole if whole >= FEW else None


def _amount(actor: Actor, state: str, currency: str, since: datetime, now: datetime) -> float | None:
    """In this currency alone: of deals that were won or lost since; for `open`, of all that were opened since."""
    over = Q(state__in=("won", "lost"), closed_at__gte=since)  # none closes before it is opened: by the index
    if state == "open":
        asked = (over | Q(state="open")) & Q(opened_at__gte=since, opened_at__lte=now)
    else:
        asked = Q(state=state, closed_at__gte=since, closed_at__lte=now)
    rows = Deal.objects.filter(sight(actor, "lead__"), asked, currency=currency)
    return float(rows.aggregate(whole=Sum("amount"))["whole"] or 0)
