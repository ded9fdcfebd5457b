"""The first thing that a reader of the README sends is what it says it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from tasuki.server.agreements.commands import publish
from tasuki.server.core import tokens
from tasuki.server.core.access import SCOPES, SYSTEM, Actor
from tasuki.server.lifecycle.commands import fold_due
from tasuki.server.people.models import Lead

ROOT = Path(__file__).parents[2]


@pytest.mark.django_db
def test_the_curl_of_the_readme_makes_a_new_lead_an_mql(administrator: Actor):
    text = (ROOT / "README.md").read_text("utf-8")
    address, body = re.search(r"127.0.0.1:8000(/api/\S+) -d '(.*?)'", text, re.S).groups()
    publish(SYSTEM, text=(ROOT / "examples/yamada/agreement.yaml").read_text("utf-8"))
    _, plain = tokens.issue(
        actor=administrator, user=administrator.user, name="readme", scopes=list(SCOPES), expires_at=None
    )

    answer = Client().post(
        address,
        json.loads(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {plain}"},
    )
    assert answer.status_code == 201, answer.content
    fold_due()

    lead = Lead.objects.get(email="hanako@hanako.example")
    assert [step.to_stage for step in lead.transitions.order_by("ordinal")] == ["MAL", "MQL"]
