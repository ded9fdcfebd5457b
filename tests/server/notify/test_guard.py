"""Which addresses may be reached, and that what was looked at is what is reached."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest

from tasuki.server.notify import guard, wire
from tests.server.notify.receiver import Receiver


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1",
        "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1",
        "64:ff9b:1::808:808", "192.0.0.9", "3fff::1", "168.63.129.16", "::ffff:168.63.129.16",
        "2001:db8::1", "2001::1", "localhost", "", "example.com",
    ],
)  # fmt: skip
def test_addresses_of_no_public_host_are_not_reached(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "203.0.114.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_ones_are(address: str) -> None:
    assert guard.is_public(address)


def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    whole = socket.getaddrinfo

    def rebinding(host: Any, *given: Any, **more: Any) -> Any:
        if host != "rebinding.example":
            return whole(host, *given, **more)
        asked.append(host)
        address = "203.0.114.1" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, receiver.port))]

    reached: list[Any] = []

    def connect(address: Any, *given: Any, **more: Any) -> Any:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(httpx.ConnectError):
        wire.post(
            f"http://rebinding.example:{receiver.port}/", headers={}, body=b"", private=False, seconds=2
        )
    assert reached == [("203.0.114.1", receiver.port)]
    assert asked == ["rebinding.example"]
    assert receiver.got == []


def test_of_several_addresses_only_the_allowed_ones_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
        for address in ("10.0.0.1", "8.8.8.8", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: found)
    assert guard.resolved("x.example", 443, private=False, seconds=1) == ["8.8.8.8"]
    assert len(guard.resolved("x.example", 443, private=True, seconds=1)) == 3


def test_a_name_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(guard.UnknownHost):
        guard.resolved("no-such-name.invalid", 443, private=False, seconds=10)
    with pytest.raises(guard.UnknownHost):
        guard.resolved("x" * 300 + ".example", 443, private=False, seconds=10)


def test_a_name_that_is_not_resolved_in_time_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: time.sleep(0.5))
    with pytest.raises(TimeoutError):
        guard.resolved("slow.example", 443, private=False, seconds=0.1)


def test_names_that_are_resolved_slowly_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()

    def slow(host: Any, *given: Any, **more: Any) -> Any:
        if host == "slow.example":
            let_go.wait(5)
            raise OSError
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    try:
        for _ in range(6):
            with pytest.raises(TimeoutError):
                guard.resolved("slow.example", 443, private=False, seconds=0.02)
        assert guard.resolved("fast.example", 443, private=False, seconds=2) == ["8.8.8.8"]
    finally:
        let_go.set()


def test_an_address_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "getaddrinfo")
    assert guard.resolved("8.8.8.8", 443, private=False, seconds=1) == ["8.8.8.8"]
    with pytest.raises(guard.Forbidden):
        guard.resolved("127.0.0.1", 443, private=False, seconds=1)
