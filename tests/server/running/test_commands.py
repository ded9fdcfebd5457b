"""The commands that look after an installation, as they are typed."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import translation
from typer.testing import CliRunner, Result

from tasuki.cli import app, serving
from tasuki.errors import TasukiError, UsageError
from tasuki.server.core import tokens
from tasuki.server.core.models import AuditEntry, Role, User

PASSWORD = "correct horse battery"
Run = Callable[..., Result]
AGREEMENT = """
agreement: First steps
signals: {contact: {type: form_submit}}
scores: {interest: {rules: [{signal: contact, points: 50, because: they asked}]}}
stages: [{id: MQL, enter: [{when: interest >= 50, because: they asked}]}]
"""


@pytest.fixture
def run(db: None) -> Run:
    def typed(*arguments: str, typed_in: str = "", fails: type[Exception] | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=typed_in)
        if fails is None and result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert fails is None or isinstance(result.exception, fails), result.output
        return result

    return typed


def made(run: Run, name: str = "adachi", *options: str) -> User:
    run("createuser", name, *options, typed_in=PASSWORD + "\n")
    return User.objects.get(username=name)


def test_a_user_is_made_with_role_team_and_language(run: Run):
    user = made(
        run, "ishii", "--role", "inside_sales", "--team", "Tokyo", "--language", "en", "--sight", "team"
    )
    assert (user.role, user.language, user.sight) == (Role.INSIDE_SALES, "en", "team")
    assert user.team is not None
    assert (user.team.name, user.team.role) == ("Tokyo", "inside_sales")
    assert user.check_password(PASSWORD)
    assert AuditEntry.objects.filter(action="user.create").exists()


def test_a_team_that_is_there_is_used(run: Run):
    first = made(run, "one", "--role", "sales", "--team", "East")
    assert made(run, "two", "--role", "sales", "--team", "East").team == first.team


def test_a_password_comes_from_a_file_or_from_standard_input_but_never_from_the_command_line(
    run: Run, tmp_path: Path
):
    (tmp_path / "secret").write_text(PASSWORD + "\n", encoding="utf-8")
    run("createuser", "aoki", "--password-file", str(tmp_path / "secret"))
    assert User.objects.get(username="aoki").check_password(PASSWORD)
    run("createuser", "ueda", "--password-file", "-", typed_in=PASSWORD + "\n")
    assert User.objects.get(username="ueda").check_password(PASSWORD)
    assert "password" not in inspect.signature(serving.createuser).parameters


def test_a_password_file_that_cannot_be_read_is_told(run: Run, tmp_path: Path):
    result = run("createuser", "aoki", "--password-file", str(tmp_path / "none"), fails=UsageError)
    assert "--password-file" in str(result.exception)


def test_a_name_that_is_taken_and_a_password_that_is_too_simple_are_refused_with_the_cure(run: Run):
    made(run)
    assert "adachi" not in str(run("createuser", "b" * 5, typed_in="123\n", fails=TasukiError).exception)
    result = run("createuser", "adachi", typed_in=PASSWORD + "\n", fails=TasukiError)
    assert len(str(result.exception)) > 20
    assert User.objects.count() == 1


def test_without_a_password_nobody_is_made_and_the_cure_is_told(run: Run):
    told = str(run("createuser", "aoki", typed_in="", fails=UsageError).exception)
    assert "--password-file" in told
    assert not User.objects.exists()


def test_what_the_server_refuses_is_told_in_the_language_of_the_command_line(run: Run):
    with translation.override("ja"):
        told = str(run("createuser", "aoki", typed_in="123\n", fails=TasukiError).exception)
    assert told.isascii()


def test_a_token_is_printed_once_and_works(run: Run):
    user = made(run, "adachi", "--role", "administrator")
    plain = run("token", "adachi", "--name", "web forms", "--days", "30").stdout.strip()
    actor = tokens.authenticate(plain, None)
    assert actor.user == user
    assert actor.source == "web forms"
    assert actor.may("activities.write")


def test_a_token_may_be_narrow(run: Run):
    made(run, "adachi", "--role", "administrator")
    plain = run("token", "adachi", "--scope", "activities.write").stdout.strip()
    actor = tokens.authenticate(plain, None)
    assert actor.may("activities.write")
    assert not actor.may("leads.read")


def test_a_token_of_nobody_and_one_with_a_scope_that_is_none_are_refused(run: Run):
    assert "createuser" in str(run("token", "nobody", fails=UsageError).exception)
    made(run)
    run("token", "adachi", "--scope", "everything", fails=TasukiError)


def test_an_agreement_is_published(run: Run, tmp_path: Path):
    from tasuki.server.agreements.queries import in_force

    (tmp_path / "first.yaml").write_text(AGREEMENT, encoding="utf-8")
    assert "First steps: version 1, in force from" in run("publish", str(tmp_path / "first.yaml")).stdout
    found = in_force()
    assert found is not None
    assert found.version.number == 1


def test_publishing_says_what_is_odd_on_the_side(run: Run, tmp_path: Path):
    odd = AGREEMENT.replace("}]}]\n", "}], handoff: {to: 大阪インサイドセールス}}]\n")
    (tmp_path / "odd.yaml").write_text(odd, encoding="utf-8")
    done = run("publish", str(tmp_path / "odd.yaml"))
    assert "version 1" in done.stdout
    assert "warning: " in done.stderr
    assert "大阪インサイドセールス" in done.stderr


def test_every_mistake_of_an_agreement_is_told_with_its_place(run: Run, tmp_path: Path):
    (tmp_path / "bad.yaml").write_text(
        AGREEMENT.replace("signal: contact,", "signal: contcat,"), encoding="utf-8"
    )
    told = str(run("publish", str(tmp_path / "bad.yaml"), fails=TasukiError).exception)
    assert "bad.yaml" in told
    assert "contcat" in told


def test_a_file_that_cannot_be_read_and_a_time_that_is_none_are_told(run: Run, tmp_path: Path):
    assert "cannot be read" in str(run("publish", str(tmp_path / "none.yaml"), fails=UsageError).exception)
    (tmp_path / "first.yaml").write_text(AGREEMENT, encoding="utf-8")
    told = str(
        run("publish", str(tmp_path / "first.yaml"), "--effective", "soon", fails=UsageError).exception
    )
    assert "--effective soon" in told


def test_the_doctor_says_what_is_wrong_and_answers_programs_too(run: Run, monkeypatch: pytest.MonkeyPatch):
    assert run("doctor").exit_code == 0
    assert run("doctor", "--json").stdout.startswith("[")
    monkeypatch.setenv("TASUKI_TIME_ZONE", "Mars/Olympus")
    assert run("doctor").exit_code == 1


@pytest.mark.django_db(transaction=True)
def test_migrating_what_is_up_to_date_changes_nothing(run: Run):
    assert "up to date; no migrations" in run("migrate").stdout


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("0.0.0.0", 9000, "http://127.0.0.1:9000"),
        ("::1", 80, "http://[::1]:80"),
        ("h.example", 1, "http://h.example:1"),
    ],
)
def test_the_address_follows_host_and_port_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch, host: str, port: int, url: str
):
    from tasuki.server.running.starting import choose

    monkeypatch.setenv("TASUKI_URL", "x")
    monkeypatch.delenv("TASUKI_URL")
    choose(None, host, port)
    assert os.environ["TASUKI_URL"] == url
    choose(None, "other", 1)
    assert os.environ["TASUKI_URL"] == url
