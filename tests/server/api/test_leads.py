"""A system outside speaks with the API: leads and accounts."""

from __future__ import annotations

from collections.abc import Callable

from tasuki.server.activities.models import Activity
from tasuki.server.core.access import Actor
from tasuki.server.core.models import AuditEntry
from tasuki.server.people.models import Lead
from tests.server.api.conftest import Api

HANAKO = {
    "email": "hanako@yamada.example",
    "fields": {"name": "山田 花子", "title": "部長", "account": {"name": "株式会社山田電機"}},
}


def made(api: Api, body: dict[str, object] = HANAKO) -> int:
    status, answer = api("PUT", "/leads", body)
    assert status in (200, 201), answer
    return int(answer["lead"])


def test_a_lead_is_created_once_and_then_updated(api: Api):
    status, lead = api("POST", "/leads", HANAKO)
    assert status == 201
    assert (lead["name"], lead["title"], lead["account"]["name"]) == ("山田 花子", "部長", "株式会社山田電機")
    assert {"kind": "mail", "value": "hanako@yamada.example"} in lead["identities"]
    changed = {**HANAKO, "fields": {"title": "本部長"}}
    status, problem = api("POST", "/leads", changed)
    assert (status, problem["error"]["code"]) == (409, "lead_there")
    assert api("GET", f"/leads/{lead['id']}")[1]["title"] == "部長"
    assert api("PUT", "/leads", changed) == (200, {"status": "updated", "lead": lead["id"]})
    assert api("PUT", "/leads", changed) == (200, {"status": "unchanged", "lead": lead["id"]})
    assert api("GET", f"/leads/{lead['id']}")[1]["title"] == "本部長"


def test_a_patch_sets_what_it_names_and_null_removes(api: Api):
    lead = made(api)
    status, after = api("PATCH", f"/leads/{lead}", {"fields": {"title": None, "employees_here": 12}})
    assert status == 200
    assert (after["title"], after["fields"]["employees_here"], after["name"]) == ("", "12", "山田 花子")


def test_a_patch_gives_a_lead_to_somebody_and_takes_it_away_again(api: Api, sales_rep: Actor):
    lead = made(api)
    assert api("PATCH", f"/leads/{lead}", {"owner": "sakai"})[1]["owner"] == "sakai"
    assert api("PATCH", f"/leads/{lead}", {"fields": {"title": "主任"}})[1]["owner"] == "sakai"
    status, problem = api("PATCH", f"/leads/{lead}", {"owner": "nobody-here", "fields": {"title": "x"}})
    assert (status, problem["error"]["field"]) == (422, "owner")
    before = AuditEntry.objects.filter(action="leads.put").count()
    for nobody in (None, ""):
        assert api("PATCH", f"/leads/{lead}", {"owner": nobody})[1]["owner"] is None
    assert AuditEntry.objects.filter(action="leads.put").count() == before + 1
    assert Lead.objects.get(pk=lead).title == "主任"


def test_who_gives_a_lead_away_that_only_they_saw_is_still_answered(
    api: Api, api_of: Callable[..., Api], outsider: Actor, sales_rep: Actor
):
    lead = made(api)
    api("PATCH", f"/leads/{lead}", {"owner": "ono"})
    theirs = api_of(outsider)
    assert theirs("PATCH", f"/leads/{lead}", {"owner": "sakai"})[0] == 200
    assert theirs("GET", f"/leads/{lead}")[0] == 404


def test_a_lead_of_others_is_not_there(api: Api, api_of: Callable[..., Api], outsider: Actor):
    lead = made(api)
    theirs = api_of(outsider)
    paths = ["", "/activities", "/transitions", "/moves", "/explanation", "/handoffs", "/decisions"]
    for path in paths:
        status, body = theirs("GET", f"/leads/{lead}{path}")
        assert (status, set(body)) == (404, {"error"}), path
    assert theirs("PATCH", f"/leads/{lead}", {"fields": {"title": "x"}})[0] == 404
    assert theirs("POST", f"/leads/{lead}/decisions", {"to": "MQL"})[0] == 404
    assert theirs("GET", "/leads")[1] == {"items": [], "next": None, "previous": None}


