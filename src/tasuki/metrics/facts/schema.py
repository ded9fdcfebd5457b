"""The tables of facts, column by column: the one place that says what a fact is.

Times are UTC with microseconds. A table with `revision` keeps versions: a row that is changed later is written again
with the next revision and the time at which that became known, and the older row stays. `recorded_at` is when a row
became known; it is later than the time that the row is about where the entry came late.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

TIME = pa.timestamp("us", "UTC")
TEXT = pa.string()
NUMBER = pa.float64()
COUNT = pa.int32()
MONEY = pa.decimal128(18, 2)


@dataclass(frozen=True)
class Column:
    """One column: its type, and its meaning with unit. A column that is not `needed` may be null."""

    name: str
    type: pa.DataType
    meaning: str
    needed: bool = False


@dataclass(frozen=True)
class Table:
    """One table of facts; `key`: what a row is about, empty where rows are never written again."""

    name: str
    meaning: str
    at: str
    """The column with the time that a row is about."""
    columns: tuple[Column, ...]
    key: str = ""

    @property
    def schema(self) -> pa.Schema:
        """As Arrow and Parquet have it."""
        return pa.schema([pa.field(c.name, c.type, nullable=not c.needed) for c in self.columns])


RECORDED = Column("recorded_at", TIME, "when this row became known", True)
REVISION = Column("revision", COUNT, "1 for what was known first; the highest known one counts", True)
LEAD = Column("lead", TEXT, "the lead's id", True)

TRANSITIONS = Table("transitions", "every entry into a stage; never changed", "at", (
    LEAD,
    Column("ordinal", COUNT, "counts the lead's transitions, from 1", True),
    Column("at", TIME, "when the stage was entered", True),
    RECORDED,
    Column("from_stage", TEXT, "the stage before; null: none yet"),
    Column("to_stage", TEXT, "the stage entered", True),
    Column("cause", TEXT, "`path`, `decision` or `timeout`", True),
    Column("path", TEXT, "like `MQL.0`, the agreement's path; the role for a decision; null for a timeout"),
    Column("role", TEXT, "of whoever decided; null if nobody did"),
    Column("by_hand", pa.bool_(), "a person decided", True),
    Column("is_return", pa.bool_(), "the lead went back: recycled, disqualified, lost, or to an earlier stage", True),
    Column("reason", TEXT, "given with the decision, or the timeout's"),
    Column("version", TEXT, "of the agreement in force"),
    Column("score", NUMBER, "the main score just before resets, in points"),
    Column("engagement", NUMBER, "the score of behaviour, in points"),
    Column("fit", NUMBER, "the score of fit, in points"),
    Column("grade", TEXT, "the grade of the fit score; null: none"),
    Column("scores", pa.map_(TEXT, NUMBER), "every score by its id, in points"),
    Column("pass", COUNT, "the how manieth time that this lead enters this stage", True),
))  # fmt: skip

HANDOFFS = Table("handoffs", "leads given to a team with a due time, until they are answered", "opened_at", (
    Column("id", TEXT, "of the handoff", True),
    REVISION,
    LEAD,
    Column("stage", TEXT, "the stage whose entry handed the lead over", True),
    Column("team_role", TEXT, "whom the agreement hands over to", True),
    Column("team", TEXT, "the team that had it last"),
    Column("rep", TEXT, "the person it was given to"),
    Column("opened_at", TIME, "when it was handed over", True),
    Column("due_at", TIME, "when an answer is due; null: the agreement sets no time"),
    Column("first_touch_at", TIME, "the first call, meeting or message, or the answer, whichever came first"),
    Column("closed_at", TIME, "when the lead left the stage; null: still open"),
    Column("outcome", TEXT, "`open`, `accepted`, `returned`, `expired` or `other`", True),
    Column("touch_seconds", NUMBER, "from handoff to first touch by the clock on the wall, in seconds"),
    Column("touch_business", NUMBER, "the same in working time, in seconds"),
    Column("answer_seconds", NUMBER, "from handoff to answer by the clock on the wall, in seconds"),
    Column("answer_business", NUMBER, "the same in working time, in seconds"),
    Column("met", pa.bool_(), "answered inside the service level; null: not known yet, or there is none"),
    RECORDED,
), key="id")  # fmt: skip

LEADS = Table("leads", "who the leads are, as far as figures are sliced by it", "created_at", (
    LEAD,
    REVISION,
    Column("account", TEXT, "the name or id of its company"),
    Column("created_at", TIME, "its first entry", True),
    Column("channel", TEXT, "of its first activity"),
    Column("source", TEXT, "where it came from first"),
    Column("campaign", TEXT, "that brought it first"),
    Column("content", TEXT, "the first content that it touched: its path, else its kind"),
    Column("persona", TEXT, "a segment given to it; null: the grade of fit stands in"),
    Column("team", TEXT, "of its owner"),
    Column("rep", TEXT, "its owner"),
    Column("anonymous", pa.bool_(), "neither mail address, name nor telephone is known", True),
    Column("excluded", pa.bool_(), "the agreement's `excluded` holds; null: it depends on more than the profile"),
    RECORDED,
), key="lead")  # fmt: skip

ACTIVITIES = Table("activities", "what leads did, or what was done with them", "at", (
    LEAD,
    Column("at", TIME, "when", True),
    RECORDED,
    Column("type", TEXT, "like `page_view`, `form_submit`, `call`", True),
    Column("channel", TEXT, "like `email`, `exhibition`"),
    Column("path", TEXT, "of the page"),
    Column("content_kind", TEXT, "like `whitepaper`; null: no content"),
    Column("content_topic", TEXT, "like `security`"),
    Column("form", TEXT, "the form that was seen or sent: its id, else its path"),
    Column("form_step", TEXT, "`view` or `submit`"),
))  # fmt: skip

DEALS = Table("deals", "what leads are worth in money", "opened_at", (
    Column("deal", TEXT, "its id", True),
    REVISION,
    Column("lead", TEXT, "the lead's id; null: not known"),
    Column("account", TEXT, "the company"),
    Column("rep", TEXT, "its owner"),
    Column("team", TEXT, "of its owner"),
    Column("amount", MONEY, "in units of the currency; null: not said"),
    Column("currency", TEXT, "ISO 4217, like `JPY`; null: not said"),
    Column("state", TEXT, "`open`, `won` or `lost`", True),
    Column("opened_at", TIME, "when it was opened; null: not known"),
    Column("closed_at", TIME, "when it was won or lost; null: open"),
    RECORDED,
), key="deal")  # fmt: skip

TABLES = {table.name: table for table in (TRANSITIONS, HANDOFFS, LEADS, ACTIVITIES, DEALS)}
