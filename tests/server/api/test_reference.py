"""The page of the API names every operation there is, and none that is gone."""

from __future__ import annotations

import re
from pathlib import Path

from django.test import Client

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"


def test_the_page_tells_of_every_operation(db: None):
    paths = Client().get("/api/v1/openapi.json").json()["paths"]
    there = {
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, ways in paths.items() for method in ways
    }
    told = set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert told == there
