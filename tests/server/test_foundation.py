from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.db import connection

from tasuki.server.core.models import User


@pytest.mark.django_db
def test_migrations_say_what_the_models_say():
    call_command("makemigrations", "--check", "--dry-run", stdout=io.StringIO())


@pytest.mark.django_db
def test_a_password_is_kept_with_argon2():
    user = User.objects.create_user("aoki", password="correct horse battery")
    assert user.password.startswith("argon2")
    assert connection.vendor in {"sqlite", "postgresql"}
