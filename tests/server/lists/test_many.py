"""One thing done to many leads: how many, which not and why, and what an undo puts back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation
from django_tasks_db.models import DBTaskResult

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import Conflict, Invalid, NotFound, TooLarge
from tasuki.server.core.models import AuditEntry, Team
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.lifecycle.models import Decision
from tasuki.server.lists import asking, commands, doing, queries, undoing
from tasuki.server.lists.asking import Asked
from tasuki.server.lists.models import Bulk
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput
from tasuki.server.people.models import Lead
from tests.server.pages.scene import Scene

pytestmark = pytest.mark.django_db


def owner_of(lead: int) -> str:
    owner = Lead.objects.get(pk=lead).owner
    return owner.username if owner else ""


def stage_of(lead: int) -> str:
    return Lead.objects.get(pk=lead).stage


def record() -> None:
    """Ten seconds later, by the worker."""
    with clock.at(clock.now() + timedelta(seconds=11)):
        lifecycle.record_held()


def test_leads_are_given_to_somebody_and_the_undo_gives_them_back(
    scene: Scene, marketer: Actor, sales_rep: Actor
):
    had = owner_of(scene.hot)
    row = commands.act(marketer, kind="owner", to={"owner": "sakai"}, lead_ids=[scene.hot, scene.cool])
    assert (row.state, row.changed, row.unchanged, row.refused) == ("done", 2, 0, [])
    assert {owner_of(scene.hot), owner_of(scene.cool)} == {"sakai"}
    commands.undo_bulk(marketer, row.pk)
    assert (owner_of(scene.hot), owner_of(scene.cool)) == (had, "")
    assert set(AuditEntry.objects.filter(subject=f"bulk:{row.pk}").values_list("action", flat=True)) == {
        "leads.bulk", "leads.bulk_undo",
    }  # fmt: skip


def test_what_somebody_changed_since_is_left_alone_by_the_undo(
    scene: Scene, marketer: Actor, sales_rep: Actor
):
    row = commands.act(marketer, kind="owner", to={"owner": "sakai"}, lead_ids=[scene.cool, scene.twin])
    people.update_lead(marketer, scene.cool, changes={}, owner="ishii")
    done = commands.undo_bulk(marketer, row.pk)
    assert (owner_of(scene.cool), owner_of(scene.twin), done.kept) == ("ishii", "", 1)
    with pytest.raises(Conflict):
        commands.undo_bulk(marketer, row.pk)


def test_who_sees_their_own_leads_only_gives_one_away_and_takes_it_back(
    scene: Scene, marketer: Actor, sales_rep: Actor, outsider: Actor
):
    people.update_lead(marketer, scene.cool, changes={}, owner="ono")
    row = commands.act(outsider, kind="owner", to={"owner": "sakai"}, lead_ids=[scene.cool])
    assert owner_of(scene.cool) == "sakai"
    done = commands.undo_bulk(outsider, row.pk)
    assert (owner_of(scene.cool), done.state, done.kept) == ("ono", Bulk.State.UNDONE, 0)


def test_an_undo_that_puts_nothing_back_says_so_and_is_no_undo(
    scene: Scene, marketer: Actor, sales_rep: Actor
):
    row = commands.act(marketer, kind="owner", to={"owner": "sakai"}, lead_ids=[scene.cool])
    people.update_lead(marketer, scene.cool, changes={}, owner="ishii")
    with pytest.raises(Conflict, match="Nothing was put back"):
        commands.undo_bulk(marketer, row.pk)
    row.refresh_from_db()
    assert (row.state, owner_of(scene.cool)) == (Bulk.State.DONE, "ishii")
    assert not AuditEntry.objects.filter(subject=f"bulk:{row.pk}", action="leads.bulk_undo").exists()


def test_leads_of_a_team_that_is_gone_go_back_to_no_team(scene: Scene, marketer: Actor, sales_team: Team):
    west, north = (Team.objects.create(name=name, role="sales") for name in ("W", "N"))
    Lead.objects.filter(pk=scene.cool).update(team=west)
    Lead.objects.filter(pk=scene.twin).update(team=north)
    row = commands.act(marketer, kind="team", to={"team": sales_team.name}, lead_ids=[scene.cool, scene.twin])
    west.delete()
    done = commands.undo_bulk(marketer, row.pk)
    teams = dict(Lead.objects.filter(pk__in=row.leads).values_list("pk", "team"))
    assert (teams, done.kept) == ({scene.cool: None, scene.twin: north.pk}, 0)


def test_who_clicks_undo_twice_undoes_once_and_one_that_died_can_be_begun_again(
    scene: Scene, marketer: Actor, sales_rep: Actor
):
    row = commands.act(marketer, kind="owner", to={"owner": "sakai"}, lead_ids=[scene.cool])
    Bulk.objects.filter(pk=row.pk).update(state=Bulk.State.UNDOING, undone_at=clock.now())
    with pytest.raises(Conflict, match="being undone"):
        commands.undo_bulk(marketer, row.pk)
    with clock.at(clock.now() + undoing.GIVEN_UP + timedelta(seconds=1)):
        assert commands.undo_bulk(marketer, row.pk).state == Bulk.State.UNDONE
    assert owner_of(scene.cool) == ""


def test_team_and_campaign_of_all_that_fit(scene: Scene, marketer: Actor, sales_team: Team):
    asked = asking.asked_of({"stage": ["MAL"]}, queries.asker(marketer))
    row = commands.act(marketer, kind="team", to={"team": sales_team.name}, asked=asked)
    assert sorted(row.leads) == sorted([scene.cool, scene.twin])
    commands.act(marketer, kind="campaign", to={"campaign": "秋の展示会"}, asked=asked)
    assert set(
        Lead.objects.filter(campaign="秋の展示会", team=sales_team).values_list("pk", flat=True)
    ) == set(row.leads)
    again = commands.act(marketer, kind="campaign", to={"campaign": "秋の展示会"}, asked=asked)
    assert (again.changed, again.unchanged) == (0, 2)


def test_a_stage_is_decided_on_for_those_the_agreement_allows_and_the_others_are_named(
    scene: Scene, marketer: Actor
):
    row = commands.act(marketer, kind="stage", to={"to": "MQL"}, lead_ids=[scene.hot, scene.cool])
    assert row.changed == 1
    (refused,) = row.refused
    assert refused["leads"] == [scene.hot]
    assert "MQL" in refused["why"]
    assert stage_of(scene.cool) == "MAL"
    record()
    assert stage_of(scene.cool) == "MQL"


def test_a_decision_is_taken_back_within_ten_seconds_and_not_later(scene: Scene, marketer: Actor):
    row = commands.act(marketer, kind="stage", to={"to": "MQL"}, lead_ids=[scene.cool, scene.twin])
    assert row.changed == 2
    commands.undo_bulk(marketer, row.pk)
    record()
    assert stage_of(scene.cool) == stage_of(scene.twin) == "MAL"
    row = commands.act(marketer, kind="stage", to={"to": "MQL"}, lead_ids=[scene.cool])
    record()
    with pytest.raises(Conflict):
        commands.undo_bulk(marketer, row.pk)
    assert stage_of(scene.cool) == "MQL"


def test_many_leads_are_the_workers_and_it_goes_on_where_it_was_killed(
    scene: Scene, marketer: Actor, sales_rep: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands, "AT_ONCE", 10)
    monkeypatch.setattr(doing, "AT_ONCE", 20)
    rows = [LeadInput(fields={"email": f"p{n}@x.example", "name": f"人{n}"}) for n in range(50)]
    people.put_leads(SYSTEM, rows, source="t")
    row = commands.act(marketer, kind="owner", to={"owner": "sakai"})
    assert row.state == Bulk.State.WAITING
    assert doing._some(marketer, row.pk)
    row.refresh_from_db()
    assert (row.state, row.done, row.changed) == ("running", 20, 20)
    with pytest.raises(Conflict):
        commands.undo_bulk(marketer, row.pk)
    doing.run(row.pk)
    doing.run(row.pk)  # taken up twice: nothing is done twice
    row.refresh_from_db()
    assert (row.state, row.done, row.changed) == ("done", 53, 53)
    commands.undo_bulk(marketer, row.pk)
    assert not Lead.objects.filter(owner=sales_rep.user).exists()


def test_a_note_stays_with_the_decisions_only(scene: Scene, marketer: Actor):
    row = commands.act(
        marketer, kind="stage", to={"to": "MQL", "note": "田中さんは異動"}, lead_ids=[scene.cool]
    )
    record()
    assert "田中" not in str(Bulk.objects.get(pk=row.pk).what)
    assert Decision.objects.get(lead=scene.cool, to="MQL").note == "田中さんは異動"


def test_what_was_left_standing_is_taken_up_again_and_nothing_else(
    scene: Scene, marketer: Actor, sales_rep: Actor, monkeypatch: pytest.MonkeyPatch
):
    done = commands.act(marketer, kind="owner", to={"owner": ""}, lead_ids=[scene.hot])
    with monkeypatch.context() as death:
        death.setattr(doing, "run", lambda _pk: None)  # before it begins
        row = commands.act(marketer, kind="owner", to={"owner": "sakai"}, lead_ids=[scene.cool])
    assert (row.state, doing.resume_stale()) == (Bulk.State.WAITING, 0)
    with clock.at(clock.now() + doing.STANDS_STILL + timedelta(seconds=1)):
        assert (doing.resume_stale(), doing.resume_stale()) == (1, 0)
    (job,) = DBTaskResult.objects.all()
    assert job.args_kwargs["args"] == [row.pk]
    doing.run(row.pk)
    assert owner_of(scene.cool) == "sakai"
    assert done.state == Bulk.State.DONE


def test_a_change_for_the_worker_is_in_the_queue_as_soon_as_it_is_there(
    scene: Scene, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    """The test's own transaction never ends, so whatever waits for its end does not happen."""
    monkeypatch.setattr(commands, "AT_ONCE", 1)
    row = commands.act(marketer, kind="owner", to={"owner": ""}, lead_ids=[scene.hot, scene.cool])
    assert [job.args_kwargs["args"] for job in DBTaskResult.objects.all()] == [[row.pk]]


