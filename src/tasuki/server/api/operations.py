"""Declaring an operation: what it takes, gives and may refuse, with examples, in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.operation import Operation
from ninja.utils import contribute_operation_callback
from pydantic import BaseModel, Field
from pydantic_core import to_json

from tasuki.server.api.refusals import answered
from tasuki.server.core.errors import Invalid, Refused

F = TypeVar("F", bound=Callable[..., Any])
JSON = "application/json"
READING = (400, 401, 403, 422)
WRITING = (400, 401, 403, 409, 413, 422)


class Detail(BaseModel):
    """What is wrong: a code for programs, a sentence and its cure for people, the field where there is one."""

    code: str
    message: str
    cure: str = ""
    field: str = ""
    details: list[Detail] = Field(default_factory=list)


class Problem(BaseModel):
    """The one shape of all errors."""

    error: Detail


def operation(
    router: Router,
    method: str,
    path: str,
    *,
    gives: Any,
    summary: str,
    status: int | Sequence[int] = 200,
    errors: Sequence[int] = (),
    takes: Any = None,
    answer: Any = None,
    body: dict[str, Any] | None = None,
    kind: str = JSON,
    file: str = "",
) -> Callable[[F], F]:
    """Add the decorated view to the router.

    `gives` is the model of the answer (None: empty); `takes` and `answer` are examples. A view that reads the body itself
    describes it by `body`, a JSON Schema, and its content type by `kind`. `errors` come on top of those every operation has.
    `file`: the content type of an answer that is one.
    """
    found = (status,) if isinstance(status, int) else tuple(status)
    usual = READING if method == "GET" else WRITING
    responses: dict[int, Any] = dict.fromkeys(found, gives)
    responses |= dict.fromkeys(sorted({*usual, *errors}), Problem)
    extra = _extra(found, gives, takes, answer, body, kind)
    if file:
        binary = {"content": {file: {"schema": {"type": "string", "format": "binary"}}}}
        extra["responses"] = dict.fromkeys(found, binary)

    def add(view: F) -> F:
        _check_query(view)
        router.api_operation([method], path, response=responses, summary=summary, openapi_extra=extra)(view)
        return view

    return add


def _extra(
    statuses: Sequence[int], gives: Any, takes: Any, answer: Any, body: dict[str, Any] | None, kind: str
) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if body is not None:
        extra["requestBody"] = {"required": kind == JSON, "content": {kind: {"schema": body}}}
    if takes is not None:
        content = extra.setdefault("requestBody", {}).setdefault("content", {}).setdefault(kind, {})
        content["example"] = takes
    if answer is not None and gives is not None:
        extra["responses"] = {status: {"content": {JSON: {"example": answer}}} for status in statuses}
    return extra


def _check_query(view: Callable[..., Any]) -> None:
    """Have the operation refuse a parameter it does not know: a typing mistake would else answer another question."""

    def learn(found: Operation) -> None:
        known = {
            name
            for model in found.models
            if model.__ninja_param_source__ == "query"
            for name in getattr(model, "__ninja_flatten_map__", ())
        }
        found.run = (check := _checker(known))(found.run)  # type: ignore[method-assign]
        found._run_decorators = [check]  # type: ignore[attr-defined]  # Ninja wraps its copies with these

    contribute_operation_callback(view, learn)


def _checker(known: set[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def check(run: Callable[..., Any]) -> Callable[..., Any]:
        def checked(request: HttpRequest, **values: Any) -> Any:
            unknown = next((name for name in request.GET if name not in known), None)
            return run(request, **values) if unknown is None else answered(_unknown(unknown, known))

        return checked

    return check


def _unknown(name: str, known: set[str]) -> Refused:
    return Invalid(
        "parameter_unknown",
        _("There is no such parameter here."),
        cure=_("Possible: %(known)s.") % {"known": ", ".join(sorted(known)) or "–"},
        field=name[:100],
    )


def rapid(value: Any, status: int = 200) -> HttpResponse:
    """An answer as it is: for those so long that checking each part of it would cost more than making it."""
    return HttpResponse(to_json(value), content_type=JSON, status=status)


__all__ = ["Problem", "Status", "operation", "rapid"]
