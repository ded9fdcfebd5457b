"""What parts of a slice are called: facts hold ids, people read names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tasuki.metrics.asking import NO_VALUE
from tasuki.server.accounts.models import Account
from tasuki.server.core.models import Role, Team, User
from tasuki.server.core.words import CHANNELS, REASONS, say
from tasuki.server.handoffs.models import Handoff

SLICES: Mapping[str, str | Promise] = {
    "month": gettext_lazy("Month"),
    "week": gettext_lazy("Week"),
    "source": pgettext_lazy("figures", "Source"),
    "campaign": gettext_lazy("Campaign"),
    "content": gettext_lazy("Content"),
    "persona": gettext_lazy("Persona"),
    "team": gettext_lazy("Team"),
    "rep": pgettext_lazy("figures", "Person"),
    "version": gettext_lazy("Version of the agreement"),
    "path": gettext_lazy("Path"),
    "channel": pgettext_lazy("figures", "Channel"),
    "account": gettext_lazy("Company"),
    "reason": gettext_lazy("Reason"),
    "outcome": gettext_lazy("Outcome"),
    "currency": gettext_lazy("Currency"),
    "form": pgettext_lazy("figures", "Form"),
}
"""Every slice by its name."""
PATHS: Mapping[str, str | Promise] = {
    "marketing": gettext_lazy("Marketing's path"),
    "SGL": gettext_lazy("Found by sales"),
}
OTHER = pgettext_lazy("reason", "In other words")


def names_of(by: str, parts: Iterable[str | None]) -> dict[str, str]:
    """Part → what it is called in the reader's language; ids of who is gone stay ids."""
    wanted = {part for part in parts if part is not None}
    found = {part: _word(by)(part) for part in wanted}
    ids = [int(part) for part in wanted if part.isascii() and part.isdigit() and len(part) < 19]
    if by == "rep":
        found |= {str(one.pk): one.shown_name for one in User.objects.filter(pk__in=ids)}
    elif by == "team":
        found |= {str(one.pk): one.name for one in Team.objects.filter(pk__in=ids)}
    elif by == "account":
        found |= {str(pk): name for pk, name in Account.objects.filter(pk__in=ids).values_list("pk", "name")}
    if NO_VALUE in found:
        found[NO_VALUE] = _("none known")
    return found


def _word(by: str) -> Callable[[str], str]:
    if by in ("source", "channel"):
        return lambda part: say(CHANNELS, part)
    if by == "reason":
        return lambda part: str(OTHER) if part == "other" else say(REASONS, part)
    if by == "outcome":
        ends = Handoff.Outcome
        return lambda part: str(ends(part).label) if part in ends.values else part
    if by == "path":
        return lambda part: str(PATHS.get(part, part))
    if by == "team":  # whom the agreement hands over to, where no team has it
        return lambda part: (
            _("%(role)s, no team") % {"role": Role(part).label} if part in Role.values else part
        )
    if by == "version":
        return lambda part: _("Version %(n)s") % {"n": part}
    return lambda part: part
