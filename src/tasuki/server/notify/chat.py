"""Messages to chats: each by a small program of its own, see `chatting`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from django.conf import settings

from tasuki.server.notify import chatting
from tasuki.server.notify.attempts import AWAY, REFUSED, RETRY, SENT, Attempt

if TYPE_CHECKING:
    from tasuki.server.notify.letters import Letter

SECONDS = 20
"""How long a message may take in all."""
OUTCOMES = {
    chatting.TAKEN: SENT,
    chatting.NOT_TAKEN: RETRY("chat"),
    chatting.NO_ADDRESS: REFUSED("chat_address"),
    chatting.FORBIDDEN: AWAY("private"),
}


def is_address(address: str) -> bool:
    """Whether Apprise knows what to do with it. Nothing is sent."""
    return _run({"address": address}) == chatting.TAKEN


def send(letter: Letter, *, address: str) -> Attempt:
    """Hand one message to the chat at an Apprise address, which is told to nobody: it is a secret."""
    ended = _run({"address": address, "title": letter.subject, "body": letter.plain})
    return AWAY("slow") if ended is None else OUTCOMES.get(ended, RETRY("chat"))


def _run(asked: dict[str, str]) -> int | None:
    """The exit status of the program; None if it was ended because it took too long."""
    try:
        return subprocess.run(  # noqa: S603 — a program of ours; what people typed goes by stdin
            [sys.executable, "-P", "-X", "utf8", "-m", chatting.__name__],
            input=json.dumps({**asked, "private": settings.ENVIRONMENT.webhooks_private}).encode(),
            env={"PATH": os.environ.get("PATH", "")},
            cwd="/",
            capture_output=True,
            timeout=SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return None
