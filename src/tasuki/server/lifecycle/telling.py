"""Sentences about decisions: why one was refused, and what would be legal. In the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tasuki.agreement import Agreement, Path
from tasuki.agreement.wording import condition_text
from tasuki.server.core.errors import Conflict
from tasuki.server.core.models import Role


def name_of(agreement: Agreement, stage: str) -> str:
    """The stage's name in the reader's language; its id where it has none."""
    known = agreement.stage.get(stage)
    return (known.name.get((get_language() or "en")[:2]) if known else None) or stage


def stage_name(agreement: Agreement, stage: str) -> str:
    """The stage's id, with its name where it has one."""
    name = name_of(agreement, stage)
    return f"{stage} ({name})" if name != stage else stage


def role_name(role: str) -> str:
    """A role as people say it; as written where it is none of ours."""
    return str(Role(role).label) if role in Role.values else role


def stages_open_to(agreement: Agreement, stage: str, roles: Iterable[str]) -> list[str]:
    """The stages that somebody of these roles may decide on from `stage` (empty: none), in the order of the file."""
    mine = set(roles)
    found = [path.stage for path in agreement.paths if mine & set(path.by) and path.leaves(stage or None)]
    return list(dict.fromkeys(found))


def why_refused(agreement: Agreement, *, stage: str, to: str, role: str, why: str) -> str:
    """Why a lead in `stage` does not go to `to` by a decision of `role`; `why` as the engine says it."""
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
    needed = [condition_text(path.requires) for path in mine if path.requires and path.leaves(stage or None)]
    return _("%(to)s requires %(requires)s.") % {**names, "requires": _(" or ").join(needed)}


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
    agreement: Agreement, *, stage: str, to: str, role: str, roles: Iterable[str], why: str
) -> Conflict:
    """The refusal of a decision, with what would be legal now as its cure."""
    legal = stages_open_to(agreement, stage, roles)
    shown = _(", ").join(stage_name(agreement, one) for one in legal)
    return Conflict(
        "illegal_move",
        why_refused(agreement, stage=stage, to=to, role=role, why=why),
        cure=_("Legal now: %(stages)s.") % {"stages": shown}
        if legal
        else _("There is nothing for you to decide now."),
        field="to",
    )
