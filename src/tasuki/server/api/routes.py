"""The API under /api/v1."""

from ninja import NinjaAPI

api = NinjaAPI(title="Tasuki", version="1")
