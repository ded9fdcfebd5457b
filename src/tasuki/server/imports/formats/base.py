"""What a format declares. One module a format; each is data, and functions only where a file is no plain table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from tasuki.server.imports.reading import Row

Fields = dict[str, str]
"""Field → text of one row, empty cells left out."""

KINDS: Final = ("leads", "accounts", "activities", "decisions", "deals")
_NOISE: Final = re.compile(r"[\s_\-./・:：*※'\"()\[\]［］【】（）]+")


@lru_cache(maxsize=4096)
def folded(header: str) -> str:
    """A header without case, width, spaces and signs: `E-Mail (1)` and `ｅ－ｍａｉｌ（１）` are both `email1`."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", header).casefold())


@dataclass(frozen=True)
class ActivityRule:
    """An activity that a row of leads also tells of.

    Its time is the first of the fields `at` that is filled; without any it is the time of the import if `undated`,
    else there is none. `where` names values one of which a field must have; `properties` are property → field.
    """

    type: str
    at: tuple[str, ...] = ("activity.at",)
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    channel: str = ""
    undated: bool = False


def columns(**fields: str | Sequence[str]) -> dict[str, str]:
    """Folded header → field, from field → headers (in a text with | between them); `account_name` is `account.name`."""
    found: dict[str, str] = {}
    for name, headers in fields.items():
        for header in headers.split("|") if isinstance(headers, str) else headers:
            found[folded(header)] = _field(name)
    return found


def _field(name: str) -> str:
    for part in ("account", "activity"):
        if name.startswith(part + "_"):
            return f"{part}.{name.removeprefix(part + '_')}"
    return name


@dataclass(frozen=True)
class Format:
    """How the files of one program are read."""

    id: str
    label: Any
    kind: str
    columns: Mapping[str, str]
    """Folded header → field. Headers that are not here are left out unless the general guess knows them."""
    signature: tuple[frozenset[str], ...] = ()
    """Sets of folded headers; a file with all of one set is of this format."""
    exact: frozenset[str] = frozenset()
    """Headers that must besides be there letter by letter."""
    source: str = ""
    channel: str = ""
    activities: tuple[ActivityRule, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Field → what its values mean; folded values."""
    nothing: frozenset[str] = frozenset()
    """Cells that stand for an empty one."""
    header: tuple[str, ...] = ()
    """Names of the columns of a file that has no header row."""
    headless: Callable[[Row], bool] | None = None
    """Whether a first row is of such a file."""
    section: frozenset[str] = frozenset()
    """Folded titles; the header stands on the line after one of them, and its rows end at the next lone cell."""
    context: Callable[[Sequence[Row]], Fields] | None = None
    """What the lines above the header say: fields of every row."""
    gather: Callable[[Iterator[tuple[int, Fields]]], Iterator[tuple[int, Fields]]] | None = None
    """Makes one row of several that tell of the same person."""
    passed_over: Callable[[Fields], Any] | None = None
    """Why a row is not to come in, in words; nothing where it is."""
    general: bool = False
    """Also use what the general guess knows of headers."""

    def fits(self, headers: Sequence[str]) -> int:
        """How many headers of the greatest signature are there, all of them or 0."""
        if not self.exact <= set(headers):
            return 0
        there = {folded(header) for header in headers}
        return max((len(wanted) for wanted in self.signature if wanted <= there), default=0)

    def field_of(self, header: str) -> str | None:
        """Where a column goes."""
        return self.columns.get(folded(header))


def signature(*headers: str) -> frozenset[str]:
    """Headers, folded."""
    return frozenset(folded(header) for header in headers)
