"""What the conditions of an agreement lack of being met, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tasuki.agreement import conditions as ex
from tasuki.server.agreements.conditions import told

if TYPE_CHECKING:
    from tasuki.engine.explain import Part, Way
    from tasuki.server.agreements.stages import Stages


@dataclass(frozen=True)
class Lack:
    """One condition of a way: in words, what stands there now, and whether it holds."""

    text: str
    now: str
    holds: bool


def lacks(way: Way, stages: Stages) -> list[Lack]:
    """Every condition of the way, in the order of the agreement."""
    condition = way.path.when or way.path.requires
    parts = condition.parts if isinstance(condition, ex.Both) else (condition,) if condition else ()
    return [
        Lack(told(one, stages), _now(one, part), part.holds)
        for one, part in zip(parts, way.parts, strict=True)
    ]


def _now(condition: ex.Condition, part: Part) -> str:
    """What stands there now, where it is one thing: a number, a grade."""
    if not isinstance(condition, ex.Compare | ex.GradeCompare):
        return ""
    text = part.now.partition(" is ")[2].split(", ")[0]  # the left side may hold a comma: count(x, 3d)
    if text == "none":
        return _("now none")
    return _("now %(value)s") % {"value": text}
