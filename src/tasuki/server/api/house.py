"""The API of the house: JSON read strictly, one shape for every error, its own description.

Nothing leaves as a bare text or as a page: what Django or Ninja would answer is put into the house's shape here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic_core import to_json

from tasuki.server.api import description
from tasuki.server.api.auth import SIGNED_IN
from tasuki.server.api.reading import read_json
from tasuki.server.api.refusals import JSON, answered, from_validation
from tasuki.server.core.errors import Conflict, Invalid, NotFound, NotSignedIn, Refused, TooLarge

LOG = logging.getLogger("tasuki.api")


class WrongMethod(Refused):
    """An address that is there, but not for this."""

    status = 405


class Unavailable(Refused):
    """Not now; again in a moment."""

    status = 503


class StrictParser(Parser):
    """Bodies are JSON as its standard has it, in UTF-8."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body's value. Ninja wraps whatever this raises; `_of_http` unwraps it."""
        kind = (request.content_type or "").lower()
        if kind and kind != JSON and not kind.endswith("+json"):
            raise Invalid(
                "not_json",
                _("This address takes JSON, not %(kind)s.") % {"kind": kind[:100]},
                cure=_("Send it with the header Content-Type: application/json."),
            )
        return read_json(request.body)


class FastRenderer(BaseRenderer):
    """What is answered, as JSON."""

    media_type = JSON

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """UTF-8."""
        return to_json(data)


class HouseApi(NinjaAPI):
    """Ninja with the house's manners."""

    def __init__(self) -> None:
        super().__init__(
            title="Tasuki",
            version="1",
            description=description.TEXT,
            auth=SIGNED_IN,
            parser=StrictParser(),
            renderer=FastRenderer(),
            docs_url=None,
            urls_namespace="api",
            openapi_extra={"tags": description.TAGS},
        )

    def set_default_exception_handlers(self) -> None:
        """Every kind of failure, in the house's shape."""
        for kind, refusal in HANDLERS.items():
            self.add_exception_handler(kind, _handler(refusal))

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        """The description, with what Ninja does not know of."""
        return description.completed(
            super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        )

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found = [_with_manners(each) for each in super()._get_urls()]
        return [*found, path("<path:rest>", csrf_exempt(_nowhere))]


def _with_manners(pattern: URLResolver | URLPattern) -> URLResolver | URLPattern:
    """The same address; a wrong method is told in the house's shape."""
    if not isinstance(pattern, URLPattern):
        return pattern
    view = _nowhere if pattern.name == "api-root" else pattern.callback

    @wraps(view)
    def polite(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        return _wrong_method(request, response) if response.status_code == 405 else response

    return URLPattern(pattern.pattern, polite, pattern.default_args, pattern.name)


def _wrong_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    polite = answered(
        WrongMethod(
            "wrong_method",
            _("%(method)s is not possible here.") % {"method": str(request.method)[:20]},
            cure=_("Possible: %(methods)s.") % {"methods": response["Allow"]},
        )
    )
    polite["Allow"] = response["Allow"]
    return polite


def _nowhere(request: HttpRequest, rest: str = "", **_given: Any) -> HttpResponse:
    return answered(
        NotFound(
            "address_unknown",
            _("There is nothing at this address."),
            cure=_("All addresses are listed in /api/v1/openapi.json."),
        )
    )


def _handler(refusal: Callable[[Any], Refused]) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, error: answered(refusal(error))


def _as_is(error: Refused) -> Refused:
    return error


def _of_http(error: HttpError) -> Refused:
    if isinstance(error.__cause__, Refused):
        return error.__cause__
    found = Refused("bad_request", _("This request cannot be read."), cure=_("See /api/v1/openapi.json."))
    found.status = error.status_code
    return found


def _of_auth(error: AuthenticationError) -> Refused:
    return NotSignedIn(
        "not_signed_in",
        _("This needs a token, or a signed-in session."),
        cure=_("Issue a token under Settings, and send it as: Authorization: Bearer tsk_…"),
    )


def _of_validation(error: ValidationError) -> Refused:
    return from_validation(error.errors)


def _too_big(error: Exception) -> Refused:
    return TooLarge(
        "too_large",
        _("This request is larger than is taken at once."),
        cure=_("Send batches of at most 1,000 entries, or stream them to /api/v1/activities/stream."),
    )


def _cut_off(error: Exception) -> Refused:
    return Refused("cut_off", _("The request ended before it was whole."), cure=_("Send it again."))


def _clash(error: Exception) -> Refused:
    LOG.warning("a write clashed with another", exc_info=error)
    return Conflict(
        "changed_meanwhile",
        _("Somebody changed the same thing at the same moment; nothing was stored."),
        cure=_("Send it again."),
    )


def _does_not_fit(error: Exception) -> Refused:
    LOG.error("a value got as far as the database", exc_info=error)
    return Invalid(
        "does_not_fit", _("A value does not fit; nothing was stored."), cure=_("Check sizes and characters.")
    )


def _busy(error: Exception) -> Refused:
    LOG.error("the database did not answer", exc_info=error)
    return Unavailable(
        "busy", _("The database is busy or away; nothing was stored."), cure=_("Send it again in a moment.")
    )


def _fault(error: Exception) -> Refused:
    LOG.error("a fault of ours", exc_info=error)
    found = Refused(
        "fault",
        _("Something went wrong on our side; nothing was stored."),
        cure=_("Tell the administrator the time and the address."),
    )
    found.status = 500
    return found


HANDLERS: dict[type[Exception], Callable[[Any], Refused]] = {
    Refused: _as_is,
    AuthenticationError: _of_auth,
    HttpError: _of_http,
    ValidationError: _of_validation,
    RequestDataTooBig: _too_big,
    UnreadablePostError: _cut_off,
    MultiPartParserError: lambda error: Refused(
        "bad_form", _("The form cannot be read."), cure=_("Send it as multipart/form-data.")
    ),
    IntegrityError: _clash,
    DataError: _does_not_fit,
    OperationalError: _busy,
    DatabaseError: _busy,
    Exception: _fault,
}
