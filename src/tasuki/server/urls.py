"""Every address: pages, the API, health and metrics."""

from __future__ import annotations

from django.urls import include, path

from tasuki.server.api.routes import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("tasuki.server.running.urls")),
    path("", include("tasuki.server.pages.urls")),
]

handler400 = "tasuki.server.core.answers.bad_request"
handler403 = "tasuki.server.core.answers.not_allowed"
handler404 = "tasuki.server.core.answers.not_found"
handler500 = "tasuki.server.core.answers.fault"
