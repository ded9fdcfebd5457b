"""Leads as a file: what is shown, for whom it is allowed, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import openpyxl
import pytest
from django.test import Client

from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.core.errors import NotAllowed
from tasuki.server.core.models import AuditEntry, Role
from tasuki.server.lists import columns, commands
from tasuki.server.lists.asking import Asked
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput
from tasuki.server.people.models import Lead
from tests.server.pages.scene import Scene

pytestmark = pytest.mark.django_db
EVIL = ['=HYPERLINK("http://evil.example")', "+1+1", "-2+3", "@SUM(A1)", "\tx", " =1+1"]


def file_of(client: Client, **given: object) -> bytes:
    answer = client.post("/leads/export" if "lead" not in given else "/leads/many", given)
    assert answer.status_code == 200, answer
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_csv_has_the_columns_shown_in_their_order_and_the_leads_that_fit(
    scene: Scene, marketer: Actor, browse: Callable[[Actor], Client]
):
    client = browse(marketer)
    client.post("/leads/columns", {"column": ["mail", "stage", "score.fit", "entered"]})
    content = file_of(client, kind="csv", query="stage=MQL")
    assert content.startswith(b"\xef\xbb\xbf")
    head, row = rows_of(content)
    assert head == ["ID", "Name", "Mail address", "Stage", "Fit", "In this stage since"]
    assert row[:4] == [str(scene.hot), "藤井 美咲", "fujii@yamato-kiko.example", "MQL"]
    assert not file_of(client, kind="plain", query="stage=MQL").startswith(b"\xef\xbb\xbf")


def test_chosen_leads_only(scene: Scene, marketer: Actor, browse: Callable[[Actor], Client]):
    rows = rows_of(file_of(browse(marketer), kind="csv", lead=[scene.twin]))
    assert [row[0] for row in rows[1:]] == [str(scene.twin)]


@pytest.mark.parametrize("sort", ["reapproach", "-reapproach", "stage_entered", "-stage_entered"])
def test_an_order_by_a_date_leaves_nobody_out_of_the_file_and_of_what_is_done(
    scene: Scene, marketer: Actor, sort: str, browse: Callable[[Actor], Client]
):
    Lead.objects.update(reapproach_at=None, stage_entered_at=None)
    Lead.objects.filter(pk=scene.cool).update(reapproach_at=clock.now(), stage_entered_at=clock.now())
    rows = rows_of(file_of(browse(marketer), kind="csv", query=f"sort={sort}"))
    assert rows[1][0] == str(scene.cool)
    assert {int(row[0]) for row in rows[1:]} == {scene.hot, scene.cool, scene.twin}
    done = commands.act(marketer, kind="campaign", to={"campaign": "x"}, asked=Asked(), sort=sort)
    assert sorted(done.leads) == sorted([scene.hot, scene.cool, scene.twin])


def test_a_list_by_a_date_says_that_leads_without_one_are_not_in_it_and_shows_them(
    scene: Scene, marketer: Actor, browse: Callable[[Actor], Client]
):
    client = browse(marketer)
    Lead.objects.filter(pk=scene.cool).update(reapproach_at=clock.now())
    page = client.get("/leads?stage=MAL&sort=reapproach&view=all").content.decode()
    assert "Leads without this date are not in this order." in page
    others = client.get("/leads?stage=MAL&view=all&reapproach=none").content.decode()
    assert "stage=MAL&amp;view=all&amp;reapproach=none" in page
    assert f'href="/leads/{scene.twin}"' in others
    assert f'href="/leads/{scene.cool}"' not in others
    for whole in ("/leads?stage=MAL&view=all", "/leads?reapproach=7d&sort=reapproach&view=all"):
        assert "not in this order" not in client.get(whole).content.decode()


def test_with_nothing_ticked_the_bar_takes_nothing_out(
    scene: Scene, marketer: Actor, browse: Callable[[Actor], Client]
):
    client = browse(marketer)
    for given in ({"kind": "csv"}, {"kind": "xlsx", "lead": "x"}):
        answer = client.post("/leads/many", given, headers={"referer": "http://testserver/leads"})
        assert answer.status_code == 302
        assert "No lead was chosen" in client.get("/leads?view=all").content.decode()
    assert not AuditEntry.objects.filter(action="leads.export").exists()
    everything = client.post("/leads/many", {"kind": "csv", "all": "1"})
    assert len(rows_of(b"".join(everything.streaming_content))) == 4  # type: ignore[attr-defined]


def test_excel_is_read_by_excel_and_texts_stay_texts(
    scene: Scene, marketer: Actor, browse: Callable[[Actor], Client]
):
    people.put_leads(SYSTEM, [LeadInput(fields={"name": EVIL[0], "email": "e@x.example"})], source="t")
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(browse(marketer), kind="xlsx"))).active
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]  # type: ignore[union-attr]
    assert values[0][:3] == ["ID", "Name", "Company"]
    assert len(values) == 5
    evil = next(cell for row in sheet.iter_rows() for cell in row if cell.value == EVIL[0])  # type: ignore[union-attr]
    assert evil.data_type == "s"


@pytest.mark.parametrize("name", EVIL)
def test_no_cell_of_a_csv_is_a_formula(
    scene: Scene, marketer: Actor, name: str, browse: Callable[[Actor], Client]
):
    people.put_leads(
        SYSTEM,
        [LeadInput(fields={"email": "e@x.example", "title": name, "name": f"x{name}"}, campaign=name)],
        source="t",
    )
    client = browse(marketer)
    client.post("/leads/columns", {"column": ["title", "campaign", "phone"]})
    for row in rows_of(file_of(client, kind="csv")):
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row)


def test_who_may_not_export_gets_nothing_by_page_or_by_hand(
    scene: Scene, inside_rep: Actor, outsider: Actor, browse: Callable[[Actor], Client]
):
    assert browse(inside_rep).post("/leads/export", {"kind": "csv"}).status_code == 403
    assert browse(inside_rep).post("/leads/many", {"kind": "csv", "lead": [scene.hot]}).status_code == 403
    assert "/leads/export" not in browse(inside_rep).get("/leads").content.decode()
    with pytest.raises(NotAllowed):
        commands.export_leads(inside_rep, asked=Asked(), sort="-score", shown=[columns.NAME])
    outsider.user.role = Role.MARKETING  # type: ignore[union-attr]
    outsider.user.save()  # type: ignore[union-attr]
    assert len(rows_of(file_of(browse(outsider), kind="csv"))) == 1


def test_the_audit_says_who_took_what_out_without_saying_whom(
    scene: Scene, marketer: Actor, browse: Callable[[Actor], Client]
):
    file_of(browse(marketer), kind="csv", query="q=藤井&stage=MQL")
    entry = AuditEntry.objects.get(action="leads.export")
    assert entry.user == marketer.user
    assert entry.detail["filters"] == ["stage"]
    assert entry.detail["words"] is True
    assert "藤井" not in str(entry.detail)


def test_a_long_file_comes_in_pieces_with_every_lead_once(marketer: Actor):
    people.put_leads(SYSTEM, [LeadInput(fields={"email": f"p{n}@x.example"}) for n in range(450)], source="t")
    pieces = list(commands.export_leads(marketer, asked=Asked(), sort="name", shown=[columns.NAME]))
    assert len(pieces) == 4
    ids = [row[0] for row in rows_of(b"".join(pieces))[1:]]
    assert len(ids) == len(set(ids)) == 450
