from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasuki.server.core import clock
from tasuki.server.core.access import Actor
from tasuki.server.running import doctor, heartbeat
from tasuki.server.running.doctor import Finding


@pytest.fixture
def findings(db: None) -> dict[str, Finding]:
    return {found.check: found for found in doctor.examine()}


def finding(name: str) -> Finding:
    return next(found for found in doctor.examine() if found.check == name)


def test_a_fresh_installation_has_no_problem_but_is_told_what_to_do_next(findings: dict[str, Finding]):
    assert {name for name, found in findings.items() if found.state == "problem"} == set()
    assert "createuser" in findings["people"].cure
    assert "publish" in findings["agreement"].cure
    assert "tasuki up" in findings["worker"].cure


def test_every_finding_that_is_not_good_has_a_cure(findings: dict[str, Finding]):
    assert all(found.cure for found in findings.values() if found.state != "good")
    assert not any(found.cure for found in findings.values() if found.state == "good")


def test_everything_a_set_up_needs_is_looked_at(findings: dict[str, Finding]):
    assert findings.keys() >= {
        "settings", "data", "disk", "secret key", "time zones", "database", "migrations", "clock", "memory",
        "people", "agreement", "worker", "queue", "static files", "languages", "kernel",
    }  # fmt: skip


@pytest.mark.django_db
def test_who_is_there_and_at_work_is_told(administrator: Actor):
    heartbeat.beat("one", clock.now())
    assert finding("people").state == "good"
    assert finding("worker").says == "1 at work"


def test_a_large_database_of_which_postgresql_keeps_little_in_memory_is_told_how_to_be_quick():
    delivered, gigabyte = 2**27, 2**30
    assert doctor.of_memory(delivered, delivered // 2).state == "good"
    assert doctor.of_memory(8 * gigabyte, 100 * gigabyte).state == "good"
    slow = doctor.of_memory(delivered, 2 * gigabyte)
    assert (slow.state, slow.says) == (
        "warning",
        "PostgreSQL keeps 128 MB of the database's 2,048 MB in memory",
    )
    assert "shared_buffers" in slow.cure


def test_a_setting_that_cannot_be_read_is_the_only_finding(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASUKI_UPLOAD_MEGABYTES", "much")
    (found,) = doctor.examine()
    assert (found.check, found.state) == ("settings", "problem")
    assert "TASUKI_UPLOAD_MEGABYTES" in found.says


def test_a_data_folder_that_is_a_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TASUKI_DATA", str(tmp_path / "file"))
    found = doctor.examine()
    assert found[-1].check in {"data", "disk", "secret key", "time zones"}
    data = next(one for one in found if one.check == "data")
    assert data.state == "problem"
    assert "TASUKI_DATA" in data.cure


@pytest.mark.django_db
def test_a_secret_that_can_be_guessed_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASUKI_SECRET_KEY", "abc")
    found = finding("secret key")
    assert found.state == "problem"
    assert "abc" not in found.says


def test_a_secret_that_others_can_read_is_told(tmp_path: Path):
    from tasuki.server.environment import Environment

    (tmp_path / "secret-key").write_text("x" * 50)
    (tmp_path / "secret-key").chmod(0o644)
    found = doctor._secret(Environment(secret_key=""), tmp_path)
    assert found.state == "problem"
    assert found.cure.startswith("chmod 600")


@pytest.mark.django_db
def test_missing_migrations_are_told_with_the_command_that_applies_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tasuki.server.running.migrating.unapplied", lambda: ["core.0002_more"])
    monkeypatch.setattr("tasuki.server.running.migrating.is_empty", lambda: False)
    found = finding("migrations")
    assert (found.state, found.cure) == ("problem", "Run: tasuki migrate")


@pytest.mark.django_db
def test_an_empty_database_is_told_as_such_and_advice_names_the_folder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tasuki.server.running.migrating.unapplied", lambda: ["core.0001_initial"])
    monkeypatch.setattr("tasuki.server.running.migrating.is_empty", lambda: True)
    monkeypatch.setattr("tasuki.server.running.starting.Chosen.data", Path("my data"))
    found = finding("migrations")
    assert (found.state, found.says) == ("problem", "the database is empty")
    assert "tasuki up --data 'my data'" in found.cure


@pytest.mark.parametrize("address", ["nonsense", "mysql://u:secret@h/d", "postgres://u:sec/ret@h:x/d"])
def test_an_address_that_is_no_database_of_ours_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
):
    monkeypatch.setenv("DATABASE_URL", address)
    (found,) = doctor.examine()
    assert (found.check, found.state) == ("settings", "problem")
    assert found.says.startswith("DATABASE_URL: this is no address of a database")
    assert "sec" not in found.says.partition(";")[0]


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10, 10, 1_000))
    assert doctor._room(tmp_path).state == "problem"
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10, 10, 2**30))
    assert doctor._room(tmp_path).state == "warning"


def test_a_time_zone_that_does_not_exist_is_told():
    assert doctor._zones("Mars/Olympus").state == "problem"


def test_a_check_that_fails_is_a_finding_and_stops_no_other():
    def broken() -> Finding:
        raise RuntimeError("oh")

    found = list(doctor._checked(broken, lambda: doctor.good("after", "fine")))
    assert [one.state for one in found] == ["problem", "good"]


def test_findings_read_well_for_people_and_for_programs():
    found = [doctor.good("a", "is fine"), doctor.problem("b", "is not", "Do this.")]
    assert doctor.as_text(found, as_json=False).splitlines() == [
        "ok       a: is fine",
        "PROBLEM  b: is not",
        "         → Do this.",
        "1 problem",
    ]
    assert json.loads(doctor.as_text(found, as_json=True))[1] == {
        "check": "b",
        "state": "problem",
        "says": "is not",
        "cure": "Do this.",
    }
