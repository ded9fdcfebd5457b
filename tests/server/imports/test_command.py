"""`tasuki import`: look, store, fetch what was rejected, take back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.imports.models import ImportJob
from tasuki.server.people.models import Lead
from tests.cli.support import Run, runner

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setattr("tasuki.server.running.migrating.make_ready", lambda: None)
    monkeypatch.chdir(tmp_path)
    return runner(capsys, monkeypatch)


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text(
        "会社名,氏名,連絡先\n山田電機,佐藤 健,sato@yamada.example\n鈴木商店,田中 花,no mail\n", "utf-8"
    )
    return path


def test_a_file_is_shown_stored_and_taken_back(run: Run, leads: Path, tmp_path: Path):
    shown = run("import", leads, "--map", "連絡先=email", "--dry-run")
    assert shown.status == 0, shown.err
    assert "連絡先" in shown.out
    assert "Of 2 rows: 1 created, 0 updated, 0 unchanged, 1 rejected" in shown.out
    assert "nothing was stored" in shown.out
    assert not Lead.objects.exists()
    assert not ImportJob.objects.exists()

    stored = run("import", leads, "--map", "連絡先=email", "--mode", "fill", "--source", "fair", "--yes")
    assert stored.status == 0, stored.err
    job = ImportJob.objects.get()
    assert f"import {job.pk}: 2 rows: 1 created, 0 updated, 0 unchanged, 1 rejected" in stored.out
    assert (job.plan["mode"], job.plan["source"], job.by) == ("fill", "fair", None)
    assert "no mail" in (tmp_path / f"rejects-{job.pk}.csv").read_text("utf-8-sig")

    undone = run("import", "--undo", job.pk)
    assert undone.status == 0, undone.err
    assert "is undone. Removed: 1 leads" in undone.out
    assert not Lead.objects.exists()


def test_somebody_can_be_named_who_imports(run: Run, leads: Path, marketer: Actor, sales_rep: Actor):
    assert run("import", leads, "--user", "makino", "--yes").status == 0
    assert ImportJob.objects.get().by == marketer.user
    refused = run("import", leads, "--user", "sakai", "--yes")
    assert (refused.status, "Your role may not do that." in refused.err) == (1, True)
    assert "nobody signs in" in run("import", leads, "--user", "nobody").err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name files to import, or --undo"),
        (["leads.csv", "--undo", "1"], "not both"),
        (["gone.csv"], "there is no such file"),
        (["leads.csv", "--map", "email"], "write HEADER=FIELD"),
        (["leads.csv"], "nobody can be asked here"),
        (["leads.csv", "--mode", "overwrite", "--yes"], "Choose one of: trusted, fill"),
        (["--undo", "99"], "There is no such import."),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(run: Run, leads: Path, arguments: list[str], says: str):
    ran = run("import", *arguments)
    assert ran.status in (1, 2)
    assert says in ran.err
    assert not Lead.objects.exists()
    assert not ImportJob.objects.exists()
