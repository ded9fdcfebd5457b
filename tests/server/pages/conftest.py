from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tasuki.server.core.access import Actor
from tasuki.server.insights import commands as insights
from tasuki.server.insights import opened
from tests.monday import monday_morning
from tests.server.pages import scene as scenes

__all__ = ["monday_morning"]


@pytest.fixture
def scene(
    inside_rep: Actor, sales_rep: Actor, marketer: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[scenes.Scene]:
    """The company, after its people and teams, with its figures counted in a folder of its own."""
    monkeypatch.setattr(insights, "facts_folder", lambda: tmp_path / "facts")
    monkeypatch.setattr(opened, "facts_folder", lambda: tmp_path / "facts")
    found = scenes.set_up()
    insights.refresh()
    yield found
    opened.forget()


@pytest.fixture
def browse() -> Callable[[Actor], Client]:
    """A client that is signed in as the actor."""

    def signed_in(actor: Actor) -> Client:
        client = Client(headers={"accept-language": "en"})
        assert actor.user is not None
        client.force_login(actor.user)
        return client

    return signed_in


@pytest.fixture(autouse=True, scope="session")
def static_folder() -> None:
    """As a started server has it; whitenoise warns where it is missing."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
