"""Every setting of the server has its entry, with its true default; no entry outlives its setting."""

from __future__ import annotations

import re

import pytest
from pydantic_core import PydanticUndefined

from tasuki.errors import UsageError
from tasuki.server.environment import PREFIX, SECRETS, Environment, read_environment
from tests.docs.pages import REFERENCE, read_page

ROW = re.compile(r"\| `(TASUKI_[A-Z_]+)` \| (\S+) \|")
NAMES = {PREFIX + name.upper(): field for name, field in Environment.model_fields.items()}


def rows() -> dict[str, str]:
    """Variable → default, as the page tells it."""
    lines = [line for _, line in read_page(REFERENCE / "settings.md").prose]
    return {match[1]: match[2].strip("`") for line in lines if (match := ROW.match(line))}


def shown(default: object) -> str:
    if default in ("", ()):
        return "empty"
    return str(default).lower() if isinstance(default, bool) else str(default)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_setting_has_an_entry_with_its_default(name: str) -> None:
    assert name in rows(), f"docs/reference/settings.md: no row for {name}"
    assert NAMES[name].default is not PydanticUndefined, "every setting has a default"
    assert rows()[name] == shown(NAMES[name].default)


def test_no_entry_outlives_its_setting() -> None:
    assert set(rows()) == set(NAMES)


def test_every_setting_says_what_it_is_for() -> None:
    assert not [name for name, field in NAMES.items() if not field.description]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    assert PREFIX + name + "_FILE" in (REFERENCE / "settings.md").read_text("utf-8")
    addresses = {
        "DATABASE_URL": "postgres://tasuki:kaze@db/tasuki",
        "MAIL_URL": "smtp://tasuki:kaze@mail:587",
    }
    secret = addresses.get(name, "kaze")
    (tmp_path / "secret").write_text(secret + "\n", encoding="utf-8")
    monkeypatch.setenv(PREFIX + name + "_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv(PREFIX + name, "other")
    assert getattr(read_environment(), name.lower()) == secret
    monkeypatch.setenv(PREFIX + name + "_FILE", str(tmp_path / "missing"))
    with pytest.raises(UsageError, match=name):
        read_environment()


def test_every_value_that_does_not_fit_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASUKI_LANGUAGE", "fr")
    monkeypatch.setenv("TASUKI_PROXIES", "many")
    monkeypatch.setenv("TASUKI_TIME_ZONE", "Tokyo")
    monkeypatch.setenv("TASUKI_URL", "tasuki.example")
    with pytest.raises(UsageError) as refused:
        read_environment()
    for name in ("TASUKI_LANGUAGE", "TASUKI_PROXIES", "TASUKI_TIME_ZONE", "TASUKI_URL", "settings.md"):
        assert name in str(refused.value)


def test_the_usual_name_of_the_database_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://a@b/c")
    monkeypatch.delenv("TASUKI_DATABASE_URL", raising=False)
    assert read_environment().database_url == "postgres://a@b/c"
    monkeypatch.setenv("TASUKI_DATABASE_URL", "postgres://d@e/f")
    assert read_environment().database_url == "postgres://d@e/f"


def test_host_names_come_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASUKI_HOSTS", "tasuki.example, crm.example")
    assert read_environment().hosts == ("tasuki.example", "crm.example")


@pytest.mark.parametrize(
    "url", ["smtp://", "http://mail", "smtp://mail:x", "smtp://mail?tls=yes", "mail.example"]
)
def test_what_is_no_mail_server_is_named_without_its_password(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASUKI_MAIL_URL", url)
    with pytest.raises(UsageError, match="TASUKI_MAIL_URL: this is no address of a mail server"):
        read_environment()


def test_what_is_no_sender_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASUKI_MAIL_FROM", "Tasuki")
    with pytest.raises(UsageError, match="TASUKI_MAIL_FROM"):
        read_environment()
