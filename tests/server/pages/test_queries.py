"""How many queries a page takes: a committed baseline, the same for one row and for many.

After a change that is meant: TASUKI_WRITE_BASELINE=1 pytest tests/server/pages/test_queries.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasuki.server.core.access import SYSTEM, Actor
from tasuki.server.people import commands as people
from tasuki.server.people.inputs import LeadInput, LeadRef
from tests.server.pages.scene import HOT, Scene, fold, visit

BASELINE = Path(__file__).with_name("query_counts.json")
PAGES = ["/", "/?list=1", "/today/queue", "/today/leads/{hot}", "/handoffs", "/leads", "/accounts", "/accounts/{account}",
         "/duplicates", "/imports", "/notifications", "/leads/{hot}", "/settings/people", "/settings/teams",
         "/settings/audit"]  # fmt: skip


def counts(client: Client, scene: Scene) -> dict[str, int]:
    found = {}
    for path in PAGES:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path.format(account=scene.account, hot=scene.hot)).status_code == 200
        found[path] = len(queries)
    return found


def test_pages_take_as_many_queries_as_the_baseline_says_however_many_rows_they_show(
    scene: Scene, browse: Callable[[Actor], Client], administrator: Actor
):
    client = browse(administrator)
    counts(client, scene)  # caches of the process are warm, as in a server that runs
    if os.environ.get("TASUKI_WRITE_BASELINE"):
        BASELINE.write_text(json.dumps(counts(client, scene), indent=1) + "\n", encoding="utf-8")
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    assert counts(client, scene) == baseline
    rows = [
        LeadInput(LeadRef(), {"name": f"山本 {n}", "email": f"y{n}@yamato-kiko.example", "title": "部長",
                              "department": "製造部", "account.name": "大和機工株式会社"}, owner="ishii")
        for n in range(20)
    ]  # fmt: skip
    for put in people.put_leads(SYSTEM, rows, source="test"):
        visit(put.lead_id, HOT)  # type: ignore[union-attr]
    fold()
    assert counts(client, scene) == baseline
