"""Chats, by Apprise, to a real HTTP receiver; and the fence around what Apprise does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Invalid, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry, Role, Sight, Team, User
from tasuki.server.notify import chat, chatting, commands, courier, outbox, queries
from tasuki.server.notify.models import Channel, Delivery
from tasuki.server.notify.reader import Reader
from tasuki.server.people.models import Lead
from tests.server.notify import receiver as manners
from tests.server.notify.receiver import Receiver
from tests.server.notify.stories import MQL_AT, becomes_mql, delivers, states

pytestmark = pytest.mark.django_db


def chat_of(receiver: Receiver) -> str:
    return f"json://127.0.0.1:{receiver.port}/s3cret-token"


def test_a_team_hears_in_its_chat_that_a_lead_came(
    receiver: Receiver, manager: Actor, rep: User, inside_sales_team: Team
) -> None:
    commands.add_channel(
        manager, address=chat_of(receiver), wanted=["handoff"], name="#leads", team_id=inside_sales_team.pk
    )
    lead = becomes_mql()
    delivers(MQL_AT)
    (got,) = receiver.got
    told = json.loads(got.body)
    assert told["title"] == "A lead was handed over to you: Yamada Hanako"
    assert "+80 pricing ×2 – they compare" in told["message"]
    assert f"https://tasuki.example/leads/{lead.pk}" in told["message"]
    assert states() == ["sent"]


def test_what_not_all_of_a_team_may_see_does_not_go_to_its_chat(
    receiver: Receiver, manager: Actor, rep: User, inside_sales_team: Team, person: Callable[..., User]
) -> None:
    person("sasaki", Role.INSIDE_SALES, inside_sales_team, Sight.OWN)
    commands.add_channel(manager, address=chat_of(receiver), wanted=["handoff"], team_id=inside_sales_team.pk)
    lead = becomes_mql()
    Lead.objects.filter(pk=lead.pk).update(team=None, owner=None)
    delivers(MQL_AT)
    assert (Delivery.objects.get().fault, receiver.got) == ("unseen", [])


def test_a_chat_that_fails_is_tried_again(receiver: Receiver, rep: User) -> None:
    receiver.manner = manners.answers(500)
    channel = commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])
    assert commands.test_channel(Actor(user=rep), channel.pk).fault == "chat"
    becomes_mql()
    delivers(MQL_AT)
    receiver.manner = manners.answers(200)
    delivers(MQL_AT + timedelta(minutes=1))
    assert states() == ["dropped", "sent"], "a test is not sent again"
    assert commands.test_channel(Actor(user=rep), channel.pk).state == "sent"


@pytest.mark.slow
@pytest.mark.parametrize("manner", [manners.never_ends, manners.drips_its_head], ids=["endless", "drips"])
def test_a_chat_that_never_ends_is_cut_off(
    receiver: Receiver, rep: User, monkeypatch: pytest.MonkeyPatch, manner: Callable[..., None]
) -> None:
    monkeypatch.setattr(chat, "SECONDS", 3)
    receiver.manner = manner
    channel = commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])
    assert commands.test_channel(Actor(user=rep), channel.pk).fault in {"slow", "chat"}


def test_a_redirect_loop_ends(receiver: Receiver, rep: User) -> None:
    receiver.manner = manners.redirects
    channel = commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])
    assert commands.test_channel(Actor(user=rep), channel.pk).fault == "chat"


def test_a_chat_at_a_private_address_is_not_reached(
    receiver: Receiver, rep: User, environment: Callable[..., None]
) -> None:
    channel = commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])
    environment(webhooks_private=False)
    assert commands.test_channel(Actor(user=rep), channel.pk).fault == "private"
    assert receiver.got == []


def test_a_chat_cannot_be_made_to_read_a_file_of_this_machine(
    receiver: Receiver, rep: User, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"text": "the secret"}')
    address = f"workflows://127.0.0.1:{receiver.port}/workflow1e/sig_nature-x?template={secret}"
    channel = commands.add_channel(Actor(user=rep), address=address, wanted=["handoff"])
    assert commands.test_channel(Actor(user=rep), channel.pk).fault == "private"


@pytest.mark.parametrize(
    "address", ["", "nonsense", "syslog://", "dbus://", "x://y", "json://", "slack://\n"]
)
def test_what_is_no_chat_is_refused(rep: User, address: str) -> None:
    with pytest.raises(Invalid):
        commands.add_channel(Actor(user=rep), address=address, wanted=["handoff"])


def test_an_address_is_a_secret(receiver: Receiver, rep: User, caplog: pytest.LogCaptureFixture) -> None:
    receiver.manner = manners.answers(500)
    channel = commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])
    failed = commands.test_channel(Actor(user=rep), channel.pk)
    written = json.dumps(list(AuditEntry.objects.values("subject", "detail"))) + failed.fault + caplog.text
    assert "s3cret-token" not in written
    assert channel.shown == "json://…"


def test_ones_own_chats_are_ones_own_and_teams_chats_are_for_those_who_lead(
    receiver: Receiver, rep: User, marketer: Actor, manager: Actor, inside_sales_team: Team
) -> None:
    own = commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])
    with pytest.raises(NotFound):
        commands.remove_channel(marketer, own.pk)
    with pytest.raises(NotFound):
        commands.change_channel(manager, own.pk, wanted=[])
    with pytest.raises(NotAllowed):
        commands.add_channel(marketer, address=chat_of(receiver), wanted=[], team_id=inside_sales_team.pk)
    with pytest.raises(NotAllowed):
        queries.team_chats(marketer)
    with pytest.raises(Invalid):
        commands.change_channel(Actor(user=rep), own.pk, wanted=["gossip"])
    commands.change_channel(Actor(user=rep), own.pk, wanted=["won", "handoff", "won"], enabled=False)
    assert [one.kinds for one in queries.my_chats(Actor(user=rep))] == [["handoff", "won"]]
    becomes_mql()
    assert not Delivery.objects.exists()
    commands.remove_channel(Actor(user=rep), own.pk)
    assert not Channel.objects.exists()


def test_a_name_with_markup_stays_text_in_a_chat() -> None:
    name = "<b>Hanako</b> @everyone [press](https://evil.example)"
    reads_markdown = type("Slack", (), {"notify_format": ("markdown", "text")})()
    told = chatting.harmless(name, reads_markdown)
    assert not [mark for mark in ("@everyone", "](", "<b>") if mark in told]
    assert told.replace(chatting.NOTHING, "") == name


def test_a_chat_that_reads_html_gets_a_name_escaped(receiver: Receiver, rep: User) -> None:
    address = f"json://127.0.0.1:{receiver.port}/x?format=html"
    commands.add_channel(Actor(user=rep), address=address, wanted=["handoff"])
    becomes_mql("<b>Hanako</b>")
    delivers(MQL_AT)
    (got,) = receiver.got
    told = json.loads(got.body)["message"]
    assert ("<b>" in told, "&lt;" in told) == (False, True)


def test_nobody_has_more_than_ten_chats(receiver: Receiver, rep: User) -> None:
    kept = [Channel(user=rep, medium="apprise", address=chat_of(receiver)) for _ in range(10)]
    Channel.objects.bulk_create(kept)
    with pytest.raises(Invalid, match="10 chats"):
        commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])


def test_the_page_of_news_is_no_way_that_can_be_tested(rep: User) -> None:
    channel = commands.choose(Actor(user=rep), medium="app", wanted=["handoff"])
    with pytest.raises(NotFound):
        commands.test_channel(Actor(user=rep), channel.pk)


def test_a_manager_reads_no_leads_of_other_teams_by_way_of_their_chat(
    receiver: Receiver, person: Callable[..., User], inside_sales_team: Team, sales_team: Team
) -> None:
    narrow = Actor(user=person("nagai", Role.MANAGER, inside_sales_team, Sight.OWN))
    wider = Actor(user=person("ueda", Role.MANAGER, inside_sales_team, Sight.TEAM))
    for actor, team in ((narrow, inside_sales_team), (narrow, sales_team), (wider, sales_team)):
        with pytest.raises(NotAllowed):
            commands.add_channel(actor, address=chat_of(receiver), wanted=[], team_id=team.pk)
    commands.add_channel(wider, address=chat_of(receiver), wanted=[], team_id=inside_sales_team.pk)


def test_a_team_without_members_reads_nothing(receiver: Receiver, rep: User, sales_team: Team) -> None:
    lead = becomes_mql()
    assert not Reader(team=sales_team).sees(lead)


def test_a_chat_that_is_away_is_not_asked_for_the_next_ones_at_once(
    receiver: Receiver, rep: User, environment: Callable[..., None]
) -> None:
    channel = commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])
    becomes_mql()
    environment(webhooks_private=False)
    with clock.at(MQL_AT):
        assert courier.serve(outbox.Receiver("apprise", channel.pk)) == 0
    assert Delivery.objects.get().attempts == 1


def test_a_chat_removed_after_the_batch_was_claimed_is_told_nothing(
    receiver: Receiver, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = commands.add_channel(Actor(user=rep), address=chat_of(receiver), wanted=["handoff"])
    becomes_mql()
    with clock.at(MQL_AT):
        found = outbox.Receiver("apprise", channel.pk)
        claimed = outbox.claim(found)
        commands.remove_channel(Actor(user=rep), channel.pk)
        monkeypatch.setattr(outbox, "claim", lambda _receiver: claimed)
        courier.serve(found)
    assert receiver.got == []
