"""A made-up company fed to the server as it went along comes to what the replay of its whole history says."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tasuki.agreement import load_agreement
from tasuki.engine.replay import replay
from tasuki.engine.tables import leads_table, refused_table, transitions_table
from tasuki.history import History, open_history
from tasuki.history.importing import import_files
from tasuki.server.activities.models import Activity
from tasuki.server.agreements.commands import publish
from tasuki.server.core import bulk, clock
from tasuki.server.core.access import SYSTEM
from tasuki.server.lifecycle.commands import fold_due
from tasuki.server.lifecycle.models import Decision, Transition
from tasuki.server.people.due import touch
from tasuki.server.people.models import Due, Lead, Profile
from tasuki.simulate import SimulationReport, simulate

AGREEMENT = Path(__file__).parents[3] / "examples" / "yamada" / "agreement.yaml"
STEP = timedelta(days=9)
Row = tuple[str, int, int, dict[str, str]]  # lead, at, kind, fields


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[SimulationReport, History]:
    report = simulate(tmp_path_factory.mktemp("company"), leads=150, months=9, seed=11)
    out = tmp_path_factory.mktemp("history")
    files = report.files
    import_files(out, [files["profiles"]], [files["activities"]], [files["decisions"]])
    return report, open_history(out)


def entries_of(history: History) -> list[Row]:
    """All entries in the order in which they happened."""
    kinds = history.kinds()
    found = []
    for shard in history.shards:
        for row, lead in enumerate(shard.ids):
            for i in range(int(shard.offsets[row]), int(shard.offsets[row + 1])):
                code = int(shard.code[i])
                kind = int(kinds[code])
                shapes = history.shapes[kind]
                fields = shapes.row(int(shapes.codes.searchsorted(code)))
                found.append((int(shard.at[i]), kind, int(shard.seq[i]), lead, fields))
    return [(lead, at, kind, fields) for at, kind, _, lead, fields in sorted(found, key=lambda one: one[:4])]


def store(rows: list[Row], leads: dict[str, int]) -> None:
    """Put entries into the database, and have their leads folded."""
    by_kind: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for n, (lead, at, kind, fields) in enumerate(rows):
        when, key = clock.instant(at), f"{at}:{n}"
        rest = {name: value for name, value in fields.items() if name != "type"}
        if kind == 0:
            by_kind[kind].append((leads[lead], when, fields, when))
        elif kind == 1:
            by_kind[kind].append((leads[lead], when, fields["type"], rest, "sim", key, when))
        else:
            answers = json.loads(fields.get("answers", "{}"))
            to, role, reason = (fields.get(name, "") for name in ("to", "role", "reason"))
            by_kind[kind].append((leads[lead], when, to, role, reason, answers, "sim", key, when))
    bulk.insert(Profile, ["lead", "at", "fields", "recorded_at"], by_kind[0])
    bulk.insert(Activity, ["lead", "at", "type", "properties", "source", "key", "recorded_at"], by_kind[1])
    names = ["lead", "at", "to", "role", "reason", "answers", "source", "key", "recorded_at"]
    bulk.insert(Decision, names, by_kind[2])
    if rows:
        touch({leads[lead] for lead, *_ in rows}, clock.instant(min(at for _, at, _, _ in rows)))


def new_leads(history: History) -> dict[str, int]:
    """Each lead is there from its first entry on."""
    first = {
        lead: int(shard.at[shard.offsets[row]])
        for shard in history.shards
        for row, lead in enumerate(shard.ids)
    }
    leads = Lead.objects.bulk_create(
        Lead(name=lead, created_at=clock.instant(at)) for lead, at in first.items()
    )
    return {lead.name: lead.pk for lead in leads}


@pytest.mark.slow
@pytest.mark.django_db
def test_the_simulated_company_fed_live_moves_as_its_replay_says(
    company: tuple[SimulationReport, History],
) -> None:
    report, history = company
    with clock.at(clock.instant(report.start)):
        publish(SYSTEM, text=AGREEMENT.read_text(encoding="utf-8"))
    leads = new_leads(history)
    rows, place = entries_of(history), 0
    now, end = clock.instant(report.start), clock.instant(report.end)
    while now < end:
        now = min(now + STEP, end)
        begin = place
        while place < len(rows) and clock.instant(rows[place][1]) <= now:
            place += 1
        store(rows[begin:place], leads)
        with clock.at(now):
            while fold_due(limit=500).leads:
                pass
    assert place == len(rows)
    expected = replay(load_agreement(AGREEMENT), history, report.end, threads=1)
    names = {pk: name for name, pk in leads.items()}
    table = transitions_table(expected).to_pylist()
    stored = list(Transition.objects.select_related("lead").order_by("lead__name", "ordinal"))
    assert len(stored) > 150
    assert [(names[t.lead_id], t.from_stage, t.to_stage, t.at, t.cause, t.path) for t in stored] == [
        (t["lead"], t["from"], t["to"], t["at"], t["cause"], t["path"]) for t in table
    ]
    for mine, other in zip(stored, table, strict=True):
        scores = {
            name.removeprefix("score."): value for name, value in other.items() if name.startswith("score.")
        }
        assert mine.scores == pytest.approx(scores, abs=1e-6)
    refused = (
        Decision.objects.exclude(refused="")
        .order_by("lead__name", "at")
        .values_list("lead__name", "to", "refused")
    )
    assert sorted(refused) == sorted(
        (r["lead"], r["to"], r["why"]) for r in refused_table(expected).to_pylist()
    )
    due = dict(Due.objects.values_list("lead__name", "at"))
    for one in leads_table(expected).to_pylist():
        lead = Lead.objects.get(pk=leads[one["lead"]])
        assert (lead.stage, lead.stage_entered_at) == (one["stage"], one["entered_at"])
        assert due.get(one["lead"]) == one["next_check_at"]
        assert lead.passes.get("MQL", {}).get("times", 0) == sum(
            t["lead"] == one["lead"] and t["to"] == "MQL" for t in table
        )
