"""The API under /api/v1: every resource with its routes."""

from __future__ import annotations

from tasuki.server.api import (
    accounts,
    activities,
    agreement,
    deals,
    decisions,
    duplicates,
    imports,
    leads,
    people,
    work,
)
from tasuki.server.api.house import HouseApi

api = HouseApi()
for router in (
    leads.router,
    activities.router,
    decisions.router,
    work.router,
    accounts.router,
    deals.router,
    duplicates.router,
    agreement.router,
    imports.router,
    people.router,
):
    api.add_router("", router)
