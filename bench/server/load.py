"""A steady load, and how long it takes until what was acknowledged shows in the lead."""

from __future__ import annotations

import random
import statistics
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import perf_counter, sleep, time
from typing import Any

from django.db import connection

from bench.server.client import Client
from bench.server.filling import SHAPES, address, shape

RATE, OF_A_REQUEST, SENDERS = 500, 5, 6
LOOK_EVERY = 0.02
PATIENCE = 60.0


class Watch:
    """Looks at the leads that were sent, every 20 ms, until their fold is later than the sending."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[tuple[float, float]]] = {}
        self._lock = threading.Lock()
        self._done = threading.Event()
        self.lags: list[float] = []
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def acknowledged(self, lead: int, sent: float, at: float) -> None:
        """An activity of this lead was sent then and acknowledged then (seconds since 1970)."""
        with self._lock:
            self._waiting.setdefault(lead, []).append((sent, at))

    def _look(self) -> None:
        while not self._done.is_set():
            with self._lock:
                leads = list(self._waiting)
            for first in range(0, len(leads), 500):
                self._take(self._folded(leads[first : first + 500]))
            sleep(LOOK_EVERY)
        connection.close()

    @staticmethod
    def _folded(leads: list[int]) -> list[tuple[int, Any]]:
        marks = ", ".join(["%s"] * len(leads))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, folded_at FROM people_lead WHERE id IN ({marks}) AND folded_at IS NOT NULL",
                leads,
            )
            return list(cursor.fetchall())

    def _take(self, rows: list[tuple[int, Any]]) -> None:
        now = time()
        with self._lock:
            for lead, folded_at in rows:
                at = _seconds(folded_at)
                mine = self._waiting.get(lead, [])
                self.lags += [max(now - known, 0.0) for sent, known in mine if sent <= at]
                left = [one for one in mine if one[0] > at]
                if left:
                    self._waiting[lead] = left
                else:
                    self._waiting.pop(lead, None)

    def finish(self) -> int:
        """Wait for the rest; how many never showed."""
        until = perf_counter() + PATIENCE
        while self._waiting and perf_counter() < until:
            sleep(0.05)
        self._done.set()
        self._thread.join()
        return sum(map(len, self._waiting.values()))


def _seconds(folded_at: Any) -> float:
    if isinstance(folded_at, str):
        folded_at = datetime.fromisoformat(folded_at)
    at: datetime = folded_at if folded_at.tzinfo else folded_at.replace(tzinfo=UTC)
    return at.timestamp()


def steady(port: int, token: str, leads: int, seconds: float) -> dict[str, Any]:
    """`RATE` activities a second for so long, `OF_A_REQUEST` in each request, by several connections."""
    watch, answers = Watch(), []
    begin = perf_counter() + 0.5
    requests = int(RATE / OF_A_REQUEST * seconds)
    late = [0.0] * SENDERS

    def sender(number: int) -> list[float]:
        client, chance, took = Client(port, token), random.Random(number), []
        for n in range(number, requests, SENDERS):
            planned = begin + n * OF_A_REQUEST / RATE
            pause = planned - perf_counter()
            if pause > 0:
                sleep(pause)
            late[number] = max(late[number], -pause)
            items = [_activity(chance, leads, f"{n}-{k}") for k in range(OF_A_REQUEST)]
            sent, start = time(), perf_counter()
            results = client.send("POST", "/activities/batch", {"source": "load", "items": items})["results"]
            took.append(perf_counter() - start)
            for result in results:
                watch.acknowledged(result["lead"], sent, time())
        return took

    with ThreadPoolExecutor(SENDERS) as pool:
        for took in pool.map(sender, range(SENDERS)):
            answers += took
    spent = perf_counter() - begin
    never = watch.finish()
    lags = sorted(watch.lags)
    return {
        "rate": requests * OF_A_REQUEST / spent,
        "seconds": spent,
        "activities": requests * OF_A_REQUEST,
        "of_a_request": OF_A_REQUEST,
        "never_visible": never,
        "latest_sending": max(late),
        "median": statistics.median(lags),
        "p99": lags[int(len(lags) * 0.99)] if not never else float("inf"),
        "worst": lags[-1],
        "answer_median": statistics.median(answers),
        "answer_p99": sorted(answers)[int(len(answers) * 0.99)],
    }


def _activity(chance: random.Random, leads: int, key: str) -> dict[str, Any]:
    kind, properties = shape(chance.randrange(SHAPES))
    return {
        "lead": {"email": address(chance.randrange(leads))},
        "type": kind,
        "properties": properties,
        "key": key,
    }
