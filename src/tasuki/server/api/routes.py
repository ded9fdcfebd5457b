"""The API under /api/v1: every resource with its routes."""

from __future__ import annotations

from tasuki.server.api import (
    accounts,
    activities,
    agreement,
    calls,
    capacity,
    channels,
    deals,
    decisions,
    duplicates,
    handoffs,
    imports,
    leads,
    metrics,
    notes,
    people,
    plan,
    reports,
    views,
    webhooks,
    work,
    worktime,
)
from tasuki.server.api.house import HouseApi

api = HouseApi()
for router in (
    leads.router,
    views.router,
    activities.router,
    notes.router,
    decisions.router,
    work.router,
    calls.router,
    handoffs.router,
    capacity.router,
    accounts.router,
    deals.router,
    duplicates.router,
    agreement.router,
    plan.router,
    metrics.router,
    reports.router,
    imports.router,
    people.router,
    worktime.router,
    channels.router,
    webhooks.router,
):
    api.add_router("", router)