def test_the_worker_says_why_in_the_language_of_the_page(
    scene: Scene, marketer: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands, "AT_ONCE", 1)
    with translation.override("ja"):
        row = commands.act(marketer, kind="stage", to={"to": "MQL"}, lead_ids=[scene.hot, scene.cool])
    doing.run(row.pk)
    row.refresh_from_db()
    (refused,) = row.refused
    assert "から移ります" in refused["why"]


def test_there_is_a_bound(scene: Scene, marketer: Actor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(commands, "MOST", 2)
    with pytest.raises(TooLarge):
        commands.act(marketer, kind="owner", to={"owner": ""}, asked=Asked())
    assert not Bulk.objects.exists()


@pytest.mark.parametrize(
    ("kind", "to", "field"),
    [
        ("owner", {"owner": "nobody-here"}, "owner"), ("team", {"team": "Mars"}, "team"),
        ("stage", {"to": "MOL"}, "to"), ("stage", {"to": "DISQUALIFIED"}, "reason"),
        ("stage", {"to": "DISQUALIFIED", "reason": "moon"}, "reason"), ("campaign", {"campaign": "x" * 201}, "campaign"),
        ("colour", {}, "kind"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_before_anything_is(
    scene: Scene, marketer: Actor, kind: str, to: dict[str, str], field: str
):
    with pytest.raises(Invalid) as refused:
        commands.act(marketer, kind=kind, to=to, lead_ids=[scene.cool])
    assert refused.value.field == field
    assert not Bulk.objects.exists()


def test_who_sees_a_lead_not_changes_it_not(scene: Scene, outsider: Actor, sales_rep: Actor, marketer: Actor):
    with pytest.raises(Invalid, match="No lead"):
        commands.act(outsider, kind="owner", to={"owner": "ono"}, lead_ids=[scene.hot, scene.cool])
    with pytest.raises(Invalid, match="No lead"):
        commands.act(outsider, kind="owner", to={"owner": "ono"})
    row = commands.act(marketer, kind="owner", to={"owner": "sakai"}, lead_ids=[scene.hot])
    for forbidden in (queries.bulk, commands.undo_bulk):
        with pytest.raises(NotFound):
            forbidden(outsider, row.pk)
    mine = people.reassign(outsider, {scene.hot: {"owner": None}})
    assert (mine.left, mine.before) == ([scene.hot], {})


def test_the_bar_below_the_list_does_it_and_the_way_back_is_the_same_list(
    scene: Scene, marketer: Actor, sales_rep: Actor, browse: Callable[[Actor], Client]
):
    client = browse(marketer)
    asked = "stage=MAL&sort=name"
    answer = client.post(
        "/leads/many", {"kind": "owner", "owner": "sakai", "lead": [scene.cool, "x"], "query": asked}
    )
    assert answer["Location"] == "/leads?stage=MAL&sort=name&view=all"
    row = Bulk.objects.get()
    assert f"/leads/many/{row.pk}/undo" in client.get(answer["Location"]).content.decode()
    client.post(f"/leads/many/{row.pk}/undo")
    assert owner_of(scene.cool) == ""
    refused = client.post("/leads/many", {"kind": "stage", "move": "MQL", "lead": [scene.hot, scene.cool]})
    page = client.get(refused["Location"]).content.decode()
    assert "藤井 美咲" in page
    assert "1 lead was left as it is" in page
    late = client.post(
        "/leads/many",
        {"kind": "owner", "owner": "nobody-here", "lead": [scene.cool]},
        headers={"referer": "http://testserver/leads"},
    )
    assert late.status_code == 302
    assert "Nobody here is called" in client.get("/leads?view=all").content.decode()
