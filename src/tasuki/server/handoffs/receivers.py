"""Who may have a handoff: whoever works here and may, by the agreement, move the lead out of the stage it waits in."""

from __future__ import annotations

from tasuki.agreement.model import ANY
from tasuki.server.core.access import LEADING
from tasuki.server.core.models import Role
from tasuki.server.handoffs.giving import Terms
from tasuki.server.handoffs.models import Handoff
from tasuki.server.handoffs.staff import Member


def may_answer(member: Member, handoff: Handoff, terms: Terms) -> bool:
    """Whether someone's role may take the lead out of its stage. Whoever leads may do so as any role.

    A path from `any` is for leads that are no leads at all, so that it counts only where no path names the stage.
    """
    if member.role in LEADING:
        return True
    paths, stage = terms.agreement_of(handoff).paths, handoff.transition.to_stage
    named = {role for path in paths if stage in path.from_ for role in path.by}
    roles = named or {role for path in paths if ANY in path.from_ for role in path.by}
    return member.role in roles or not roles & set(Role.values)
