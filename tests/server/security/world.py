"""Two people of one company with all that can hang on a lead, for the stories about one person's data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tasuki.server.accounts.models import Account
from tasuki.server.activities.models import Activity, Note
from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.core import audit
from tasuki.server.core.access import Actor
from tasuki.server.deals.models import Deal
from tasuki.server.handoffs.models import Clock, Handoff, Promise
from tasuki.server.imports.models import Change, ImportJob
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.notify.models import Notification
from tasuki.server.people.models import Due, Duplicate, Identity, Lead, Merge, Profile

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
COMPANY = "山田電機株式会社"
TARO = {
    "name": "鈴木 太郎丸",
    "name_kana": "スズキ タロウマル",
    "email": "taromaru@yamada.example",
    "mobile": "090-1234-5678",
    "department": "情報システム部",
    "title": "部長代理補佐",
}
TELLTALES = [
    *TARO.values(),
    "+819012345678",
    "003ABCDEF",
    "visitor-xyz",
    "taromaru",
    "転職を考えている",
    "太郎丸",
]


class World:
    """Two people of one company with all that can hang on a lead; `taro` was merged with his old self."""

    def __init__(self, administrator: Actor) -> None:
        self.administrator = administrator
        self.account = Account.objects.create(name=COMPANY, matching_name="山田電機", created_at=START)
        self.agreement = AgreementVersion.objects.create(
            number=1, text="x", digest="d", name="a", effective_from=START, created_at=START
        )
        self.job = ImportJob.objects.create(
            name="fair.csv", file="", digest="d", kind="leads", created_at=START
        )
        self.taro = self.lead("taro", TARO)
        self.old = self.lead("old", {**TARO, "email": "taromaru@old.example"})
        self.hana = self.lead("hana", {"name": "佐藤 花", "email": "hana@yamada.example"})
        Lead.objects.filter(pk=self.old.pk).update(merged_into=self.taro)
        Merge.objects.create(
            kind="lead",
            winner=self.taro.pk,
            loser=self.old.pk,
            at=START,
            cause="person",
            before={"name": TARO["name"]},
        )
        Duplicate.objects.create(
            kind="lead",
            first=self.taro.pk,
            second=self.hana.pk,
            score=0.5,
            reasons=[{"code": "name", "text": TARO["name"]}],
            found_at=START,
        )
        Change.objects.create(job=self.job, kind="lead", subject=self.taro.pk, before={"name": TARO["name"]})
        audit.record(administrator, "lead.change", f"lead:{self.taro.pk}", fields=["title"])

    def lead(self, key: str, told: dict[str, str]) -> Lead:
        lead = Lead.objects.create(
            name=told["name"],
            name_kana=told.get("name_kana", ""),
            email=told["email"],
            phone="03-1111-2222",
            search=" ".join(told.values()),
            department=told.get("department", ""),
            title=told.get("title", ""),
            fields=told,
            account=self.account,
            channel="fair",
            created_at=START,
            created_by_import=self.job,
            stage="SAL",
            score=120.0,
            passes={"MQL": {"first": START.isoformat(), "latest": START.isoformat(), "times": 1}},
            reapproach_at=START,
        )
        self._identities(lead, told, key)
        self._entries(lead, told, key)
        return lead

    def _identities(self, lead: Lead, told: dict[str, str], key: str) -> None:
        kinds = {"mail": told["email"]}
        if key == "taro":
            kinds |= {"phone": "+819012345678", "external:sfdc": "003ABCDEF", "visitor": "visitor-xyz"}
        for kind, value in kinds.items():
            Identity.objects.create(lead=lead, kind=kind, value=value, created_at=START)
        fields = {**told, "account.name": COMPANY}
        Profile.objects.create(lead=lead, at=START, fields=fields, recorded_at=START, import_job=self.job)
        Due.objects.create(lead=lead, at=START)

    def _entries(self, lead: Lead, told: dict[str, str], key: str) -> None:
        for month in range(3):
            Activity.objects.create(
                lead=lead,
                at=START + timedelta(days=31 * month),
                type="form_submit",
                properties={"content.email": told["email"], "path": "/contact"},
                source="form",
                key=f"{told['email']}-{month}",
                recorded_at=START,
                import_job=self.job,
            )
        decision = Decision.objects.create(
            lead=lead,
            at=START,
            to="SAL",
            role="sales",
            reason="転職を考えている" if key == "taro" else "予算なし",
            note=f"{told['name']}さん",
            answers={"need": told["name"]},
            source="page",
            key=f"{told['email']}-d",
            recorded_at=START,
            import_job=self.job,
        )
        Decision.objects.create(
            lead=lead, at=START, reason="予算なし", source="page", key=f"{key}-e", recorded_at=START
        )
        transition = Transition.objects.create(
            lead=lead,
            ordinal=1,
            to_stage="SAL",
            at=START,
            cause="decision",
            decision=decision,
            scores={"person": 120},
            agreement=self.agreement,
            recorded_at=START,
        )
        handoff = Handoff.objects.create(
            lead=lead,
            transition=transition,
            team_role="sales",
            opened_at=START,
            routed=[{"why": "transferred", "note": f"{told['name']} asks for it"}],
        )
        Clock.objects.create(handoff=handoff, lead=lead, ordinal=1, started_at=START, started_because="given")
        Note.objects.create(
            lead=lead, at=START, text=f"{told['name']} plays golf", source="page", key=f"{key}-n"
        )
        Promise.objects.create(lead=lead, at=START, note=f"ask {told['name']}", made_at=START)
        Notification.objects.create(
            user=self.administrator.user,
            lead=lead,
            transition=transition,
            kind="handoff",
            at=START,
            cause=f"transition:{transition.pk}",
        )
        Deal.objects.create(
            lead=lead,
            name=f"{told['name']}様 更新",
            amount=Decimal("1200000"),
            state="lost",
            reason="予算なし",
            opened_at=START,
            source="crm",
            key=f"{told['email']}-deal",
            recorded_at=START,
        )
