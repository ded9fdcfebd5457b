"""What Prometheus is told: counts of all processes of this machine, and what the database says at that moment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from django.db import connection
from django.db.models import Count
from django_tasks_db.models import DBTaskResult
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from tasuki import __version__
from tasuki.server.core import clock
from tasuki.server.notify.models import Delivery
from tasuki.server.people.models import Due
from tasuki.server.running import heartbeat
from tasuki.server.running.starting import METRICS_FOLDER

REQUESTS = Histogram(
    "tasuki_request_seconds",
    "Seconds from request to answer, by route, method and status",
    ["route", "method", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
FAULTS = Counter("tasuki_faults", "Requests that ended in an exception", ["route"])
OPEN_STATES = ("READY", "RUNNING", "FAILED")


class _Database(Collector):
    """Asked anew each time."""

    def collect(self) -> Iterator[Metric]:
        """One gauge after the other."""
        yield _gauge("tasuki_build_info", "The version that runs", "version", {__version__: 1.0})
        yield _gauge("tasuki_database_info", "The kind of database", "kind", {connection.vendor: 1.0})
        yield from _due()
        yield _jobs()
        yield from _outbox()
        yield GaugeMetricFamily("tasuki_workers", "Workers heard lately", value=len(heartbeat.alive()))


def _due() -> Iterator[Metric]:
    now = clock.now()
    due = Due.objects.filter(at__lte=now)
    oldest = due.order_by("at").values_list("at", flat=True).first()
    waits = 0.0 if oldest is None else (now - oldest).total_seconds()
    yield GaugeMetricFamily("tasuki_due_leads", "Leads that wait to be folded", value=due.count())
    yield GaugeMetricFamily("tasuki_due_oldest_seconds", "How long the first of them waits", value=waits)


def _jobs() -> Metric:
    rows = DBTaskResult.objects.filter(status__in=OPEN_STATES).order_by().values_list("status")
    found = dict(rows.annotate(number=Count("id")))
    states = {state.lower(): float(found.get(state, 0)) for state in OPEN_STATES}
    return _gauge("tasuki_jobs", "Jobs by state", "state", states)


def _outbox() -> Iterator[Metric]:
    now = clock.now()
    late = Delivery.objects.filter(next_at__lte=now)
    oldest = late.order_by("next_at").values_list("next_at", flat=True).first()
    waits = 0.0 if oldest is None else (now - oldest).total_seconds()
    for state in (Delivery.State.WAITING, Delivery.State.DEAD):
        text = {"waiting": "Messages on their way", "dead": "Messages given up"}[state]
        count = Delivery.objects.filter(state=state).count()
        yield GaugeMetricFamily(f"tasuki_deliveries_{state}", text, value=count)
    yield GaugeMetricFamily("tasuki_delivery_oldest_seconds", "How long the first due one waits", value=waits)


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for name_of, value in values.items():
        family.add_metric([name_of], value)
    return family


def exposition() -> bytes:
    """Everything in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Database())
    if METRICS_FOLDER in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(registry) + generate_latest(REGISTRY)
