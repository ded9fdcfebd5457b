"""What people note about a lead for each other: written, read, moved along, gone with the person."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tasuki.server.activities import commands, queries
from tasuki.server.activities.models import Note
from tasuki.server.core.access import Actor
from tasuki.server.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tasuki.server.core.models import AuditEntry
from tasuki.server.people import commands as people
from tasuki.server.people import privacy
from tasuki.server.people.due import touch
from tasuki.server.people.models import Due, Lead

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def lead(inside_rep: Actor) -> Lead:
    return Lead.objects.create(name="山田 花子", created_at=START, owner=inside_rep.user)


def texts(actor: Actor, lead: Lead) -> list[str]:
    return [note.text for note in queries.notes(actor, lead.pk)]


def test_a_note_is_read_by_whoever_sees_the_lead_with_who_wrote_it(
    lead: Lead, inside_rep: Actor, marketer: Actor, outsider: Actor
):
    commands.write_note(inside_rep, lead.pk, "  古いロガーの\n後継を探している ")
    commands.write_note(marketer, lead.pk, "<b>展示会</b>で会った")
    assert texts(marketer, lead) == ["<b>展示会</b>で会った", "古いロガーの\n後継を探している"]
    assert queries.notes(marketer, lead.pk)[1].by == inside_rep.user
    assert texts(outsider, lead) == []


def test_a_note_moves_no_lead_and_leaves_an_audit_entry_without_its_text(lead: Lead, inside_rep: Actor):
    before = Due.objects.count()
    commands.write_note(inside_rep, lead.pk, "likes golf")
    assert Due.objects.count() == before
    entry = AuditEntry.objects.get(action="note.write")
    assert entry.subject == f"lead:{lead.pk}"
    assert "golf" not in json.dumps(entry.detail)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 10_001, "a\0b"])
def test_what_is_no_note_is_refused_at_its_field(text: str, lead: Lead, inside_rep: Actor):
    with pytest.raises(Invalid) as refused:
        commands.write_note(inside_rep, lead.pk, text)
    assert refused.value.field == "text"
    assert not Note.objects.exists()


def test_nobody_writes_about_a_lead_that_is_not_theirs_to_see_or_was_erased(
    lead: Lead, outsider: Actor, administrator: Actor
):
    with pytest.raises(NotFound):
        commands.write_note(outsider, lead.pk, "hello")
    privacy.erase_person(administrator, lead.pk)
    with pytest.raises(NotFound) as refused:
        commands.write_note(administrator, lead.pk, "hello")
    assert refused.value.code == "lead_erased"


def test_the_same_key_notes_once_and_never_about_another_lead(lead: Lead, inside_rep: Actor):
    first = commands.write_note(inside_rep, lead.pk, "once", key="k1")
    assert commands.write_note(inside_rep, lead.pk, "again", key="k1").pk == first.pk
    assert texts(inside_rep, lead) == ["once"]
    assert AuditEntry.objects.filter(action="note.write").count() == 1
    other = Lead.objects.create(name="B", created_at=START)
    with pytest.raises(Conflict):
        commands.write_note(inside_rep, other.pk, "mine", key="k1")


def test_who_wrote_it_or_leads_takes_a_note_away(
    lead: Lead, inside_rep: Actor, marketer: Actor, manager: Actor
):
    mine, other = (commands.write_note(inside_rep, lead.pk, text) for text in ("a", "b"))
    with pytest.raises(NotAllowed):
        commands.remove_note(marketer, mine.pk)
    commands.remove_note(inside_rep, mine.pk)
    commands.remove_note(manager, other.pk)
    assert texts(manager, lead) == []
    with pytest.raises(NotFound):
        commands.remove_note(inside_rep, mine.pk)
    assert AuditEntry.objects.filter(action="note.remove").count() == 2


def test_notes_go_along_when_two_leads_are_merged_and_back_when_it_is_undone(
    lead: Lead, inside_rep: Actor, manager: Actor
):
    twin = Lead.objects.create(name="山田 花子", created_at=START, owner=inside_rep.user)
    commands.write_note(inside_rep, lead.pk, "of the first")
    commands.write_note(inside_rep, twin.pk, "of the twin")
    merge = people.merge_leads(manager, winner=lead.pk, loser=twin.pk)
    assert texts(manager, lead) == ["of the twin", "of the first"]
    commands.write_note(inside_rep, twin.pk, "written under the old id")
    people.undo_merge(manager, merge.pk)
    assert texts(manager, twin) == ["of the twin"]
    assert texts(manager, lead) == ["written under the old id", "of the first"]


def test_notes_are_in_a_persons_export_and_gone_with_the_person(
    lead: Lead, inside_rep: Actor, administrator: Actor
):
    commands.write_note(inside_rep, lead.pk, "転職を考えている")
    assert [note["text"] for note in privacy.export_person(administrator, lead.pk)["notes"]] == [
        "転職を考えている"
    ]
    privacy.erase_person(administrator, lead.pk)
    assert not Note.objects.exists()


def test_a_note_that_was_on_its_way_during_an_erasure_is_swept(
    lead: Lead, inside_rep: Actor, administrator: Actor
):
    privacy.erase_person(administrator, lead.pk)
    Note.objects.create(lead=lead, at=START, text="late", source="page", key="late")
    touch([lead.pk])
    privacy.sweep([lead.pk])
    assert not Note.objects.exists()
