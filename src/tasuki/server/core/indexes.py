"""Indexes that cost nothing where most rows have nothing."""

from __future__ import annotations

from django.db import models


def where_set(field: str, name: str) -> models.Index:
    """An index of the rows in which the field is set: the others cost nothing when they come in."""
    return models.Index(fields=[field], name=name, condition=models.Q(**{f"{field}__isnull": False}))
