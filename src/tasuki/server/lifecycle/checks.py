"""What a decision must be like, whichever way it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from tasuki.engine.compile import Compiled
from tasuki.server.activities.checks import LAST_YEAR, problem_of_time
from tasuki.server.core.errors import Invalid, Refused
from tasuki.server.core.texts import problem_of_text, problem_of_texts

LONGEST = {"to": 50, "role": 50, "reason": 100, "note": 10_000, "key": 200}
LONGEST_ANSWER = 1_000
MOST_ANSWERS = 100


def problem_of_said(**texts: str | None) -> Refused | None:
    """The first of a decision's texts that cannot be stored, or None."""
    return problem_of_texts(texts, LONGEST)


def problem_of_answers(answers: Mapping[str, str]) -> Refused | None:
    """Why these answers cannot be stored, or None."""
    if len(answers) > MOST_ANSWERS:
        return Invalid(
            "too_many_answers",
            _("There are more than %(most)s answers.") % {"most": MOST_ANSWERS},
            cure=_("Give those that the agreement asks for."),
            field="answers",
        )
    for question, answer in answers.items():
        found = problem_of_text(question, "answers", 200, needed=True) or problem_of_text(
            answer, "answers", LONGEST_ANSWER
        )
        if found:
            return found
    return None


def problem_of_times(at: datetime | None, until: datetime | None, now: datetime) -> Refused | None:
    """Why nobody can have decided then, or taken it up again then; or None."""
    if at is not None and (found := problem_of_time(at, now)):
        return found
    if until is not None and (until.tzinfo is None or until.year > LAST_YEAR):
        return Invalid(
            "until_invalid",
            _("The re-approach date has no time zone, or lies too far ahead."),
            cure=_("Write it like 2026-10-01T09:00:00+09:00."),
            field="until",
        )
    if at is not None and until is not None and until < at:
        return Invalid(
            "until_past",
            _("The re-approach date lies before the decision."),
            cure=_("Give a date to come, or leave it out."),
            field="until",
        )
    return None


def problem_of_reason(compiled: Compiled, to: str, reason: str) -> Refused | None:
    """Why this is no reason for that stage, or None. Where the agreement names reasons, one of them is needed."""
    known = compiled.agreement.reasons.get(to)
    if not known or reason in known:
        return None
    named = {"to": to, "reason": reason}
    return Invalid(
        "reason_unknown" if reason else "reason_missing",
        _("“%(reason)s” is no reason for %(to)s in the agreement.") % named
        if reason
        else _("%(to)s needs a reason.") % named,
        cure=_("Choose one of: %(reasons)s.") % {"reasons": ", ".join(known)},
        field="reason",
    )


def problem_of_questions(compiled: Compiled, answers: Mapping[str, str]) -> Refused | None:
    """Why these are no answers to the agreement's questions, or None."""
    unknown = [question for question in answers if question not in compiled.questions]
    if not unknown:
        return None
    return Invalid(
        "question_unknown",
        _("The agreement does not ask “%(question)s”.") % {"question": unknown[0]},
        cure=_("It asks: %(questions)s.") % {"questions": ", ".join(compiled.questions)},
        field="answers",
    )
