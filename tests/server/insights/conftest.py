"""A company with figures, and facts in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasuki.server.core.access import Actor
from tests.server.insights import company as companies
from tests.server.insights.company import Company


@pytest.fixture(autouse=True)
def data(tmp_path: Path, settings: Any) -> Path:
    """Facts of one test are no facts of another."""
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def company(inside_rep: Actor, sales_rep: Actor) -> Company:
    """Four leads of last week; three were handed over."""
    return companies.set_up(inside_rep, sales_rep)
