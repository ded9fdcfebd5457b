from __future__ import annotations

import pytest

from tasuki.server.core.access import Actor
from tests.monday import monday_morning
from tests.server.pages import scene as scenes
from tests.server.pages.conftest import browse, static_folder

__all__ = ["browse", "monday_morning", "static_folder"]


@pytest.fixture
def scene(inside_rep: Actor, sales_rep: Actor, marketer: Actor) -> scenes.Scene:
    """The company, after its people and teams."""
    return scenes.set_up()
