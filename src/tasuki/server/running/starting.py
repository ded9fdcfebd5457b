"""What every process of the server does first."""

from __future__ import annotations

import gc
import os
import shlex
import socket
from pathlib import Path

from tasuki.server.environment import PREFIX

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SETTINGS = "DJANGO_SETTINGS_MODULE"


class Chosen:
    """What the command named itself, so that advice can name it too."""

    data: Path | None = None


def command(words: str) -> str:
    """`tasuki <words>` for this very installation."""
    return f"tasuki {words}" + (f" --data {shlex.quote(str(Chosen.data))}" if Chosen.data else "")


def choose(data: Path | None = None, host: str = "", port: int = 0) -> None:
    """Options of a command as the settings that all its processes read; an address is set only where none is named."""
    if data is not None:
        os.environ[PREFIX + "DATA"] = str(data.resolve())
    Chosen.data = data
    if port and PREFIX + "URL" not in os.environ:
        reached = "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
        os.environ[PREFIX + "URL"] = f"http://{f'[{reached}]' if ':' in reached else reached}:{port}"


def calm_collector() -> None:
    """What is loaded by now stays; looking through it for garbage again and again cost a fifth of a batch's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def start_django(*, measured: bool = False) -> None:
    """Read the settings and load the apps. UsageError: a setting does not fit.

    With `measured`, this process counts into files in the data folder, where every process that answers `/metrics` reads
    them. It has to be said before anything is counted.
    """
    from tasuki.server.environment import read_environment

    folder = read_environment().data
    if measured and METRICS_FOLDER not in os.environ:
        counts = folder.resolve() / "metrics" / socket.gethostname()
        counts.mkdir(parents=True, exist_ok=True)
        os.environ[METRICS_FOLDER] = str(counts)
    os.environ.setdefault(SETTINGS, "tasuki.server.settings")

    import django

    django.setup()
