"""What imports and views still hold of one person: rejected rows, columns as they were before, files, questions kept."""

from __future__ import annotations

import logging
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext as _

from tasuki.server.core.errors import Conflict

log = logging.getLogger(__name__)

SHORTEST = 6
"""Shorter marks stand in too many rows of other people."""
SHORTEST_NAME = 3
"""A shorter one, as a family name by itself, is in questions about other people."""
LARGEST_PART = 256 * 1_048_576
"""Of an Excel file's part, unpacked; no larger one is read, as none is imported."""
LONGEST_LINE = 1_048_576


@dataclass(frozen=True)
class Marks:
    """By what a row is recognised: one of `texts` (folded), one of `numbers` (digits of telephones), a name with its
    company, or a key as the whole cell. In a question somebody asked `alone`, a name without company, is enough."""

    texts: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[tuple[str, str]]
    keys: frozenset[str]
    alone: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        values: Iterable[str],
        names: Iterable[tuple[str, str]],
        keys: Iterable[str],
        alone: Iterable[str] = (),
    ) -> Marks:
        """From addresses and telephone numbers as stored, names with companies, keys elsewhere, names by themselves."""
        given = [value for value in values if value]
        texts = {folded(value) for value in given if "@" in value}
        numbers = {_number(value) for value in given if "@" not in value}
        pairs = {(_squeezed(name), _squeezed(company)) for name, company in names if name and company}
        return cls(
            frozenset(text for text in texts if len(text) >= SHORTEST),
            frozenset(number for number in numbers if len(number) >= SHORTEST),
            frozenset(pairs),
            frozenset(folded(key) for key in keys if len(key) >= SHORTEST),
            frozenset(name for name in map(_squeezed, alone) if len(name) >= SHORTEST_NAME),
        )

    def __bool__(self) -> bool:
        return bool(self.texts or self.numbers or self.names or self.keys)

    def in_question(self, texts: Sequence[str]) -> bool:
        """Whether what somebody looked for, or called it, is this person."""
        if self.in_row(texts):
            return True
        return any(name in _squeezed(text) for text in texts for name in self.alone)

    def in_row(self, cells: Iterable[Any]) -> bool:
        """Whether these cells are about the person."""
        row = [folded(str(cell)) for cell in cells]
        if any(cell in self.keys for cell in row) or self.in_text("\t".join(row)):
            return True
        squeezed = "\t".join(_squeezed(cell) for cell in row)
        return any(name in squeezed and company in squeezed for name, company in self.names)

    def in_text(self, text: str) -> bool:
        """Whether an address or a number of the person stands in this text, folded."""
        if any(mark in text for mark in self.texts):
            return True
        digits = _digits(text) if self.numbers else ""
        return any(number in digits for number in self.numbers)


def folded(text: str) -> str:
    """Width and case ignored."""
    return unicodedata.normalize("NFKC", text).casefold()


def _squeezed(text: str) -> str:
    return "".join(folded(text).split())


def _digits(text: str) -> str:
    return "".join(letter for letter in folded(text) if letter.isdecimal() and letter.isascii())


def _number(phone: str) -> str:
    """`+81 90-1234-5678` and `090-1234-5678` → `9012345678`: what the ways of writing have in common."""
    return _digits(phone).removeprefix("81").lstrip("0")


@dataclass(frozen=True)
class Traces:
    """Ids of rejected rows about a person, of imports whose file holds the person, and of views that name the person."""

    rejects: tuple[int, ...]
    jobs: tuple[int, ...]
    views: tuple[int, ...] = ()


def export(marks: Marks, jobs: Collection[int]) -> list[dict[str, Any]]:
    """Rejected rows about the person, and the names of the files that brought something of them."""
    rows = [{"file": reject.job.name, "line": reject.line, "row": reject.row} for reject in _rejects(marks)]
    return rows + [
        {"file": job.name, "at": job.created_at.isoformat()} for job in _imports().filter(pk__in=jobs)
    ]


