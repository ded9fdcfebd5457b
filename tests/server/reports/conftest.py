"""A team with its manager, and the mail server through which they are told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core.access import Actor
from tasuki.server.core.models import Role, Team, User
from tests.server.insights.conftest import data  # noqa: F401
from tests.server.notify.conftest import environment, mailbox  # noqa: F401
from tests.server.reports.stories import company_works, has_mail


@pytest.fixture
def lead_of_team(person: Callable[..., User], inside_sales_team: Team) -> Actor:
    """The manager of inside sales."""
    manager = Actor(user=person("manabe", Role.MANAGER, inside_sales_team))
    has_mail(manager)
    company_works()
    return manager
