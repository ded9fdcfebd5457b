"""Facts of a history: who the leads are, in versions, and what they did."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasuki.agreement import Agreement
from tasuki.agreement.conditions import Both, Condition, Either, Has, Negation, TraitHolds, walk
from tasuki.engine.predicates import holds
from tasuki.history import History, Shapes
from tasuki.history.entries import ACTIVITIES, PROFILES
from tasuki.metrics.facts import schema
from tasuki.metrics.facts.entries import entries_of

FIELDS = ("account.name", "source", "campaign", "persona", "owner", "owner.team", "email", "name", "phone")
PROPERTIES = ("type", "channel", "path", "content.kind", "content.topic", "form", "campaign")

# Of what a lead did only the first of each counts here, so that 10 million activities are grouped, not sorted.
_LEADS = """
WITH firsts AS (
    SELECT lead, min("at") AS "at",
           min({"at": "at", value: channel}) FILTER (channel IS NOT NULL) AS channel,
           min({"at": "at", value: campaign}) FILTER (campaign IS NOT NULL) AS campaign,
           min({"at": "at", value: coalesce(path, "content.topic", "content.kind")}) FILTER ("content.kind" IS NOT NULL)
               AS content
    FROM activities GROUP BY lead
), told AS (
    SELECT lead, "at", 0 AS kind, "account.name" AS account, NULL AS channel, source, campaign, NULL AS content, persona,
           "owner.team" AS team, owner AS rep, coalesce(email, name, phone) IS NULL AS anonymous, excluded
    FROM profiles
    UNION ALL BY NAME SELECT lead, "at", 1 AS kind FROM firsts
    UNION ALL BY NAME
    SELECT lead, channel."at" AS "at", 1 AS kind, channel.value AS channel FROM firsts WHERE channel IS NOT NULL
    UNION ALL BY NAME
    SELECT lead, campaign."at" AS "at", 1 AS kind, campaign.value AS campaign FROM firsts WHERE campaign IS NOT NULL
    UNION ALL BY NAME
    SELECT lead, content."at" AS "at", 1 AS kind, content.value AS content FROM firsts WHERE content IS NOT NULL
), known AS (
    SELECT lead, "at", kind, {
               account: last_value(account IGNORE NULLS) OVER so_far,
               created_at: min("at") OVER so_far,
               channel: first_value(channel IGNORE NULLS) OVER so_far,
               source: first_value(source IGNORE NULLS) OVER so_far,
               campaign: first_value(campaign IGNORE NULLS) OVER so_far,
               content: first_value(content IGNORE NULLS) OVER so_far,
               persona: last_value(persona IGNORE NULLS) OVER so_far,
               team: last_value(team IGNORE NULLS) OVER so_far,
               rep: last_value(rep IGNORE NULLS) OVER so_far,
               anonymous: coalesce(last_value(anonymous IGNORE NULLS) OVER so_far, true),
               excluded: last_value(excluded IGNORE NULLS) OVER so_far
           } AS now
    FROM told
    WINDOW so_far AS (PARTITION BY lead ORDER BY "at", kind RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), changed AS (
    SELECT lead, "at", kind, now FROM known
    QUALIFY now IS DISTINCT FROM lag(now) OVER (PARTITION BY lead ORDER BY "at", kind)
)
SELECT lead, row_number() OVER (PARTITION BY lead ORDER BY "at", kind) AS revision, unnest(now), "at" AS recorded_at
FROM changed ORDER BY lead, revision
"""

# A page on which a form was ever sent is seen when it is looked at, unless the form tells of its views itself.
_ACTIVITIES = """
WITH forms AS (
    SELECT coalesce(form, path) AS form, bool_or(type = 'form_view') AS tells FROM activities
    WHERE type IN ('form_view', 'form_submit') AND coalesce(form, path) IS NOT NULL GROUP BY ALL
)
SELECT a.lead, a."at", a."at" AS recorded_at, coalesce(a.type, '') AS type, a.channel, a.path,
       a."content.kind" AS content_kind, a."content.topic" AS content_topic,
       CASE WHEN a.type IN ('form_view', 'form_submit') THEN coalesce(a.form, a.path) ELSE seen.form END AS form,
       CASE WHEN a.type = 'form_submit' THEN 'submit' WHEN a.type = 'form_view' OR seen.form IS NOT NULL THEN 'view' END
           AS form_step
FROM activities AS a
LEFT JOIN forms AS seen ON a.type = 'page_view' AND a.path = seen.form AND NOT seen.tells
"""


def people_and_activities(
    history: History, agreement: Agreement, as_of: int
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """The tables `leads` and `activities` up to `as_of` (µs UTC); and the activities with who did them, raw."""
    raw = entries_of(history, ACTIVITIES, PROPERTIES, as_of)
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("profiles", _profiles(history, agreement, as_of))
        db.register("activities", raw)
        leads = db.sql(_LEADS).to_arrow_table().cast(schema.LEADS.schema)
        activities = db.sql(_ACTIVITIES).to_arrow_table().cast(schema.ACTIVITIES.schema)
    return leads, activities, raw


def _profiles(history: History, agreement: Agreement, as_of: int) -> pa.Table:
    """Profiles with `excluded`: whether that condition holds, null where it asks for more than the profile."""
    condition = agreement.excluded
    if condition is None:
        marks = {"excluded": np.zeros(len(history.profiles), np.bool_)}
    elif all(isinstance(node, (TraitHolds, Has, Negation, Both, Either)) for node in walk(condition)):
        marks = {"excluded": _holds(condition, history.profiles, agreement)}
    else:
        found = entries_of(history, PROFILES, FIELDS, as_of)
        return found.append_column("excluded", pa.nulls(len(found), pa.bool_()))
    return entries_of(history, PROFILES, FIELDS, as_of, marks)


def _holds(condition: Condition, profiles: Shapes, agreement: Agreement) -> NDArray[np.bool_]:
    match condition:
        case TraitHolds(trait=trait):
            return holds(agreement.traits[trait].predicate, profiles)
        case Has(field=field):
            column = profiles.column(field)
            return np.zeros(len(profiles), np.bool_) if column is None else column.index >= 0
        case Negation(part=part):
            return ~_holds(part, profiles, agreement)
        case Both(parts=parts):
            every: NDArray[np.bool_] = np.all([_holds(part, profiles, agreement) for part in parts], axis=0)
            return every
        case Either(parts=parts):
            some: NDArray[np.bool_] = np.any([_holds(part, profiles, agreement) for part in parts], axis=0)
            return some
    raise AssertionError(f"{condition} asks for more than the profile")