def find(marks: Marks, jobs: Collection[int]) -> Traces:
    """Look through rejected rows, files that are still there, and views; `jobs` are known to have brought the person."""
    rejects = tuple(reject.pk for reject in _rejects(marks))
    files = _imports().exclude(file="")
    held = tuple(job.pk for job in files if job.pk in jobs or _holds(job, marks))
    return Traces(rejects, held, tuple(view.pk for view in _views() if marks.in_question(_texts(view))))


def erase(traces: Traces, leads: Collection[int]) -> dict[str, int]:
    """Blank rejected rows, drop what undoing would write back, remove files and views.

    Conflict: such an import is under way.
    """
    rejects = apps.get_model("imports.Rejected")._default_manager.filter(pk__in=traces.rejects)
    changes = apps.get_model("imports.Change")._default_manager.filter(kind="lead", subject__in=leads)
    files = list(_imports().select_for_update().filter(pk__in=traces.jobs).exclude(file=""))
    _refuse_if_under_way(files)
    for job in files:
        _remove(job)
    return {
        "rejected": int(rejects.update(row=[], reason=_("The row was erased with a person's data."))),
        "changes": int(changes.delete()[0]),
        "files": len(files),
        "views": int(_views().filter(pk__in=traces.views).delete()[1].get("lists.View", 0)),
    }


def _imports() -> models.QuerySet[Any]:
    return apps.get_model("imports.ImportJob")._default_manager.order_by("pk")


def _views() -> models.QuerySet[Any]:
    """All that are kept, removed ones too, for they can be brought back."""
    return apps.get_model("lists.View")._default_manager.order_by("pk")


def _texts(view: Any) -> list[str]:
    """What a view is called and what it looks for."""
    return [view.name, *(value for _name, value in parse_qsl(view.query))]


def _rejects(marks: Marks) -> Iterator[Any]:
    """Each is looked at, for cells are compared folded; read in portions, for there may be many."""
    rejects = apps.get_model("imports.Rejected")._default_manager.select_related("job").order_by("pk")
    if marks:
        yield from (reject for reject in rejects.iterator(2_000) if marks.in_row(reject.row))


def _refuse_if_under_way(jobs: Iterable[Any]) -> None:
    if any(job.state in {"queued", "running", "undoing"} for job in jobs):
        raise Conflict(
            "import_under_way",
            _("An import that holds this person is under way."),
            cure=_("Wait until it has ended, then erase again."),
        )


def _path(job: Any) -> Path:
    return Path(settings.MEDIA_ROOT) / str(job.file)


def _holds(job: Any, marks: Marks) -> bool:
    """Whether the person stands in the file. A file that is gone holds nobody."""
    try:
        return any(marks.in_row([piece]) for piece in _pieces(_path(job)))
    except OSError:
        return False


def _pieces(path: Path) -> Iterator[str]:
    """The file's text line by line; of an Excel file, each of its parts."""
    with path.open("rb") as file:
        head = file.read(65_536)
    if head.startswith(b"PK"):
        yield from _excel(path)
        return
    for encoding in _encodings(head):
        with path.open(encoding=encoding, errors="replace") as text:
            while line := text.readline(LONGEST_LINE):
                yield line


def _encodings(head: bytes) -> tuple[str, ...]:
    """Those it may be in. What is not UTF-8 at its beginning may still become so, and the other way round."""
    if b"\0" in head:
        return ("utf-16-le", "utf-16-be")
    return ("utf-8",) if head.isascii() else ("utf-8", "cp932")


def _excel(path: Path) -> Iterator[str]:
    try:
        with zipfile.ZipFile(path) as package:
            for part in package.infolist():
                if part.filename.endswith(".xml") and part.file_size <= LARGEST_PART:
                    yield package.read(part).decode("utf-8", errors="replace")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        log.warning("a file that was to be imported is no Excel file")


def _remove(job: Any) -> None:
    """The file goes once the erasure is committed. One that was not imported yet can then only be sent again."""
    path = _path(job)
    job.file = ""
    if job.state == "uploaded":
        job.state = "failed"
        job.message = _("The file held a person whose data were erased. Upload it again without them.")
    job.save(update_fields=["file", "state", "message"])
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
