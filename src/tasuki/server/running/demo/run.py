"""`tasuki demo`: from nothing to a page in the browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from tasuki.errors import TasukiError
from tasuki.server.environment import PREFIX
from tasuki.server.running.starting import choose, start_django
from tasuki.server.running.supervisor import Part, Supervisor, spawner
from tasuki.server.running.web import check_free

if TYPE_CHECKING:
    from tasuki.server.running.demo.story import Event, Story

DEFAULTS = {"DEMO": "true", "LOG_FORMAT": "text", "LOG_LEVEL": "WARNING"}
TOKEN_NAME = "demo-token"  # noqa: S105 - a name
PATIENCE = 90.0
CURL = """\
  curl -H "Authorization: Bearer $(cat %(token)s)" -H "Content-Type: application/json" %(url)s/api/v1/activities \\
    -d '{"lead": {"email": "hanako@hanako.example", "fields": {"name": "山田 花子", "title": "製造部長",
         "department": "製造部", "account.name": "花子製作所株式会社", "account.industry": "機械"}},
         "type": "form_submit", "properties": {"path": "/contact"}}'"""
Say = Callable[[str], object]


def run(data: Path | None, host: str, port: int, *, leads: int, pace: float, say: Say) -> None:
    """Load the made-up company, or go on with the one that is there; serve it until Ctrl-C."""
    check_free(host, port)
    begin = monotonic()
    with _folder(data) as folder:
        _settings(folder, host, port)
        with _compiling(say):
            story = _prepare(folder, leads, say)
        _serve(folder, host, port, pace, story, say, begin)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The folder that was named, or one that is gone afterwards."""
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
        yield data
        return
    made = Path(tempfile.mkdtemp(prefix="tasuki-demo-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _settings(folder: Path, host: str, port: int) -> None:
    choose(folder, host, port)
    for name, value in {**DEFAULTS, "MAIL_URL": f"file://{quote(str(_mails(folder)))}"}.items():
        os.environ.setdefault(PREFIX + name, value)
    start_django(measured=True)


def _mails(folder: Path) -> Path:
    """Where the demo's mails lie instead of going anywhere."""
    return (folder / "mails").resolve()


@contextmanager
def _compiling(say: Say) -> Iterator[None]:
    """Meanwhile another process compiles the kernel, if this machine has none; waited for before anything is folded."""
    command = [sys.executable, "-c", "from tasuki.server.running.kernel import warm; warm()"]
    process = subprocess.Popen(command)  # noqa: S603 - our own program
    try:
        yield
        if process.poll() is None:
            say("Compiling the kernel: some 20 seconds, once on this machine …")
    except BaseException:
        process.terminate()
        raise
    finally:
        process.wait()


def _prepare(folder: Path, leads: int, say: Say) -> Story:
    from tasuki.server.core import clock
    from tasuki.server.people.models import Lead
    from tasuki.server.running.demo.story import simulated, story_of
    from tasuki.server.running.migrating import migrate

    migrate()
    files = folder / "demo"
    told = _told(files)
    if told is None and Lead.objects.exists():
        raise TasukiError(f"--data {folder}: this is no demo, there are leads in it; name another folder")
    if told is None:
        say(f"Making up a company of {leads:,} leads, its people and 18 months of what they did …")
        simulated(files, leads)
        told = clock.now().isoformat()
    return story_of(files, datetime.fromisoformat(told))


def _bring_in(files: Path, story: Story, say: Say) -> None:
    """The past, unless it is there already from an earlier start."""
    from tasuki.server.lifecycle.models import Transition
    from tasuki.server.running.demo import loading

    if (files / "loaded.json").exists():
        loading.fold_all()
        return
    say(
        "Bringing it in, scored under the agreement of marketing and sales, the last days half hour by half hour …"
    )
    counts = loading.load(story)
    told = json.dumps({"now": story.steps[-1].ends.isoformat(), **counts})
    (files / "loaded.json").write_text(told, encoding="utf-8")
    shown = {**counts, "transitions": Transition.objects.count()}
    say("  " + ", ".join(f"{count:,} {name}" for name, count in shown.items()))


def _told(files: Path) -> str | None:
    """When the made-up past ended, if it has been loaded."""
    try:
        return str(json.loads((files / "loaded.json").read_text(encoding="utf-8"))["now"])
    except (OSError, ValueError, KeyError):
        return None


def _serve(folder: Path, host: str, port: int, pace: float, story: Story, say: Say, begin: float) -> None:
    from django.conf import settings
    from django.db import connection

    from tasuki.server.running.demo.moving import Life
    from tasuki.server.running.demo.story import without_end

    web = Part("web", spawner("web", host, str(port), "1", "0"))
    watcher = Supervisor([web, Part("worker", spawner("worker"))])
    watcher.listen()
    try:
        web.look(monotonic())
        _bring_in(folder / "demo", story, say)
        watcher.look()
        _wait_until_ready(f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/readyz", watcher)  # noqa: S104
        _invite(str(settings.ENVIRONMENT.url), _token(folder), _mails(folder), say, monotonic() - begin)
        life = threading.Thread(
            target=Life(_still_to_come(without_end(folder / "demo", story.to_come)), pace).run,
            args=(watcher.stop,), name="life", daemon=True,
        )  # fmt: skip
        connection.close()
        life.start()
        watcher.run()
        life.join(5)
    finally:
        watcher.end()
    say("Stopped.")


def _still_to_come(events: Iterator[Event]) -> Iterator[Event]:
    """After a restart of the demo, what has come by then is left out: its activities are counted."""
    from tasuki.server.activities.models import Activity

    happened = Activity.objects.filter(source="website").count()
    deque(islice((event for event in events if hasattr(event, "type")), happened), maxlen=0)
    return events


def _wait_until_ready(address: str, watcher: Supervisor) -> None:
    until = monotonic() + PATIENCE
    while monotonic() < until and not watcher.stop.is_set():
        watcher.look()
        try:
            with urlopen(address, timeout=2) as answer:  # noqa: S310 - our own server
                if answer.status == 200:
                    return
        except (URLError, OSError):
            pass
        watcher.stop.wait(0.1)
    if not watcher.stop.is_set():
        raise TasukiError(f"{address} did not become ready; ask `tasuki doctor` why")


def _token(folder: Path) -> Path:
    """A file with a token of the marketer, readable by its owner only, for the curl command of the README."""
    from tasuki.server.core import tokens
    from tasuki.server.core.access import SYSTEM
    from tasuki.server.core.models import User

    path = folder / "token"
    if not path.exists():
        user = User.objects.get(username="demo-marketing")
        scopes = [
            "leads.read",
            "leads.write",
            "accounts.write",
            "activities.write",
            "decisions.write",
            "deals.write",
        ]
        _, plain = tokens.issue(SYSTEM, user=user, name=TOKEN_NAME, scopes=scopes)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.write(plain + "\n")
    return path


def _invite(url: str, token: Path, mails: Path, say: Say, seconds: float) -> None:
    say(f"Ready after {seconds:.0f} s: open {url} in a browser and choose whom to be.")
    say("New activities keep coming in; some lead becomes an MQL every minute or so. To make one yourself:")
    say(CURL % {"token": token, "url": url})
    say(f"Mails to the made-up people lie in {mails}.")
    say("Ctrl-C stops it.")
