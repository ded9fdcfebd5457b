"""A program brings a file in: uploads it, adjusts its plan, looks at it, starts it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.server.api.conftest import ROOT, Api

FILE = "氏名,メール,備考\n山田 花子,hanako@yamada.example,重要\n".encode()


@pytest.fixture
def job(api: Api, settings: Any, tmp_path: Path) -> dict[str, Any]:
    settings.MEDIA_ROOT = str(tmp_path)
    file = SimpleUploadedFile("leads.csv", FILE, "text/csv")
    response = api.client.post(f"{ROOT}/imports", {"file": file}, headers=api.headers)
    assert response.status_code == 201, response.content
    return dict(response.json())


def test_a_file_is_uploaded_planned_looked_at_and_started(api: Api, job: dict[str, Any]):
    assert (job["state"], job["name"], job["kind"]) == ("uploaded", "leads.csv", "leads")
    status, changed = api("PATCH", f"/imports/{job['id']}", {"columns": {"備考": None}, "mode": "fill"})
    assert (status, changed["plan"]["mode"], changed["plan"]["columns"]["備考"]) == (200, "fill", None)
    assert api("GET", f"/imports/{job['id']}/preview")[0] == 200
    assert api("POST", f"/imports/{job['id']}/undo")[0] == 409
    assert api("POST", f"/imports/{job['id']}/start")[1]["state"] == "queued"
    assert api("GET", f"/imports/{job['id']}/preview")[0] == 409
    assert api("GET", f"/imports/{job['id']}/rejects")[0] == 200
    assert [each["id"] for each in api("GET", "/imports")[1]["items"]] == [job["id"]]


def test_a_plan_that_does_not_fit_is_told(api: Api, job: dict[str, Any]):
    for wrong in ({"encoding": "klingon"}, {"columns": {"x": "name"}}, {"header_line": -1}, {"headers": []}):
        status, body = api("PATCH", f"/imports/{job['id']}", wrong)
        assert (status, set(body)) == (422, {"error"}), wrong


def test_an_upload_without_a_file_or_with_a_broken_form_is_told(api: Api, settings: Any, tmp_path: Path):
    settings.MEDIA_ROOT = str(tmp_path)
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain"):
        status, body = api.send("POST", "/imports", b"--y\r\nnonsense", kind)
        assert 400 <= status < 500, kind
        assert "error" in (body if isinstance(body, dict) else json.loads(body))
