"""Which addresses may be reached from here. Without Django, for the program that talks to chats uses it too."""

from __future__ import annotations

import ipaddress
import socket
import threading
from queue import Empty, SimpleQueue
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64: the last 32 bits are the IPv4 address that is reached."""
REFUSED = tuple(
    map(ipaddress.ip_network, ("64:ff9b:1::/48", "192.0.0.0/24", "3fff::/20", "168.63.129.16/32"))
)
"""Local NAT64, protocol assignments, documentation, a cloud's own services: global for `ipaddress`, but no public hosts."""


class Forbidden(OSError):
    """An address that may not be reached."""


class UnknownHost(OSError):
    """A name without an address."""


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet, and so does the one that it may stand for."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    translated = _translated(address)
    return _is_public(translated or address) and all(map(_is_public, _tunnelled(address)))


def _is_public(address: Address) -> bool:
    site = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    refused = any(address in network for network in REFUSED)
    return address.is_global and not (address.is_multicast or address.is_reserved or site or refused)


def _translated(address: Address) -> Address | None:
    """The IPv4 address that is reached in place of an IPv6 one: mapped, or by NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    nat64 = address in TRANSLATED
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if nat64 else address.ipv4_mapped


def _tunnelled(address: Address) -> list[Address]:
    """The IPv4 addresses by way of which an IPv6 one is reached: 6to4, Teredo."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    return [one for one in (address.sixtofour, *(address.teredo or ())) if one is not None]


def resolved(host: str, port: int, *, private: bool, seconds: float) -> list[str]:
    """The IP addresses of a host that may be reached. Forbidden: none may; UnknownHost: there is none; TimeoutError."""
    addresses = [host] if _is_literal(host) else _looked_up(host, port, seconds)
    allowed = [one for one in addresses if private or is_public(one)]
    if not allowed:
        raise Forbidden(host)
    return allowed


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _looked_up(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a name. The system's resolver knows no limit of time, so each look-up has a thread of its own."""
    answers: SimpleQueue[list[Any] | None] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answers.put(None)

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if found is None:
        raise UnknownHost(host)
    return list(dict.fromkeys(str(sockaddr[0]) for *_kind, sockaddr in found))
