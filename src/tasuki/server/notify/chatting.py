"""A small program of its own that hands one message to a chat by Apprise: `python -m tasuki.server.notify.chatting`.

Apprise knows some hundred services, and what it reaches, follows and reads is its own business. So it works in a process
that has no secret in its environment, opens no connection to a private address (unless that is allowed), reads no file but
its own code, starts no program, and is ended when its time or memory is over. Reads JSON on stdin: {address, title, body,
private}, without a title only to look at the address; the exit status is one of those below.
"""

from __future__ import annotations

import json
import os
import resource
import ssl
import sys
from pathlib import Path
from typing import Any

from tasuki.server.notify.guard import Forbidden, is_public

TAKEN, NOT_TAKEN, NO_ADDRESS, FORBIDDEN = 0, 11, 12, 13
NOTHING = "\u200b"
"""A space without width."""
MEMORY = 1 << 30
FILE_BYTES = 1 << 20
LOCAL = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
"""Schemes of the machine that this runs on: nobody's chat."""
CALLS = ("socket.connect", "socket.sendto", "socket.sendmsg")
PROGRAMS = ("subprocess.Popen", "os.exec", "os.system", "os.posix_spawn", "os.fork", "os.spawn", "pty.spawn")


class _Fence:
    """Refuses what a message does not need; once something was refused, `touched` says so."""

    def __init__(self, private: bool) -> None:
        self.private, self.touched = private, False
        certificates = ssl.get_default_verify_paths()
        paths = (
            sys.prefix, sys.base_prefix, Path(__file__).parents[2], "/dev/null", "/dev/urandom", "/usr/share/zoneinfo",
            "/etc/mime.types", certificates.cafile, certificates.capath, certificates.openssl_capath,
        )  # fmt: skip
        self._readable = tuple(os.path.realpath(path) for path in paths if path)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook: called before anything of interest happens."""
        if event in CALLS and not self.private and not self._may_reach(arguments[1]):
            self._refuse("an address that may not be reached")
        elif event == "open" and isinstance(arguments[0], str | bytes) and not self._may_read(arguments[0]):
            self._refuse("a file that may not be read")
        elif event in PROGRAMS:
            self._refuse("no program is started from here")

    def _refuse(self, why: str) -> None:
        self.touched = True
        raise Forbidden(why)

    def _may_reach(self, address: Any) -> bool:
        return isinstance(address, tuple) and is_public(str(address[0]))

    def _may_read(self, path: str | bytes) -> bool:
        real = os.path.realpath(os.fsdecode(path))
        return any(real == one or real.startswith(one.rstrip("/") + "/") for one in self._readable)


def harmless(text: str, service: Any) -> str:
    """The text so that nothing in it calls people or hides a link where the service reads Markdown."""
    formats = type(service).notify_format
    readable = formats if isinstance(formats, tuple) else (formats,)
    if "markdown" not in {str(getattr(one, "value", one)) for one in readable}:
        return text
    for marks in ("@", "<", "]("):
        text = text.replace(marks, f"{marks[0]}{NOTHING}{marks[1:]}")
    return text


def main() -> int:
    """Hand over what stdin says."""
    asked = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    fence = _Fence(asked["private"])
    sys.addaudithook(fence)
    import apprise

    service = apprise.Apprise.instantiate(asked["address"])
    if service is None or asked["address"].partition(":")[0].lower() in LOCAL:
        return NO_ADDRESS
    if "title" not in asked:
        return TAKEN
    chats = apprise.Apprise()
    chats.add(service)
    # Asked this way, and not of the service itself, Apprise turns text into what the service reads.
    taken = chats.notify(
        title=harmless(asked["title"], service), body=harmless(asked["body"], service), body_format="text"
    )
    return FORBIDDEN if fence.touched and not taken else TAKEN if taken else NOT_TAKEN


if __name__ == "__main__":
    sys.exit(main())
