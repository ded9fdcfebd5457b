"""A client that keeps its connection, as a busy one does."""

from __future__ import annotations

import http.client
import json
from typing import Any


class Client:
    """Sends JSON with a token."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: Any) -> Any:
        """The answer. RuntimeError for anything but 2xx."""
        self._connection.request(method, f"/api/v1{path}", json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return json.loads(content)
