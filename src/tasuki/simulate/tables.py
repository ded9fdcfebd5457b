"""From arrays to the five tables, and from tables to files that appear only when all are complete."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq

from tasuki.simulate.calendar import START, Calendar, Ints, date_of
from tasuki.simulate.catalogue import ACTIONS, CHANNELS
from tasuki.simulate.companies import SPELLINGS, Companies
from tasuki.simulate.office import OPPORTUNITY, REASONS, ROLES, SAL, SQL, STAGES, WON, Book, Cases
from tasuki.simulate.people import BARE, FULL, NATURES, NEVER, SOURCES, People
from tasuki.simulate.words import (
    DEPARTMENTS,
    GIVEN_NAMES,
    MANAGER_FROM,
    PREFECTURES,
    STUDENT_TITLE,
    SURNAMES,
    TITLES,
)

if TYPE_CHECKING:
    from tasuki.simulate.behaviour import Activities
    from tasuki.simulate.forms import Looks

NAMES = ("profiles", "activities", "decisions", "deals", "truth")
FORMATS = ("csv", "parquet")
_TIME = pa.timestamp("us", tz="UTC")
_FREE_MAIL = "freemail.example"
_PRODUCTS = ("ミハリ ライト", "ミハリ スタンダード", "ミハリ エンタープライズ")
_MILESTONES = (("accepted_at", SAL), ("qualified_at", SQL), ("opportunity_at", OPPORTUNITY), ("won_at", WON))
_QUESTIONS = ("budget", "authority", "need", "timing")

_FULL_NAMES = pa.array([f"{s[0]} {g[0]}" for s in SURNAMES for g in GIVEN_NAMES])
_KANA = pa.array([f"{s[1]} {g[1]}" for s in SURNAMES for g in GIVEN_NAMES])
_MAILBOXES = pa.array([f"{g[2]}.{s[2]}" for s in SURNAMES for g in GIVEN_NAMES])
_PHONES = pa.array(
    [f"{area}-0{n % 1000:03d}-{n * 7919 % 10000:04d}" for area in ("03", "06") for n in range(10_000)]
)
_ANSWERS = pa.array(
    [
        json.dumps({q: "yes" if bits >> n & 1 else "no" for n, q in enumerate(_QUESTIONS)}, sort_keys=True)
        for bits in range(16)
    ]
)


def profiles_of(ids: pa.Array, people: People, companies: Companies, calendar: Calendar) -> pa.Table:
    """A row per lead at its first contact, one when the profile is completed, one after a promotion."""
    versions = [
        (np.arange(len(people)), people.created, people.told, people.title),
        _version(people, people.completed, people.told != FULL, people.title),
        _version(people, people.promoted, people.completed < people.promoted, _risen(people)),
    ]
    lead, at, told, title = (np.concatenate(column) for column in zip(*versions, strict=True))
    names = people.surname[lead] * len(GIVEN_NAMES) + people.given[lead]
    firm = people.company[lead]
    domain = _pick(companies.domains, firm)
    has_all, has_firm = told == FULL, told != BARE
    has_all & (title != STUDENT_TITLE)
    columns = {
        "lead": _pick(ids, lead),
        "at": _times(at),
        "email": _addresses(names, people.number[lead], people.free_mail[lead], domain),
        "name": _pick(_FULL_NAMES, names, has_firm),
        "kana": _pick(_KANA, names, has_all & (people.number[lead] % 4 > 0)),
        "title": _pick(pa.array(TITLES), title, has_all),
        "department": _pick(
            pa.array(DEPARTMENTS), people.department[lead], has_all & (title != STUDENT_TITLE)
        ),
        "phone": _pick(_PHONES, people.number[lead] + 10_000 * (firm % 2), has_all),
        "source": _pick(pa.array(SOURCES), people.source[lead]),
        "campaign": _campaign(people.campaign[lead], calendar),
        "account.name": _pick(companies.names, firm * SPELLINGS + people.spelling[lead], has_firm),
        "account.domain": _masked(domain, has_firm & ~people.free_mail[lead] | has_all),
        "account.industry": _pick(pa.array(companies.industries), companies.industry[firm], has_all),
        "account.employees": _masked(pa.array(companies.employees[firm].astype(np.int64)), has_all),
        "account.prefecture": _pick(pa.array(PREFECTURES), companies.prefecture[firm], has_all),
    }
    return pa.table(columns)


def activities_of(ids: pa.Array, did: Activities, calendar: Calendar) -> pa.Table:
    """All activities; what an action carries comes from the catalogue."""
    columns = {"lead": _pick(ids, did.lead), "at": _times(did.at)}
    for column, field in (("type", "type"), ("path", "path"), ("content.kind", "kind")):
        columns[column] = _pick(_property(field), did.action)
    columns["content.topic"] = _pick(_property("topic"), did.action)
    columns["outcome"] = _pick(_property("outcome"), did.action)
    columns["channel"] = _pick(pa.array(CHANNELS), did.channel)
    columns["campaign"] = _campaign(did.campaign, calendar)
    order = ("lead", "at", "type", "channel", "path", "content.kind", "content.topic", "outcome", "campaign")
    return pa.table({name: columns[name] for name in order})


def decisions_of(ids: pa.Array, book: Book) -> pa.Table:
    """Everything people decided, in the order of leads."""
    lead, at, stage, role, reason, until, answers = book.decisions[: book.rows[0]].T
    days = pa.array([date_of(day).isoformat() for day in range(int(until.max(initial=0)) + 1)])
    return pa.table(
        {
            "lead": _pick(ids, lead),
            "at": _times(at),
            "to": _pick(pa.array(STAGES), stage, stage > 0),
            "role": _pick(pa.array(ROLES), role),
            "reason": _pick(pa.array(REASONS), reason, reason > 0),
            "until": _pick(days, until, until >= 0),
            "answers": _pick(_ANSWERS, answers, answers >= 0),
        }
    )


def deals_of(ids: pa.Array, people: People, companies: Companies, book: Book) -> pa.Table:
    """Every deal with its amount in yen; without `closed_at` it is still open."""
    lead, opened, closed, won = book.deals[: book.rows[2]].T
    outcome = np.where(closed < 0, 0, np.where(won == 1, 1, 2))
    return pa.table(
        {
            "lead": _pick(ids, lead),
            "opened_at": _times(opened),
            "closed_at": _times(closed, closed >= 0),
            "amount": pa.array(_amounts(people, companies)[lead]),
            "outcome": _pick(pa.array(["open", "won", "lost"]), outcome),
            "product": _pick(pa.array(_PRODUCTS), _products(people, companies)[lead]),
        }
    )


def truth_of(ids: pa.Array, people: People, cases: Cases, book: Book, looks: Looks) -> pa.Table:
    """What nobody in the company knows, per lead, what became of it, and its visits to forms, with those that it sent."""
    top = people.tops[np.arange(len(people)), people.peaks.argmax(axis=1)]
    has_project = people.peaks.max(axis=1) > 0
    columns = {
        "lead": ids,
        "created_at": _times(people.created),
        "source": _pick(pa.array(SOURCES), people.source),
        "nature": _pick(pa.array(NATURES), people.nature),
        "intent": pa.array(np.round(people.intent, 4)),
        "fit": pa.array(np.round(people.fit, 4)),
        "project_at": _times(top, has_project),
        "inside_rep": _labels("inside", cases.who["inside_rep"]),
        "field_rep": _labels("field", cases.who["field_rep"]),
        "stage": _pick(pa.array(STAGES), book.stage, book.stage > 0),
    }
    for name, stage in (
        ("accepted_at", SAL),
        ("qualified_at", SQL),
        ("opportunity_at", OPPORTUNITY),
        ("won_at", WON),
    ):
        columns[name] = _times(book.reached[:, stage], book.reached[:, stage] >= 0)
    columns |= {"forms_seen": pa.array(looks.seen), "forms_sent": pa.array(looks.sent)}
    return pa.table(columns)


class Writer:
    """The five files of one format, written beside their names and renamed together at the end."""

    def __init__(self, out: Path, format_: str) -> None:
        self.paths = {name: out / f"{name}.{format_}" for name in NAMES}
        self.rows = dict.fromkeys(NAMES, 0)
        self._sinks: dict[str, Any] = {}
        self._open = _open_parquet if format_ == "parquet" else _open_csv
        self._prepare = _same if format_ == "parquet" else _times_as_text

    def write(self, tables: dict[str, pa.Table]) -> None:
        """Append one block."""
        for name, table in tables.items():
            self.rows[name] += len(table)
            ready = self._prepare(table)
            if name not in self._sinks:
                self._sinks[name] = self._open(_part(self.paths[name]), ready.schema)
            self._sinks[name].write_table(ready)

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sink in self._sinks.values():
            sink.close()
        for path in self.paths.values():
            if kind is None:
                _part(path).replace(path)
            else:
                _part(path).unlink(missing_ok=True)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _open_parquet(path: Path, schema: pa.Schema) -> Any:
    return pq.ParquetWriter(path, schema, compression="zstd", write_statistics=False)


def _open_csv(path: Path, schema: pa.Schema) -> Any:
    return csv.CSVWriter(path, schema, write_options=csv.WriteOptions(quoting_style="needed"))


def _same(table: pa.Table) -> pa.Table:
    return table


def _times_as_text(table: pa.Table) -> pa.Table:
    """ISO 8601 with microseconds and Z; Arrow itself would put a space in the middle."""
    for n, field in enumerate(table.schema):
        if field.type == _TIME:
            table = table.set_column(n, field.name, pc.strftime(table[field.name], "%Y-%m-%dT%H:%M:%SZ"))
    return table


def _pick(values: pa.Array, rows: Ints, present: Any = None) -> pa.Array:
    """values[rows], absent where not present."""
    if present is None:
        return values.take(pa.array(rows))
    return values.take(pa.array(np.where(present, rows, 0), mask=~present))


def _masked(values: pa.Array, present: Any) -> pa.Array:
    return pc.if_else(pa.array(present), values, pa.scalar(None, values.type))


def _times(at: Ints, present: Any = None) -> pa.Array:
    return pa.array(at + START, mask=None if present is None else ~present).cast(_TIME)


def _property(field: str) -> pa.Array:
    return pa.array([getattr(action, field) or None for action in ACTIONS], pa.string())


def _campaign(campaign: Ints, calendar: Calendar) -> pa.Array:
    return _pick(pa.array(calendar.campaigns), campaign, campaign >= 0)


def _labels(team: str, rep: Ints) -> pa.Array:
    return _pick(pa.array([f"{team}-{n + 1:02d}" for n in range(int(rep.max(initial=0)) + 1)]), rep)


def _addresses(names: Ints, number: Ints, free_mail: Any, domain: pa.Array) -> pa.Array:
    suffix = pa.array(["", *(str(n) for n in range(2, 100))])
    mailbox = pc.binary_join_element_wise(_pick(_MAILBOXES, names), _pick(suffix, number % len(suffix)), "")
    host = pc.if_else(pa.array(free_mail), pa.scalar(_FREE_MAIL), domain)
    return pc.binary_join_element_wise(mailbox, host, "@")


def _version(people: People, at: Ints, applies: Any, title: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    lead = np.flatnonzero((at < NEVER) & applies)
    return lead, at[lead], np.full(len(lead), FULL), title[lead]


def _risen(people: People) -> Ints:
    rises = (people.title >= MANAGER_FROM - 1) & (people.title < STUDENT_TITLE - 1)
    return np.where(rises, people.title + 1, people.title)


def _products(people: People, companies: Companies) -> Ints:
    size = companies.employees[people.company]
    return np.searchsorted([80, 800], size + (people.number % 100), side="right").astype(np.int64)


def _amounts(people: People, companies: Companies) -> Ints:
    """Yen, in steps of 10,000: by product, then spread by factor 3 around its middle."""
    middle = np.array([600_000, 2_800_000, 12_000_000])[_products(people, companies)]
    spread = np.exp((people.number / 10_000 - 0.5) * 2 * np.log(3))
    steps: Ints = np.round(middle * spread / 10_000).astype(np.int64) * 10_000
    return steps


def block_ids(first: int, count: int) -> pa.Array:
    """The names of the leads of a block: L00000001 is the first."""
    return pa.array([f"L{n:08d}" for n in itertools.islice(itertools.count(first + 1), count)], pa.string())
