"""What the environment says: every setting, typed, with its default, in one place.

A setting is the variable `TASUKI_<NAME>`; a secret may instead be named by file: `TASUKI_<NAME>_FILE`. `DATABASE_URL` is
understood without prefix, as everywhere. See docs/reference/settings.md.
"""

from __future__ import annotations

import os
import secrets
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tasuki.errors import UsageError

PREFIX = "TASUKI_"
SECRETS = ("SECRET_KEY", "DATABASE_URL", "MAIL_URL")
DATABASES = ("postgres", "postgresql", "sqlite")


class Environment(BaseSettings):
    """The settings of one installation."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    data: Path = Field(
        Path("tasuki-data"), description="Folder of the SQLite database, uploads and the secret key."
    )
    database_url: str = Field(
        "",
        description="PostgreSQL as postgres://user:password@host:port/name; SQLite in the data folder when empty.",
    )
    secret_key: str = Field(
        "", description="Signs sessions; made once and kept in the data folder when empty."
    )
    url: str = Field("http://127.0.0.1:8000", description="Where people reach this installation.")
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further host names it answers to, with commas."
    )
    language: Literal["ja", "en"] = Field("ja", description="Language of who has not chosen one.")
    time_zone: str = Field("Asia/Tokyo", description="Time zone of who has not chosen one.")
    debug: bool = Field(False, description="Django's debug pages; never where others can reach it.")
    demo: bool = Field(
        False, description="Sign-in by one click as one of the made-up people; set by `tasuki demo`."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")
    log_format: Literal["json", "text"] = Field("json", description="One JSON object a line, or plain text.")
    upload_megabytes: int = Field(200, ge=1, le=10_000, description="The largest file to import.")
    sign_in_attempts: int = Field(8, ge=1, le=1000, description="Failed sign-ins before a name waits.")
    sign_in_wait_minutes: int = Field(15, ge=1, le=10_000, description="How long it then waits.")
    session_hours: int = Field(
        12, ge=1, le=720, description="After so many hours without a click, one signs in again."
    )
    proxies: int = Field(
        0, ge=0, le=10, description="How many proxies of ours stand before it and add to X-Forwarded-For."
    )

    mail_url: str = Field(
        "",
        description="The mail server, as smtp://user:password@host:587?tls=starttls or smtps://…; file:///folder"
        " to try it out; no mail is sent when empty.",
    )
    mail_from: str = Field(
        "", description="Who mails come from; tasuki@ and the host of TASUKI_URL when empty."
    )
    webhooks_private: bool = Field(
        False, description="Webhooks and chats may go to private addresses and to http:// ones."
    )

    keep_messages_days: int = Field(
        400, ge=1, le=10_000, description="How long news and deliveries that are over are kept."
    )

    @field_validator("hosts", mode="before")
    @classmethod
    def _with_commas(cls, value: Any) -> Any:
        return (
            tuple(name.strip() for name in value.split(",") if name.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("time_zone")
    @classmethod
    def _is_a_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value} is no time zone; give a name like Asia/Tokyo") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            known = not value or (parts.scheme in DATABASES and (parts.port is None or parts.port > 0))
        except ValueError:
            known = False
        if not known:  # its value is not told: it may hold a password
            raise ValueError(
                "this is no address of a database; give one like postgres://user:password@host:5432/name"
                " (in a password write %2F for /, %40 for @, %3A for :)"
            )
        return value

    @field_validator("mail_url")
    @classmethod
    def _is_a_mail_server(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            is_folder = parts.scheme == "file" and not parts.netloc and len(parts.path) > 1
            known = not value or is_folder or (parts.scheme in {"smtp", "smtps"} and bool(parts.hostname))
            known = known and (parts.port is None or parts.port > 0)
            known = known and (not parts.query or (parts.scheme == "smtp" and parts.query == "tls=starttls"))
        except ValueError:
            known = False
        if not known:  # its value is not told: it may hold a password
            raise ValueError(
                "this is no address of a mail server; give one like smtp://user:password@host:587?tls=starttls"
                " or smtps://user:password@host (in a password write %2F for /, %40 for @, %3A for :)"
            )
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_a_sender(cls, value: str) -> str:
        if value and (not parseaddr(value)[1].partition("@")[2] or "\n" in value):
            raise ValueError(f"{value} is no sender; give one like Tasuki <tasuki@example.com>")
        return value

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{value} is no address; give one like https://tasuki.example")
        return value.rstrip("/")

    def __init__(self, **given: Any) -> None:
        super().__init__(**{**_from_files(), **_without_prefix(), **given})


def _without_prefix() -> dict[str, str]:
    """`DATABASE_URL`, where no `TASUKI_DATABASE_URL` says otherwise."""
    url = os.environ.get("DATABASE_URL")
    return {"database_url": url} if url and PREFIX + "DATABASE_URL" not in os.environ else {}


def _from_files() -> dict[str, str]:
    found = {}
    for name in SECRETS:
        path = os.environ.get(f"{PREFIX}{name}_FILE")
        if path:
            try:
                found[name.lower()] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise UsageError(
                    f"{PREFIX}{name}_FILE: {path} cannot be read ({error.strerror}); name a file that can, or unset it"
                ) from None
    return found


def _variable(field: str) -> str:
    """The variable that a setting was read from."""
    return "DATABASE_URL" if field in _without_prefix() else PREFIX + field.upper()


def read_environment() -> Environment:
    """The settings of this process. UsageError names every variable that does not fit, and what would."""
    try:
        return Environment()
    except ValidationError as error:
        lines = [
            f"{_variable('_'.join(map(str, mistake['loc'])))}: {mistake['msg'].removeprefix('Value error, ')}"
            for mistake in error.errors()
        ]
        raise UsageError("; ".join(lines) + "; see docs/reference/settings.md") from None


def kept_secret(folder: Path) -> str:
    """The secret key of an installation that names none: made once, readable by its owner only."""
    path = folder / "secret-key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    folder.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(50)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process of the same start was first
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(made)
    return made
