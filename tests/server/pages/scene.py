"""A small company in full swing: an agreement in force, leads in several stages, duplicates, an import, news."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tasuki.server.accounts.models import Account
from tasuki.server.activities import commands as activities
from tasuki.server.activities.inputs import ActivityInput
from tasuki.server.agreements import commands as agreements
from tasuki.server.core import clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.lifecycle import commands as lifecycle
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput, LeadRef, Put

AGREEMENT = Path(__file__).parents[3] / "examples" / "yamada" / "agreement.yaml"
HOT = [
    ("page_view", {"path": "/pricing/plans"}),
    ("download", {"content.kind": "whitepaper", "content.topic": "security"}),
    ("download", {"content.kind": "case_study"}),
    ("webinar_attend", {"content": "設備監視の始め方"}),
]


@dataclass(frozen=True)
class Scene:
    """Ids of the leads: `hot` was handed over, `cool` is MAL, `twin` may be the same as `cool`, `hidden` is another's."""

    hot: int
    cool: int
    twin: int
    account: int


def set_up() -> Scene:
    """Everything by the real commands, in the last days."""
    start = clock.now() - timedelta(days=2)
    with clock.at(start - timedelta(days=1)):
        agreements.publish(SYSTEM, text=AGREEMENT.read_text(encoding="utf-8"))
    with clock.at(start):
        hot = _lead(
            "藤井 美咲", "fujii@yamato-kiko.example", "大和機工株式会社", title="工場長", kana="フジイ ミサキ"
        )
        cool = _lead(
            "田中 健一", "tanaka@suzuki.example", "鈴木電子工業株式会社", title="課長", kana="タナカ ケンイチ"
        )
        twin = _lead(
            "田中 健一", "k.tanaka@suzuki.example", "鈴木電子工業(株)", title="課長", kana="タナカ ケンイチ"
        )
        fold()
    with clock.at(start + timedelta(hours=3)):
        visit(hot, HOT)
        visit(cool, HOT[:2])
        fold()
    account = Account.objects.get(name__startswith="大和機工")
    return Scene(hot, cool, twin, account.pk)


def _lead(name: str, email: str, company: str, *, title: str, kana: str) -> int:
    fields = {
        "name": name, "name_kana": kana, "email": email, "title": title, "department": "生産技術部",
        "account.name": company, "account.industry": "機械", "account.employees": "800",
    }  # fmt: skip
    put = people.put_leads(SYSTEM, [LeadInput(LeadRef(), fields, channel="exhibition")], source="test")[0]
    assert isinstance(put, Put), put
    return put.lead_id


def visit(lead: int, what: list[tuple[str, dict[str, str]]]) -> None:
    """Activities of a lead, a minute apart, ending now."""
    now = clock.now()
    rows = [
        ActivityInput(LeadRef(lead=lead), type_, now - timedelta(minutes=place), properties, None, None)
        for place, (type_, properties) in enumerate(what)
    ]
    activities.record_activities(SYSTEM, rows, source="test")


def fold() -> None:
    """What the worker does."""
    while lifecycle.fold_due().leads:
        pass
