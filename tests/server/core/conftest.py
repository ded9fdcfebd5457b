"""Pages to try the middleware on, and signing in with a password."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasuki.server.core.models import Role, User

PASSWORD = "umi yama kawa sora"


@pytest.fixture
def with_password(db: None) -> Callable[..., User]:
    """Makes someone who can sign in with `PASSWORD`."""

    def make(name: str, role: Role = Role.SALES, password: str = PASSWORD) -> User:
        return User.objects.create_user(name, password=password, role=role)

    return make
