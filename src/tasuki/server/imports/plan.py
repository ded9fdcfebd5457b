"""The plan: how one file is read, agreed upon before it comes in. Kept as JSON with the job, and adjustable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from tasuki.server.core.errors import Invalid
from tasuki.server.imports.formats import FORMATS, KINDS, Format
from tasuki.server.imports.reading import Shape
from tasuki.server.imports.reading.encoding import ENCODINGS

MODES: Final = ("trusted", "fill")
FIELD: Final = re.compile(r"[^\W\d][\w-]*(?:\.[^\W\d][\w-]*)*")
LONGEST_FIELD: Final = 100
SHAPING: Final = ("encoding", "delimiter", "sheet", "header_line", "format", "kind")
"""What decides on the headers: after a change of these the columns are guessed anew."""


@dataclass(frozen=True)
class Plan:
    """`columns`: header → field, None leaves the column out. `header_line` counts from 1; 0: the file has no header.

    `mode`: trusted overwrites, fill only fills what is empty. `time_zone` is of times without offset; `day_first`
    reads 03/02/2026 as 3 February. `type` is of activities that name none. `context` is what the file says of all its rows.
    """

    format: str = "leads"
    kind: str = "leads"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_line: int = 1
    headers: tuple[str, ...] = ()
    columns: Mapping[str, str | None] = field(default_factory=dict)
    mode: str = "trusted"
    time_zone: str = "Asia/Tokyo"
    day_first: bool = False
    source: str = "import"
    channel: str = ""
    campaign: str = ""
    type: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """How rows are found."""
        return Shape(self.encoding, self.delimiter, self.sheet)

    @property
    def declared(self) -> Format:
        """What is known of the format."""
        return FORMATS[self.format]

    def as_json(self) -> dict[str, Any]:
        """For the job's row."""
        return {**asdict(self), "headers": list(self.headers)}


NAMES: Final = frozenset(each.name for each in fields(Plan))


def plan_from(stored: Mapping[str, Any]) -> Plan:
    """The plan of a job's row."""
    known = {name: value for name, value in stored.items() if name in NAMES}
    return Plan(**{**known, "headers": tuple(known.get("headers", ()))})


def changed(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    """The plan with some of it said otherwise. Invalid lists every mistake; `columns` may name some of them only."""
    mistakes = list(_mistakes(plan, changes))
    if mistakes:
        raise Invalid(
            "plan_invalid",
            _("The plan does not fit: %(mistakes)s")
            % {"mistakes": " ".join(str(m.message) for m in mistakes)},
            cure=_("Mend what is listed."),
            field=mistakes[0].field,
            details=mistakes,
        )
    given = {name: value for name, value in changes.items() if name not in ("columns", "headers", "context")}
    columns = {**plan.columns, **{h: f or None for h, f in changes.get("columns", {}).items()}}
    return replace(plan, **given, columns=columns)


def _mistakes(plan: Plan, changes: Mapping[str, Any]) -> list[Invalid]:
    found = [_unknown(name) for name in sorted(changes.keys() - NAMES)]
    for name, (holds, cure) in _rules().items():
        if name in changes and not holds(changes[name]):
            found.append(_mistake(name, changes[name], cure))
    if "columns" in changes and isinstance(changes["columns"], Mapping):
        found += _column_mistakes(plan, changes["columns"])
    return found


def _rules() -> dict[str, tuple[Callable[[Any], bool], str]]:
    def among(names: Sequence[str]) -> tuple[Callable[[Any], bool], str]:
        return lambda value: value in names, _("Choose one of: %(names)s.") % {"names": _(", ").join(names)}

    def text(most: int) -> tuple[Callable[[Any], bool], str]:
        def holds(value: Any) -> bool:
            return isinstance(value, str) and len(value) <= most and "\0" not in value

        return holds, _("Give text of at most %(most)s characters.") % {"most": most}

    line = (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000,
        _("Give the line of the header, counted from 1, or 0 if there is none."),
    )
    return {
        "format": among(list(FORMATS)),
        "kind": among(KINDS),
        "encoding": among(ENCODINGS),
        "delimiter": among([",", "\t", ";", "|"]),
        "sheet": text(200),
        "header_line": line,
        "mode": among(MODES),
        "time_zone": (_is_zone, _("Give a name like Asia/Tokyo.")),
        "day_first": (lambda value: isinstance(value, bool), _("Say yes or no.")),
        "source": (
            lambda value: text(60)[0](value) and bool(value.strip()),
            _("Give text of at most %(most)s characters.") % {"most": 60},
        ),
        "channel": text(100),
        "campaign": text(200),
        "type": text(100),
        "columns": (lambda value: isinstance(value, Mapping), _("Give header and field for each column.")),
    }


def _is_zone(name: Any) -> bool:
    try:
        return isinstance(name, str) and bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _unknown(name: str) -> Invalid:
    return Invalid(
        "plan_unknown",
        _("A plan has no %(name)s.") % {"name": str(name)[:60]},
        cure=_("It has: %(names)s.") % {"names": _(", ").join(sorted(NAMES))},
        field=str(name)[:60],
    )


def _mistake(name: str, value: Any, cure: str) -> Invalid:
    return Invalid(
        "plan_value",
        _("%(name)s cannot be %(value)s.") % {"name": name, "value": repr(value)[:80]},
        cure=cure,
        field=name,
    )


def _column_mistakes(plan: Plan, columns: Mapping[Any, Any]) -> list[Invalid]:
    found = []
    for header, name in columns.items():
        if header not in plan.columns:
            message = _("The file has no column %(header)s.") % {"header": str(header)[:80]}
            cure = _("It has: %(names)s.") % {"names": _(", ").join(plan.headers[:50])}
            found.append(Invalid("column_unknown", message, cure=cure, field="columns"))
        elif name and not (isinstance(name, str) and len(name) <= LONGEST_FIELD and FIELD.fullmatch(name)):
            message = _("%(field)s is no name of a field.") % {"field": repr(name)[:80]}
            cure = _("Use letters, digits and _, with dots between words, like account.name.")
            found.append(Invalid("field_invalid", message, cure=cure, field="columns"))
    return found
