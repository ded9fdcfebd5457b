"""The first plan of a file: its shape, where its header stands, of which format it is, where its columns go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.utils.translation import gettext as _

from tasuki.server.core.errors import Invalid
from tasuki.server.imports.formats import FORMATS, SPECIAL, Format, best_format, field_for, folded
from tasuki.server.imports.formats.general import NEEDED
from tasuki.server.imports.plan import Plan
from tasuki.server.imports.reading import Look, Row, Shape, look_at, rows_of

LOOKED_AT: Final = 60
"""Rows among which a header is looked for."""


@dataclass(frozen=True)
class _Header:
    line: int
    cells: Sequence[str]
    form: Format


def guess(path: Path, given: Mapping[str, Any] | None = None) -> Plan:
    """The plan that the file itself suggests; what `given` says of shape, header and format holds. Invalid, TooLarge."""
    given = given or {}
    shape = Shape(*(str(given.get(name, "")) for name in ("encoding", "delimiter", "sheet")))
    look = look_at(path, shape)
    if not any(not row.blank for row in look.head):
        raise _no_header()
    header = _header(look, given)
    headers = _distinct(header.cells)
    form = header.form
    return Plan(
        format=form.id,
        kind=str(given.get("kind") or form.kind),
        encoding=look.shape.encoding,
        delimiter=look.shape.delimiter,
        sheet=look.shape.sheet,
        header_line=header.line,
        headers=headers,
        columns=_columns(form, headers),
        time_zone=settings.TIME_ZONE,
        source=form.source or "import",
        channel=form.channel,
        context=_context(form, look.head, header.line),
    )


def _no_header() -> Invalid:
    return Invalid(
        "no_header",
        _("No row with the names of columns was found."),
        cure=_(
            "The first row should name the columns, like 会社名, 氏名, メールアドレス or Company, Name, Email."
        ),
        field="file",
    )


def _header(look: Look, given: Mapping[str, Any]) -> _Header:
    wanted = FORMATS.get(str(given.get("format", ""))) or FORMATS.get(str(given.get("kind", "")))
    if given.get("header_line") is not None:
        return _told(look, int(given["header_line"]), wanted)
    rows = [row for row in look.head[:LOOKED_AT] if not row.blank and not row.fault]
    formats = [wanted] if wanted else list(SPECIAL)
    return (
        next(_headless(rows, formats), None)
        or next(_in_section(look.head, formats), None)
        or _signed(rows, formats)
        or _by_words(rows, wanted)
    )


def _told(look: Look, line: int, wanted: Format | None) -> _Header:
    """The header where somebody said it is; 0: there is none, and columns are named by their places."""
    if line == 0:
        row = next(row for row in look.head if not row.blank)
        form = wanted or FORMATS["leads"]
        return _Header(0, form.header or [f"#{n + 1}" for n in range(len(row.cells))], form)
    for row in look.head:
        if row.line == line and not row.blank:
            return _Header(line, row.cells, wanted or best_format(row.cells) or FORMATS["leads"])
    raise Invalid(
        "no_header_there",
        _("Line %(line)s is no header: it is empty, or not within the first %(rows)s rows.")
        % {"line": line, "rows": len(look.head)},
        cure=_("Give the line on which the names of the columns stand."),
        field="header_line",
    )


def _headless(rows: Sequence[Row], formats: Sequence[Format]) -> Iterator[_Header]:
    for form in formats:
        if form.headless and rows and form.headless(rows[0]):
            yield _Header(0, form.header, form)


def _in_section(rows: Sequence[Row], formats: Sequence[Format]) -> Iterator[_Header]:
    for form in formats:
        for title, row in pairwise(rows):
            if is_title(title) and folded(title.cells[0]) in form.section and form.fits(row.cells):
                yield _Header(row.line, row.cells, form)


def is_title(row: Row) -> bool:
    """A row whose first cell alone is filled: the title of a section."""
    return bool(row.cells) and bool(row.cells[0].strip()) and not any(cell.strip() for cell in row.cells[1:])


def _signed(rows: Sequence[Row], formats: Sequence[Format]) -> _Header | None:
    fits = [(form.fits(row.cells), -place, form, row) for place, row in enumerate(rows) for form in formats]
    score, _place, form, row = max(fits, key=lambda fit: fit[:2], default=(0, 0, FORMATS["leads"], None))
    return _Header(row.line, row.cells, form) if score and row else None


def _by_words(rows: Sequence[Row], wanted: Format | None) -> _Header:
    """The row with the most words that are known as headers; else the first one as wide as the table."""
    if not rows:
        raise _no_header()
    known = [(_known(row.cells, wanted), -place) for place, row in enumerate(rows)]
    best, place = max(known)
    row = rows[-place]
    if not best:
        width = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
        row = next(row for row in rows if len(row.cells) == width)
    return _Header(row.line, row.cells, wanted or best_format(row.cells) or FORMATS["leads"])


def _known(headers: Sequence[str], wanted: Format | None) -> int:
    formats = [wanted] if wanted else [FORMATS["leads"], *(FORMATS[kind] for kind in NEEDED)]
    return max(sum(field_for(form, header) is not None for header in headers if header) for form in formats)


def _distinct(cells: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, each once: what is empty at the end is cut, what comes again is numbered."""
    names = [" ".join(cell.split())[:200] for cell in cells]
    while names and not names[-1]:
        names.pop()
    seen: Counter[str] = Counter()
    found = []
    for place, name in enumerate(names, start=1):
        name = name or f"#{place}"
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)


def _columns(form: Format, headers: Sequence[str]) -> dict[str, str | None]:
    return {header: field_for(form, header) for header in headers}


def reasons(plan: Plan) -> dict[str, str]:
    """Header → why its column goes where it goes: `format` (this program calls it so), `usual` (a usual name of the field),
    `name` (it is the field's own name), `chosen` (by a person), `unknown` (no field is called so)."""
    return {header: _reason(plan, header) for header in plan.headers}


def _reason(plan: Plan, header: str) -> str:
    form, target = plan.declared, plan.columns.get(header)
    if target != field_for(form, header):
        return "chosen"
    if target is None:
        return "unknown"
    if header.casefold() == target:
        return "name"
    return "format" if form in SPECIAL and form.field_of(header) == target else "usual"


def _context(form: Format, head: Sequence[Row], header_line: int) -> dict[str, str]:
    if form.context is None:
        return {}
    above = list(takewhile(lambda row: row.line < header_line, head))
    return {name: text for name, text in form.context(above).items() if text}


def data_rows(path: Path, plan: Plan) -> Iterator[Row]:
    """The rows under the header, blank ones left out; in a file of sections, those of this section."""
    width = None if plan.declared.section else len(plan.headers)
    rows = rows_of(path, plan.shape, from_line=max(plan.header_line, 1), columns=width)
    if plan.header_line:
        next(rows, None)
    for row in rows:
        if plan.declared.section and not row.fault and is_title(row):
            return
        if not row.blank:
            yield row
