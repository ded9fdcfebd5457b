"""Every address: pages, the API, health and metrics."""

from __future__ import annotations

from django.urls import include, path

from tasuki.server.api.routes import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("tasuki.server.running.urls")),
    path("", include("tasuki.server.pages.urls")),
]
