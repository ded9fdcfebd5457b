"""Sentences about decisions: why one was refused, and what would be legal. In the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tasuki.agreement import Agreement, Path
from tasuki.agreement import conditions as ex
from tasuki.agreement.predicates import fold
from tasuki.engine.bind import YES
from tasuki.server.agreements import conditions
from tasuki.server.agreements.stages import stages_of
from tasuki.server.core import formats
from tasuki.server.core.errors import Conflict
from tasuki.server.core.models import Role


def name_of(agreement: Agreement, stage: str) -> str:
    """The stage's name in the reader's language; its id where it has none."""
    known = agreement.stage.get(stage)
    return (known.name.get((get_language() or "en")[:2]) if known else None) or stage


def stage_name(agreement: Agreement, stage: str) -> str:
    """The stage's name, with its id where that is an abbreviation that people say."""
    name = name_of(agreement, stage)
    short = stages_of(agreement).short(stage)
    return formats.beside(stage, name) if name != stage == short else name


def role_name(role: str) -> str:
    """A role as people say it; as written where it is none of ours."""
    return str(Role(role).label) if role in Role.values else role


def stages_open_to(agreement: Agreement, stage: str, roles: Iterable[str]) -> list[str]:
    """The stages that somebody of these roles may decide on from `stage` (empty: none), in the order of the file."""
    mine = set(roles)
    found = [path.stage for path in agreement.paths if mine & set(path.by) and path.leaves(stage or None)]
    return list(dict.fromkeys(found))


def why_refused(
    agreement: Agreement,
    *,
    stage: str,
    to: str,
    role: str,
    why: str,
    answers: Mapping[str, object] | None = None,
) -> str:
    """Why a lead in `stage` does not go to `to` by a decision of `role`; `why` as the engine says it.

    `answers`: what counts now, question → answer; told is how many are yes.
    """
    names = {
        "to": stage_name(agreement, to),
        "stage": stage_name(agreement, stage) if stage else _("no stage yet"),
        "role": role_name(role) or _("nobody"),
    }
    if why == "unknown_stage":
        return _("The agreement has no stage %(to)s.") % names
    if why == "late":
        return _("Since then the lead has moved on; what is recorded stays.")
    by_hand = [path for path in agreement.stage[to].paths if path.by]
    if why == "role":
        return _role_sentence(names, by_hand)
    mine = [path for path in by_hand if role in path.by]
    if why == "from":
        legal = dict.fromkeys(from_ for path in mine for from_ in path.from_)
        return _("The lead stands in %(stage)s; %(to)s is entered from %(from)s.") % {
            **names,
            "from": _(", ").join(_from_name(agreement, one) for one in legal),
        }
    return _requires(agreement, to, [path for path in mine if path.leaves(stage or None)], answers)


def _requires(agreement: Agreement, to: str, paths: list[Path], answers: Mapping[str, object] | None) -> str:
    stages = stages_of(agreement)
    wanted = [path.requires for path in paths if path.requires]
    parts = {
        "to": stages.short(to),
        "requires": _(" or ").join(conditions.told(one, stages) for one in wanted),
    }
    asked = {node.questions for one in wanted for node in ex.walk(one) if isinstance(node, ex.Answered)}
    if answers is None or len(asked) != 1:
        return _("%(to)s requires %(requires)s.") % parts
    questions = agreement.qualification[asked.pop()]
    yes = sum(fold(str(answers.get(question, ""))) in YES for question in questions)
    return _("%(to)s requires %(requires)s (now %(n)s).") % {**parts, "n": formats.number(yes)}


def _role_sentence(names: dict[str, str], by_hand: list[Path]) -> str:
    roles = dict.fromkeys(role for path in by_hand for role in path.by)
    if not roles:
        return _("%(to)s is entered by itself only, by nobody's decision.") % names
    shown = _(", ").join(role_name(role) for role in roles)
    return _("%(role)s may not decide on %(to)s; %(roles)s may.") % {**names, "roles": shown}


def _from_name(agreement: Agreement, from_: str) -> str:
    if from_ == "none":
        return _("no stage yet")
    return _("any stage") if from_ == "any" else stage_name(agreement, from_)


def moved_meanwhile(agreement: Agreement, stage: str) -> Conflict:
    """The refusal of a decision that was made on another stage than the lead is in."""
    return Conflict(
        "moved_meanwhile",
        _("The lead has moved meanwhile; it stands in %(stage)s now.")
        % {"stage": stage_name(agreement, stage) if stage else _("no stage yet")},
        cure=_("Look at it again, then decide."),
        field="seen",
    )


def illegal_move(
    agreement: Agreement,
    *,
    stage: str,
    to: str,
    role: str,
    roles: Iterable[str],
    why: str,
    answers: Mapping[str, object] | None = None,
) -> Conflict:
    """The refusal of a decision, with what would be legal now as its cure."""
    legal = [one for one in stages_open_to(agreement, stage, roles) if one != to]
    stages = stages_of(agreement)
    shown = _(", ").join(stages.short(one) for one in legal)
    return Conflict(
        "illegal_move",
        why_refused(agreement, stage=stage, to=to, role=role, why=why, answers=answers),
        cure=_("Legal now: %(stages)s.") % {"stages": shown}
        if legal
        else _("There is nothing for you to decide now."),
        field="to",
    )
