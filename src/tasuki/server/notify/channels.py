"""How people and teams are told of each kind of news: what they chose, or what is usual."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from django.db.models import Q

from tasuki.server.core import bulk
from tasuki.server.core.models import User
from tasuki.server.notify import mail
from tasuki.server.notify.kinds import KINDS, MAILED
from tasuki.server.notify.models import Channel

if TYPE_CHECKING:
    from tasuki.server.notify.telling import News

Medium = Channel.Medium
USUAL: dict[str, list[str]] = {Medium.APP: list(KINDS), Medium.MAIL: MAILED}
"""Medium → the kinds of news that go this way for whoever chose nothing."""


class Chosen:
    """The choices of everybody whom some news concern, read once."""

    def __init__(self, news: Collection[News]) -> None:
        ids = {user for one in news for user in one.users}
        people = User.objects.filter(pk__in=ids, is_active=True).values_list("pk", "team", "email")
        self._teams = {user: team for user, team, _mail in people}
        self._reached = {user for user, _team, address in people if address}
        if mail.is_set_up():
            ensure_mail(self._reached)
        teams = {team for team in self._teams.values() if team} | {one.team for one in news if one.team}
        wanted = Q(user__in=self._teams) | Q(team__in=teams)
        self._by_user: dict[int, list[Channel]] = defaultdict(list)
        self._by_team: dict[int, list[Channel]] = defaultdict(list)
        for channel in Channel.objects.filter(wanted, enabled=True).order_by("pk"):
            if channel.user_id:
                self._by_user[channel.user_id].append(channel)
            elif channel.team_id:
                self._by_team[channel.team_id].append(channel)

    def shows(self, user: int, kind: str) -> bool:
        """Whether the person's own page of news tells of it."""
        chosen = [one.kinds for one in self._by_user[user] if one.medium == Medium.APP]
        return user in self._teams and kind in (chosen[0] if chosen else USUAL[Medium.APP])

    def channels(self, users: Collection[int], team: int | None, kind: str) -> Iterator[int]:
        """Ids of the ways out of here for this kind: those of the people, and those of the team or else of their teams."""
        teams = {team} if team else {self._teams.get(user) for user in users}
        for each in [
            *(one for user in dict.fromkeys(users) for one in self._by_user[user]),
            *(one for found in sorted(filter(None, teams)) for one in self._by_team[found]),
        ]:
            if each.medium != Medium.APP and kind in each.kinds and self._works(each):
                yield each.pk

    def _works(self, channel: Channel) -> bool:
        return channel.medium != Medium.MAIL or (mail.is_set_up() and channel.user_id in self._reached)


def ensure_mail(users: Collection[int]) -> None:
    """A delivery goes to a channel: whoever chose nothing gets the usual one."""
    known = set(Channel.objects.filter(user__in=users, medium=Medium.MAIL).values_list("user", flat=True))
    rows = [(user, Medium.MAIL.value, "", MAILED) for user in sorted(users) if user not in known]
    bulk.insert(Channel, ["user", "medium", "address", "kinds"], rows, or_ignore=True)


def chosen_by(user: User) -> dict[str, Channel]:
    """Medium → the person's channel, stored or as it usually is (then without a key). Chats are not among them."""
    found = {one.medium: one for one in Channel.objects.filter(user=user).exclude(medium=Medium.APPRISE)}
    usual = {medium: Channel(user=user, medium=medium, kinds=kinds) for medium, kinds in USUAL.items()}
    return {**usual, **found}
