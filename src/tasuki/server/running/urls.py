"""Health, readiness, metrics."""

from django.urls import URLPattern, URLResolver, path

from tasuki.server.running.views import PROBES

urlpatterns: list[URLPattern | URLResolver] = [
    path(address.removeprefix("/"), view, name=address.removeprefix("/")) for address, view in PROBES.items()
]
