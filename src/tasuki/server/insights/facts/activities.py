"""Activities as facts: type, channel, path and content, and what they say of forms; nothing else of their properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from tasuki.server.activities.models import Activity
from tasuki.server.insights.facts.journal import text
from tasuki.server.insights.facts.state import State

COLUMNS = ("pk", "recorded_at", "lead_id", "at", "type", "properties")
MOST_FORMS = 10_000
"""So many forms are told apart; a company has some dozens."""


def activities() -> QuerySet[Any, Any]:
    """Rows for `tail.new_rows`."""
    return Activity.objects.values_list(*COLUMNS)


def activity_facts(rows: Sequence[tuple[Any, ...]], state: State) -> Iterator[dict[str, Any]]:
    """Rows of `activities()` as facts. What is a form is learned by the way: `state.forms`."""
    for pk, recorded_at, lead, at, type_, properties in rows:
        path = _path(properties)
        form, step = _form(pk, type_, _text(properties.get("form")) or path, path, state.forms)
        yield {
            "lead": str(lead), "at": at, "recorded_at": recorded_at, "type": type_,
            "channel": _text(properties.get("channel")), "path": path,
            "content_kind": _text(properties.get("content.kind")), "content_topic": _text(properties.get("content.topic")),
            "form": form, "form_step": step,
        }  # fmt: skip


def content_of(properties: Mapping[str, Any]) -> str | None:
    """What a content is called: its path, else its topic, else its kind; None: it is none."""
    kind = _text(properties.get("content.kind"))
    return kind and (_path(properties) or _text(properties.get("content.topic")) or kind)


def _text(value: Any) -> str | None:
    return text(value if value is None else str(value).strip()[:300])


def _path(properties: Mapping[str, Any]) -> str | None:
    """Without what stands behind `?` and `#`, for that may be anything, mail addresses too."""
    path = _text(properties.get("path"))
    return text(path.partition("?")[0].partition("#")[0]) if path else None


def _form(
    pk: int, type_: str, form: str | None, path: str | None, forms: dict[str, list[int]]
) -> tuple[str | None, str | None]:
    """The form that was seen or sent. A page from which a form was sent before is seen when it is looked at, unless the
    form tells of its views itself."""
    if type_ in ("form_view", "form_submit") and form:
        sent = type_ == "form_submit"
        if form in forms or len(forms) < MOST_FORMS:
            known = forms.setdefault(form, [0, 0])
            known[not sent] = min(known[not sent] or pk, pk)
        return form, "submit" if sent else "view"
    known = forms.get(path or "", [0, 0])
    if type_ == "page_view" and 0 < known[0] < pk and not 0 < known[1] < pk:
        return path, "view"
    return None, None
