"""The application as granian's processes load it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any

from tasuki.server.running.starting import calm_collector, start_django

LOOK_EVERY = 0.3
SWITCH_EVERY = 0.0005
"""Seconds until a thread that computes lets another run: one that holds the database waits so long after each statement."""


def build() -> Any:
    """The WSGI application; its process ends with the one that started it, so that no orphan keeps the port."""
    _end_with(os.getppid())
    sys.setswitchinterval(SWITCH_EVERY)
    start_django(measured=True)
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.urls import get_resolver

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    application = get_wsgi_application()
    get_resolver().url_patterns  # noqa: B018 - loads every page now, not at the first request
    calm_collector()
    threading.Thread(target=_warm, name="warm", daemon=True).start()
    threading.Thread(target=_follow, name="figures", daemon=True).start()
    return application


def _end_with(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            pause.wait(LOOK_EVERY)
        os.kill(os.getpid(), signal.SIGKILL)  # what was acknowledged is committed; nobody waits for the rest

    pause = threading.Event()
    threading.Thread(target=watch, name="parent", daemon=True).start()


def _warm() -> None:
    """Load the compiled kernel before the first decision asks for it."""
    from tasuki.server.running.kernel import warm

    warm()


def _follow() -> None:
    """Take new facts in as they come, so that nobody who looks at figures waits for it."""
    from tasuki.server.insights import opened

    opened.follow(threading.Event())
