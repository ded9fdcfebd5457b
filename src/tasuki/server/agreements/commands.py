"""Publishing agreements."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from tasuki.agreement import Agreement, Problem, names_to_hand_to, parse_agreement
from tasuki.agreement.load import LARGEST_FILE
from tasuki.agreement.model import USER
from tasuki.server.agreements import queries
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import audit, bulk, clock
from tasuki.server.core.access import Actor, require
from tasuki.server.core.errors import Invalid, TooLarge
from tasuki.server.core.models import Role, Team, User
from tasuki.server.people.models import Lead

FILE = "agreement.yaml"
LONGEST_NAME = 50


def publish(actor: Actor, *, text: str, effective_from: datetime | None = None) -> AgreementVersion:
    """Make this text the agreement from `effective_from` (aware, not past; now when None) on.

    It acts from then on; what was recorded under another version stays. The text that is in force already, published for
    now, gives that version again. NotAllowed; Invalid with one detail for each mistake of the text; TooLarge.
    """
    require(actor, "agreement.publish")
    agreement, problems = checked(text)
    now = clock.now()
    begins = _beginning(effective_from, now)
    digest = hashlib.sha256(text.encode()).hexdigest()
    warnings = [*map(str, problems), *oddities(agreement)]

    def work() -> AgreementVersion:
        known = queries.in_force(now)
        if effective_from is None and known and known.version.digest == digest:
            return known.version
        highest = AgreementVersion.objects.aggregate(highest=Max("number"))["highest"] or 0
        version = AgreementVersion.objects.create(
            number=highest + 1, text=text, digest=digest, name=agreement.name[:200], effective_from=begins,
            created_at=now, created_by=actor.user, warnings=warnings,
        )  # fmt: skip
        audit.record(
            actor,
            "agreement.publish",
            f"agreement:{version.number}",
            effective_from=begins.isoformat(),
            digest=digest,
        )
        return version

    return bulk.in_one_transaction(work)


def checked(text: str) -> tuple[Agreement, Sequence[Problem]]:
    """What the text means, and its warnings. Invalid with a detail for each mistake; TooLarge."""
    if len(text.encode(errors="replace")) > LARGEST_FILE:
        raise TooLarge(
            "agreement_too_large",
            _("This is no agreement: it has more than %(most)s bytes.") % {"most": LARGEST_FILE},
            cure=_("Choose an agreement file."),
            field="text",
        )
    agreement, problems = _parsed(text)
    if agreement is None:
        raise Invalid(
            "agreement_invalid",
            _("The agreement has mistakes: %(count)s.") % {"count": sum(p.is_error for p in problems)},
            cure=_("Mend each of them; nothing was changed."),
            field="text",
            details=[_detail(problem) for problem in problems if problem.is_error],
        )
    return _fitting(agreement), problems


def _fitting(agreement: Agreement) -> Agreement:
    """Invalid where a name is longer than the columns in which it will stand."""
    roles = [stage.handoff.to for stage in agreement.stages if stage.handoff]
    roles += [role for path in agreement.paths for role in path.by]
    for name in (*agreement.stage, *roles):
        if len(name) > LONGEST_NAME:
            raise Invalid(
                "name_too_long",
                _("“%(name)s…” is longer than %(longest)s characters.")
                % {"name": name[:20], "longest": LONGEST_NAME},
                cure=_("Shorten the id of the stage or role; its `name` may be as long as you like."),
                field="text",
            )
    return agreement


def _parsed(text: str) -> tuple[Agreement | None, Sequence[Problem]]:
    bad = next(
        (place for place, letter in enumerate(text) if letter == "\0" or "\ud800" <= letter <= "\udfff"), None
    )
    if bad is not None:
        line = text.count("\n", 0, bad) + 1
        what = _("here stands a character that no text has: a NUL byte, or half of one")
        return None, [Problem(FILE, line, 1, "error", "encoding", what)]
    return parse_agreement(text, FILE)


def _detail(problem: Problem) -> Invalid:
    return Invalid(
        problem.code,
        f"{problem.line}:{problem.column} {problem.text}",
        field=f"text:{problem.line}:{problem.column}",
    )


def _beginning(asked: datetime | None, now: datetime) -> datetime:
    if asked is None:
        return now
    if asked.tzinfo is None or asked.year > 2200:
        raise Invalid(
            "time_invalid",
            _("This time has no time zone, or lies too far ahead."),
            cure=_("Write it like 2026-04-01T09:00:00+09:00."),
            field="effective_from",
        )
    if asked < now:
        raise Invalid(
            "time_past",
            _("An agreement cannot take effect in the past: what was recorded stays."),
            cure=_("Give a time to come, or leave it out for now."),
            field="effective_from",
        )
    return asked


def oddities(agreement: Agreement) -> list[str]:
    """What is odd about an agreement in this company, beside what is odd about its text."""
    return [*_stages_left(agreement), *_nobody_called(agreement)]


def _stages_left(agreement: Agreement) -> list[str]:
    """Stages in which leads stand, and which the agreement does not know any more."""
    standing = (
        Lead.objects.exclude(stage="").filter(merged_into=None).order_by().values_list("stage", flat=True)
    )
    return [
        _("Leads stand in %(stage)s, a stage that this agreement does not know: for it they stand in none.")
        % {"stage": stage}
        for stage in sorted(set(standing.distinct()) - set(agreement.stage))
    ]


def _nobody_called(agreement: Agreement) -> list[str]:
    """Names to which the agreement hands leads, and which no role, team or active user bears."""
    users = User.objects.filter(is_active=True).values_list("username", flat=True)
    known = {*Role.values, *Team.objects.values_list("name", flat=True), *(USER + name for name in users)}
    return [
        _("No team, role or user is called %(name)s: until there is one, leads go past it.")
        % {"name": name.removeprefix(USER)}
        for name in sorted(names_to_hand_to(agreement) - known)
    ]


def mark_rolled_out(version: AgreementVersion, *, to: int, done: bool) -> None:
    """Keep how far the leads have been queued to be folded under the version."""
    AgreementVersion.objects.filter(pk=version.pk).update(rolled_out_to=to)
    if done:
        earlier = AgreementVersion.objects.filter(
            effective_from__lte=version.effective_from, rolled_out=False
        )
        earlier.update(rolled_out=True)


def next_to_roll_out(now: datetime) -> AgreementVersion | None:
    """The version in force whose leads are to be queued, held against other workers; within a transaction."""
    assert transaction.get_connection().in_atomic_block
    waiting = AgreementVersion.objects.defer("text").filter(rolled_out=False, effective_from__lte=now)
    return waiting.order_by("-effective_from", "-number").select_for_update(skip_locked=True).first()
