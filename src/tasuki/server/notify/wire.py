"""HTTP out of here to an address that somebody typed: only where it is allowed, and never for longer than its time.

The name is resolved once, its addresses are looked at, and the connection goes to one of those that were looked at: a name
that answers otherwise the next time (rebinding) gains nothing. Whatever is read or written counts against one deadline.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from tasuki.server.notify import guard

for _name in ("httpx", "httpcore"):  # they log whole addresses, which may hold secrets
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Answer:
    """What came back: the status and the headers. The body is not read: nothing in it matters, and it may have no end."""

    status: int
    headers: Mapping[str, str]


def post(url: str, *, headers: Mapping[str, str], body: bytes, private: bool, seconds: float) -> Answer:
    """Send the body; no redirect is followed, no proxy of the environment is used.

    `seconds` bounds the whole: name, connection, handshake, sending, the answer's head. httpx.HTTPError: it failed, the
    cause in its chain (guard.Forbidden, guard.UnknownHost, ssl.SSLError).
    """
    with (
        httpx.Client(transport=_Wire(private, seconds), trust_env=False) as client,
        client.stream("POST", url, headers=dict(headers), content=body, timeout=seconds) as answer,
    ):
        return Answer(answer.status_code, dict(answer.headers))


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class _Wire(httpx.HTTPTransport):
    """httpx's transport over connections of ours."""

    def __init__(self, private: bool, seconds: float) -> None:
        super().__init__(verify=_certificates())
        backend = _Guarded(private, time.monotonic() + seconds)
        self._pool = httpcore.ConnectionPool(_certificates(), network_backend=backend)


class _Guarded(httpcore.NetworkBackend):
    """Connects to addresses that may be reached, until the deadline (of `time.monotonic`)."""

    def __init__(self, private: bool, deadline: float) -> None:
        self._private, self._deadline = private, deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A stream to the first address that answers."""
        fault: Exception = httpcore.ConnectError("no address")
        try:
            seconds = _left(self._deadline, httpcore.ConnectTimeout)
            addresses = guard.resolved(host, port, private=self._private, seconds=seconds)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for address in addresses:
            try:
                seconds = _left(self._deadline, httpcore.ConnectTimeout)
                return _Bounded(self._plain.connect_tcp(address, port, seconds), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault


class _Bounded(httpcore.NetworkStream):
    """A stream that ends at its deadline, however little comes at a time."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come."""
        return self._inner.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it."""
        self._inner.write(buffer, _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        """The end of it."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same stream, encrypted; the certificate must be the name's."""
        seconds = _left(self._deadline, httpcore.ConnectTimeout)
        return _Bounded(self._inner.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of the socket."""
        return self._inner.get_extra_info(info)


def _left(deadline: float, late: type[Exception]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise late("it took too long")
    return left