def test_lists_go_on_page_by_page(api: Api):
    for n in range(5):
        made(api, {"email": f"p{n}@yamada.example", "fields": {"name": f"人 {n}"}})
    seen, after = [], ""
    while True:
        status, page = api("GET", "/leads", sort="name", limit=2, **({"after": after} if after else {}))
        assert status == 200
        seen += [lead["name"] for lead in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == [f"人 {n}" for n in range(5)]
    assert len(api("GET", "/leads", search="人 3")[1]["items"]) == 1
    assert api("GET", "/leads", after="nonsense")[0] == 422
    assert api("GET", "/leads", sort="height")[0] == 422


def test_a_batch_is_answered_entry_by_entry(api: Api):
    items = [
        HANAKO,
        {"email": "no address"},
        {"fields": {"x": 1}},
        5,
        {"email": "taro@yamada.example"},
        HANAKO,
    ]
    status, body = api("POST", "/leads/batch", {"items": items, "source": "crm"})
    assert status == 200
    statuses = [each["status"] for each in body["results"]]
    assert statuses == ["created", "refused", "refused", "refused", "created", "unchanged"]
    assert all(each["error"]["message"] for each in body["results"] if each["status"] == "refused")
    assert Lead.objects.count() == 2


def test_a_batch_holds_a_thousand_and_no_more(api: Api):
    leads = [{"email": f"p{n}@yamada.example"} for n in range(1001)]
    status, body = api("POST", "/leads/batch", {"items": leads})
    assert (status, body["error"]["code"]) == (422, "too_many_items")
    status, body = api("POST", "/leads/batch", {"items": leads[:1000]})
    assert (status, len(body["results"]), Lead.objects.count()) == (200, 1000, 1000)
    for wrong in ([], {"items": 5}, {"item": []}, {"items": [], "x": 1}, {"items": [], "mode": "maybe"}):
        assert api("POST", "/leads/batch", wrong)[0] == 422


def test_an_account_is_put_read_and_changed(api: Api):
    body = {
        "external": {"source": "crm", "key": "A-1"},
        "fields": {"name": "株式会社山田電機", "employees": 320},
    }
    status, put = api("PUT", "/accounts", body)
    assert (status, put["status"]) == (201, "created")
    account = put["account"]
    assert api("PUT", "/accounts", body) == (200, {"status": "unchanged", "account": account})
    assert api("PATCH", f"/accounts/{account}", {"fields": {"industry": "製造"}})[1]["industry"] == "製造"
    assert api("GET", "/accounts", search="山田")[1]["items"][0]["employees"] == 320
    status, batch = api("POST", "/accounts/batch", {"items": [body, {"fields": {}}]})
    assert [each["status"] for each in batch["results"]] == ["unchanged", "refused"]
    assert api("GET", "/accounts/999999")[0] == 404


def test_duplicates_are_answered_and_a_merge_is_undone(api: Api):
    one, other = made(api), made(api, {**HANAKO, "email": "h.yamada@yamada.example"})
    questions = api("GET", "/duplicates", kind="lead")[1]["items"]
    assert [(each["first"], each["second"]) for each in questions] == [(one, other)]
    status, done = api("POST", f"/duplicates/{questions[0]['id']}/decision", {"same": True, "winner": one})
    assert (status, done["state"], done["merge"]["loser"]) == (200, "merged", other)
    assert api("GET", f"/leads/{other}")[1]["id"] == one
    assert api("POST", f"/merges/{done['merge']['id']}/undo")[0] == 200
    assert api("GET", f"/leads/{other}")[1]["id"] == other
    status, merge = api("POST", "/merges", {"winner": other, "loser": one})
    assert (status, merge["winner"]) == (201, other)


def test_a_person_is_exported_and_erased(api: Api):
    lead = made(api)
    api("POST", "/activities", {"lead": {"id": lead}, "type": "call"})
    status, data = api("POST", f"/leads/{lead}/export")
    assert status == 200
    assert data["leads"][0]["email"] == "hanako@yamada.example"
    assert api("POST", f"/leads/{lead}/erasure", {})[0] == 422
    assert api("POST", f"/leads/{lead}/erasure", {"confirm": False})[0] == 422
    assert api("POST", f"/leads/{lead}/erasure", {"confirm": True})[0] == 204
    assert api("GET", f"/leads/{lead}")[0] == 404
    assert Activity.objects.count() == 1
    assert made(api) != lead


def test_deals_are_put_and_listed(api: Api):
    deal = {
        "lead": {"email": "hanako@yamada.example"},
        "amount": 1200000.5,
        "expected_at": "2026-09-30",
        "key": "o-1",
    }
    status, put = api("PUT", "/deals", deal)
    assert (status, put["status"]) == (201, "created")
    assert api("PUT", "/deals", deal)[0] == 200
    shown = api("GET", f"/deals/{put['deal']}")[1]
    assert (shown["amount"], shown["expected_at"], shown["state"]) == (1200000.5, "2026-09-30", "open")
    assert [each["id"] for each in api("GET", "/deals", lead=put["lead"])[1]["items"]] == [put["deal"]]
    for wrong in (
        {"amount": -1},
        {"amount": "12"},
        {"amount": 0.001},
        {"expected_at": "2026-02-30"},
        {"state": "x"},
    ):
        assert api("PUT", "/deals", {**deal, **wrong})[0] == 422, wrong
    status, batch = api("POST", "/deals/batch", {"items": [deal, {**deal, "currency": "XXY", "key": "2"}]})
    assert [each["status"] for each in batch["results"]] == ["unchanged", "refused"]
