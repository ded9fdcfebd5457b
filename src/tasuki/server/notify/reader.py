"""Who reads a message: in which language and time zone, and what may be shown to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone, translation

from tasuki.server.core.access import Actor, sight
from tasuki.server.core.models import Sight, Team, User
from tasuki.server.notify.models import Channel
from tasuki.server.people.models import Lead


@dataclass(frozen=True)
class Reader:
    """One person, or one team with all who read its chat."""

    user: User | None = None
    team: Team | None = None

    @classmethod
    def of(cls, channel: Channel) -> Reader:
        """Whoever reads what goes this way."""
        return cls(channel.user, channel.team)

    def sees(self, lead: Lead) -> bool:
        """Whether a message may tell of this lead: the person sees it; it is the team's own, or all its members see all."""
        if self.user is not None:
            return self.user.is_active and _is_there(lead, sight(Actor(user=self.user)))
        if self.team is None:
            return False
        sights = set(User.objects.filter(team=self.team, is_active=True).values_list("sight", flat=True))
        own = Q(team=self.team) | Q(owner__team=self.team)
        return bool(sights) and _is_there(lead, Q() if sights == {Sight.ALL} else own)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Within this block texts are in the reader's language and times in the reader's zone."""
        language = (self.user.language if self.user else "") or settings.LANGUAGE_CODE
        zone = (self.user.time_zone if self.user else "") or settings.TIME_ZONE
        with translation.override(language), timezone.override(ZoneInfo(zone)):
            yield


def _is_there(lead: Lead, seen: Q) -> bool:
    return Lead.objects.filter(seen, pk=lead.pk).exists()
