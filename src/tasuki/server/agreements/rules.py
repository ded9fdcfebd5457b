"""The rules of an agreement in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from tasuki.agreement.values import duration_text

if TYPE_CHECKING:
    from tasuki.agreement import Rule
    from tasuki.server.agreements.stages import Stages


def rule_text(rule: Rule, stages: Stages) -> str:
    """A rule in a few words: its signal or trait by name."""
    if rule.kind == "silence":
        return _silence(rule, stages)
    name = stages.signal(rule.names[0]) if rule.names else ""
    if rule.every:
        if rule.every.within is None:
            return _("%(signal)s, every %(n)s times") % {"signal": name, "n": rule.every.count}
        parts = {"signal": name, "n": rule.every.count, "duration": duration(rule.every.within)}
        return _("%(signal)s, %(n)s times within %(duration)s") % parts
    return name


def _silence(rule: Rule, stages: Stages) -> str:
    parts = {
        "duration": duration(rule.silence),
        "signals": _(", ").join(stages.signal(name) for name in rule.names),
        "after": _(", ").join(stages.signal(name) for name in rule.after),
    }
    if rule.after:
        return _("%(duration)s without %(signals)s after %(after)s") % parts if rule.names else (
            _("%(duration)s of silence after %(after)s") % parts
        )  # fmt: skip
    if rule.names:
        return _("%(duration)s without %(signals)s") % parts
    return _("%(duration)s of silence") % parts


def duration(microseconds: int) -> str:
    """A duration of an agreement: `30 days`."""
    text = duration_text(microseconds)
    count, unit = text[:-1], text[-1]
    unit_words = {"w": _("%(n)s weeks"), "d": _("%(n)s days"), "h": _("%(n)s hours"), "m": _("%(n)s minutes")}
    return unit_words[unit] % {"n": count} if unit in unit_words and count.isdigit() else text
