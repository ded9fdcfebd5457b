"""Conditions of an agreement in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tasuki.agreement import conditions as ex
from tasuki.server.agreements.rules import duration
from tasuki.server.core import formats, words

if TYPE_CHECKING:
    from tasuki.server.agreements.stages import Stages

SIGNS = {">=": "≥", "<=": "≤", "!=": "≠", "==": "="}
WHOLE = range(1, 1_000_000)


def told(condition: ex.Condition, stages: Stages) -> str:
    """The condition in the reader's language."""
    match condition:
        case ex.Both(parts=parts):
            return _(" and ").join(_within(part, ex.Either, stages) for part in parts)
        case ex.Either(parts=parts):
            return _(" or ").join(_within(part, ex.Both, stages) for part in parts)
        case ex.Negation(part=part):
            return _("not: %(condition)s") % {"condition": told(part, stages)}
        case ex.Compare(operator=">=", left=ex.Answered(questions=questions), right=ex.Number(value=least)):
            asked = {"questions": words.say(words.QUESTIONS, questions), "n": formats.number(least, 2)}
            return _("at least %(n)s times yes to %(questions)s") % asked
        case ex.Compare(operator=">=", left=ex.Count() as count, right=ex.Number(value=least)) if (
            least in WHOLE
        ):
            return _at_least(count, int(least), stages)
        case ex.Compare(operator=operator, left=left, right=right):
            return f"{_number(left, stages)} {_sign(operator)} {_number(right, stages)}"
        case ex.GradeCompare(score=score, operator=operator, grade=grade):
            name = _("grade of %(score)s") % {"score": stages.score(score)}
            return f"{name} {_sign(operator)} {grade}"
        case ex.TraitHolds(trait=trait):
            return stages.signal(trait)
        case ex.Has(field=name):
            return _("%(field)s is known") % {"field": words.say(words.FIELDS, name)}
        case ex.Happened(signal=signal):
            return _("%(signal)s since this stage began") % {"signal": stages.signal(signal)}


def _at_least(count: ex.Count, least: int, stages: Stages) -> str:
    parts = {"signal": stages.signal(count.signal), "n": formats.number(least)}
    if count.within is None:
        return ngettext("%(signal)s at least once", "%(signal)s at least %(n)s times", least) % parts
    return ngettext(
        "%(signal)s at least once within %(duration)s",
        "%(signal)s at least %(n)s times within %(duration)s",
        least,
    ) % (parts | {"duration": duration(count.within)})


def _within(part: ex.Condition, weaker: type, stages: Stages) -> str:
    text = told(part, stages)
    return _("(%(condition)s)") % {"condition": text} if isinstance(part, weaker) else text


def _sign(operator: str) -> str:
    return SIGNS.get(operator, operator)


def _number(node: ex.Numeric, stages: Stages) -> str:
    match node:
        case ex.Number(value=value):
            return formats.number(value, 2)
        case ex.ScoreValue(score=score):
            return stages.score(score)
        case ex.Count(signal=signal, within=None):
            return _("number of times %(signal)s") % {"signal": stages.signal(signal)}
        case ex.Count(signal=signal, within=int(within)):
            parts = {"signal": stages.signal(signal), "duration": duration(within)}
            return _("number of times %(signal)s within %(duration)s") % parts
        case ex.DaysInStage():
            return _("days in this stage")
        case ex.TimesEntered(stage=stage):
            return _("number of times in %(stage)s") % {"stage": stages.short(stage)}
        case ex.Answered(questions=questions):
            return _("%(questions)s answered yes") % {"questions": words.say(words.QUESTIONS, questions)}
        case ex.Plus(terms=terms):
            return " ".join(
                f"{'−' if sign < 0 else '+'} {_number(term, stages)}"
                if place or sign < 0
                else _number(term, stages)
                for place, (sign, term) in enumerate(terms)
            )
    return str(node)
