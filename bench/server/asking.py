"""People at their browsers: signed in by name and password, asking for pages; what each answer took."""

from __future__ import annotations

import http.client
import random
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter, sleep
from urllib.parse import urlencode

from bench.server.cases import Case

PASSWORD = "a relay for forty"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
CONNECTIONS = 8
MOMENT = 12.0
"""Seconds within which web processes have taken in new facts, and asked again what was looked at last."""
KINDS = (
    *["inside_sales/all"] * 8, *["inside_sales/team"] * 3, *["inside_sales/own"] * 3, *["sales/all"] * 2,
    *["sales/own"] * 2, "marketing0", "manager",
)  # fmt: skip
"""Twenty people: by role, and by which leads they see."""


class Browser:
    """One person's, with one connection that is kept. RuntimeError: an answer that is no page."""

    def __init__(self, port: int, username: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookies: dict[str, str] = {}
        self._sign_in(username)

    def _sign_in(self, username: str) -> None:
        found = TOKEN.search(self.get("/sign-in").decode())
        assert found
        form = {"csrfmiddlewaretoken": found[1], "username": username, "password": PASSWORD}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self._cookie()}
        self._connection.request("POST", "/sign-in", urlencode(form), headers)
        answer = self._answer(302)
        assert b"form" not in answer

    def get(self, address: str, *, partial: bool = False) -> bytes:
        """The page."""
        headers = {"Cookie": self._cookie(), "Accept-Language": "ja"} | (
            {"HX-Request": "true"} if partial else {}
        )
        try:
            self._connection.request("GET", address, headers=headers)
            return self._answer(200)
        except http.client.RemoteDisconnected:  # it was idle for too long
            self._connection.close()
            self._connection.request("GET", address, headers=headers)
            return self._answer(200)

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _answer(self, expected: int) -> bytes:
        answer = self._connection.getresponse()
        content = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if answer.status not in (expected, 204):
            raise RuntimeError(f"{answer.status} instead of {expected}: {content[:300]!r}")
        return content


def opening(port: int, user: str) -> None:
    """Until the web processes have their facts open, which they do as they start: by several connections, to reach each."""
    for _ in range(CONNECTIONS):
        Browser(port, user).get("/numbers")


def alone(port: int, some: Sequence[Case], times: int) -> dict[str, list[float]]:
    """Each case so often, by one person at a time: seconds by case. Two of each first, uncounted."""
    browsers: dict[str, Browser] = {}
    found = {}
    for case in some:
        if case.user not in browsers:
            browsers[case.user] = Browser(port, case.user)
        browser, addresses = browsers[case.user], case.in_turn()
        for _ in range(2):
            browser.get(next(addresses), partial=case.partial)
        found[key(case)] = [_seconds(browser, next(addresses), case.partial) for _ in range(times)]
    return found


def after_news(
    port: int, some: Sequence[Case], news: Callable[[], None], times: int
) -> dict[str, list[float]]:
    """Each case so often, each time after something new came in and a moment went by: seconds by case."""
    browsers = {case.user: Browser(port, case.user) for case in some}
    found: dict[str, list[float]] = {}
    for case in some:
        addresses = case.in_turn()
        for _ in range(times):
            news()
            sleep(MOMENT)
            address = next(addresses)
            found.setdefault(key(case), []).append(_seconds(browsers[case.user], address, case.partial))
    return found


def first_looks(
    port: int, some: Sequence[Case], aside: Sequence[str], news: Callable[[], None], times: int
) -> dict[str, list[float]]:
    """Each case so often, all of them in any order once something new came in and a moment went by: seconds by case.

    Before that the addresses `aside` are looked at, so that they are what web processes ask again by themselves.
    """
    browser = Browser(port, some[0].user)
    addresses = {key(case): case.in_turn() for case in some}
    for address in addresses.values():  # templates, and how long each step takes
        browser.get(next(address))
    found: dict[str, list[float]] = {}
    for turn in range(times):
        for each in aside:
            browser.get(each)
        news()
        sleep(MOMENT)
        for name in random.Random(turn).sample(sorted(addresses), len(addresses)):
            found.setdefault(name, []).append(_seconds(browser, next(addresses[name]), partial=False))
    return found


def key(case: Case) -> str:
    """How a case is called in what is written down."""
    return f"{case.group}: {case.name}"


def _seconds(browser: Browser, address: str, partial: bool) -> float:
    begin = perf_counter()
    browser.get(address, partial=partial)
    return perf_counter() - begin


def together(
    port: int, some: Sequence[Case], users: Mapping[str, str], seconds: float, people: int, pause: float
) -> dict[str, list[float]]:
    """So many people at once, each a mixed day of work as fast as answers come, with `pause` seconds of reading between.

    They have signed in before, and begin one after the other within the first pause.
    """
    found: defaultdict[str, list[float]] = defaultdict(list)
    faults: list[BaseException] = []
    mine = [(Browser(port, username), own) for username, own in _shared_out(some, users, people)]
    until = perf_counter() + seconds

    def work(number: int, browser: Browser, own: Sequence[Case]) -> None:
        chance, stop = random.Random(number), threading.Event()
        weights = [case.weight for case in own]
        stop.wait(chance.uniform(0, pause))
        while perf_counter() < until:
            case = chance.choices(own, weights)[0]
            took = _seconds(browser, chance.choice(case.addresses), case.partial)
            found[key(case)].append(took)
            if pause:
                stop.wait(chance.uniform(0.5, 1.5) * pause)

    def safely(number: int, browser: Browser, own: Sequence[Case]) -> None:
        try:
            work(number, browser, own)
        except BaseException as fault:
            faults.append(fault)
            raise

    threads = [threading.Thread(target=safely, args=(n, *each)) for n, each in enumerate(mine)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return dict(found)


def _shared_out(
    some: Sequence[Case], users: Mapping[str, str], people: int
) -> list[tuple[str, Sequence[Case]]]:
    """To each person the cases of their own; who sees all leads, those of any lead too."""
    of: defaultdict[str, list[Case]] = defaultdict(list)
    for case in some:
        if case.weight:
            of[case.user].append(case)
    anybodys = [case for case in of[users["inside_sales/all"]] if case.group in ("Lead", "Account")]
    given: list[tuple[str, Sequence[Case]]] = []
    for kind in (KINDS * (people // len(KINDS) + 1))[:people]:
        sees_others = kind in ("sales/all", "marketing0", "manager")
        given.append((users[kind], [*of[users[kind]], *(anybodys if sees_others else ())]))
    return given
