"""The tables that figures are counted in, made of the facts known at a time; each row knows its lead, time and slices.

`n` numbers the leads. `us` is the time of what is counted, µs since 1970 UTC; months and weeks are those of the agreement's
time zone. A `late` row is about a time up to `as_of` but became known after it: it is counted as late and nowhere else.
All statements read the leads in `touched`, so that what is new costs what is new.
"""

from __future__ import annotations

DAYS_OF_CONTENT = 90
"""Content that a lead touched so many days before it became an MQL counts as consumed."""

SLICES = ("source", "campaign", "content", "persona", "team", "rep", "version", "path", "channel", "account")
"""Columns that every table has, by which figures are sliced."""

# The facts of touched leads; those of before stay out.
SOURCES = """
CREATE OR REPLACE TEMP VIEW some_transitions AS SELECT * FROM transitions_all
    SEMI JOIN touched USING (lead) WHERE "at" <= {now};
CREATE OR REPLACE TEMP VIEW some_handoffs AS SELECT * FROM handoffs_all
    SEMI JOIN touched USING (lead) WHERE opened_at <= {now};
CREATE OR REPLACE TEMP VIEW some_leads AS SELECT * FROM leads_all
    SEMI JOIN touched USING (lead) WHERE recorded_at <= {now};
CREATE OR REPLACE TEMP VIEW some_activities AS SELECT * FROM activities_all
    SEMI JOIN touched USING (lead) WHERE "at" <= {now};
CREATE OR REPLACE TEMP VIEW some_deals AS
    SELECT * FROM deals_all WHERE (lead IS NULL OR lead IN (FROM touched)) AND coalesce(opened_at, recorded_at) <= {now};
"""

# What was known at {now}: of a row with versions the last one.
KNOWN = """
CREATE OR REPLACE VIEW transitions AS SELECT * FROM transitions_all WHERE "at" <= {now} AND recorded_at <= {now};
CREATE OR REPLACE VIEW activities AS SELECT * FROM activities_all WHERE "at" <= {now} AND recorded_at <= {now};
CREATE OR REPLACE VIEW leads AS
    SELECT DISTINCT ON (lead) * FROM leads_all WHERE recorded_at <= {now} ORDER BY lead, revision DESC;
CREATE OR REPLACE VIEW handoffs AS
    SELECT DISTINCT ON (id) * FROM handoffs_all WHERE opened_at <= {now} AND recorded_at <= {now} ORDER BY id, revision DESC;
CREATE OR REPLACE VIEW deals AS
    SELECT DISTINCT ON (deal) * FROM deals_all
    WHERE coalesce(opened_at, recorded_at) <= {now} AND recorded_at <= {now} ORDER BY deal, revision DESC;
"""

PEOPLE = """
CREATE OR REPLACE TEMP TABLE new_people AS
WITH told AS (SELECT DISTINCT ON (lead) * FROM some_leads ORDER BY lead, revision DESC)
SELECT coalesce((SELECT max(n) + 1 FROM people), 0) + row_number() OVER (ORDER BY lead) - 1 AS n, lead, account, channel,
       source, campaign, content, persona, team, rep, coalesce(anonymous, false) AS anonymous, excluded
FROM touched LEFT JOIN told USING (lead);
"""

ORDERED = """
CREATE OR REPLACE TEMP TABLE ordered AS
SELECT n::BIGINT AS n, epoch_us(t."at") AS us, stages.place::BIGINT AS stage,
       coalesce(before.place, -1)::BIGINT AS came_from,
       t.by_hand, t.is_return, t.reason, t.version, t.score, t.engagement, t.fit, t.grade, t.pass,
       t.recorded_at > {now} AS late
FROM some_transitions AS t JOIN new_people AS p USING (lead)
JOIN stages ON stages.id = t.to_stage LEFT JOIN stages AS before ON before.id = t.from_stage
ORDER BY late, n, t.ordinal;
"""

ENTRIES = """
CREATE OR REPLACE TEMP TABLE new_entries AS
SELECT o.n::INTEGER AS n, o.us, o.stage::TINYINT AS stage, o.came_from::TINYINT AS came_from, o.by_hand, o.is_return,
       o.reason, o.version, o.score, o.engagement, o.fit, o.pass, o.late, runs.* EXCLUDE (path),
       CASE runs.path WHEN 1 THEN 'SGL' ELSE 'marketing' END AS path, NULL::INTEGER AS contents,
       {month_us} AS month, {week_us} AS week, {month_left} AS left_month, {week_left} AS left_week,
       p.source, p.campaign, p.content, coalesce(p.persona, o.grade) AS persona, p.team, p.rep, p.channel, p.account
FROM ordered AS o POSITIONAL JOIN runs JOIN new_people AS p ON p.n = o.n;
"""

CONTENTS = f"""
UPDATE new_entries SET contents = 0 WHERE stage = {{mql}} AND NOT late;
UPDATE new_entries SET contents = counted.contents FROM (
    SELECT e.n, e.us, count(*) AS contents
    FROM new_entries AS e JOIN new_people AS p ON p.n = e.n JOIN some_activities AS a ON a.lead = p.lead
    WHERE e.stage = {{mql}} AND NOT e.late AND a.content_kind IS NOT NULL AND a.recorded_at <= {{now}}
      AND epoch_us(a."at") <= e.us AND epoch_us(a."at") > e.us - {DAYS_OF_CONTENT * 86_400_000_000}
    GROUP BY ALL
) AS counted WHERE new_entries.n = counted.n AND new_entries.us = counted.us AND new_entries.stage = {{mql}};
"""

HANDED = """
CREATE OR REPLACE TEMP TABLE new_handed AS
WITH told AS (
    SELECT *, false AS late FROM
        (SELECT DISTINCT ON (id) * FROM some_handoffs WHERE recorded_at <= {now} ORDER BY id, revision DESC)
    UNION ALL SELECT *, true FROM some_handoffs WHERE recorded_at > {now} AND revision = 1
), timed AS (
    SELECT *, epoch_us(opened_at) AS us, {month_us} AS month, {week_us} AS week FROM told
)
SELECT p.n::INTEGER AS n, h.us, stages.place::TINYINT AS stage, h.late, h.outcome, epoch_us(h.due_at) AS due_us,
       h.touch_seconds / 3600 AS touch_hours, h.touch_business / 3600 AS touch_business_hours,
       h.answer_seconds / 3600 AS answer_hours, h.answer_business / 3600 AS answer_business_hours,
       coalesce(h.met, CASE WHEN h.outcome = 'open' AND h.due_at <= {now} THEN false END) AS met,
       h.month, h.week, coalesce(h.team, h.team_role) AS team, h.rep,
       p.source, p.campaign, p.content, coalesce(p.persona, e.persona) AS persona, e.version, e.path, p.channel, p.account
FROM timed AS h JOIN new_people AS p USING (lead) JOIN stages ON stages.id = h.stage
LEFT JOIN (SELECT DISTINCT ON (n, us, stage) * FROM new_entries ORDER BY late) AS e
    ON e.n = p.n AND e.us = h.us AND e.stage = stages.place;
"""

WORTH = """
CREATE OR REPLACE TEMP TABLE new_worth AS
WITH known AS (
    SELECT DISTINCT ON (deal) * FROM some_deals WHERE recorded_at <= {now} ORDER BY deal, revision DESC
), coming AS (
    SELECT d.*, known.state IS NULL AS opened_late, d.state <> 'open' AND d.closed_at <= {now} AS closed_late
    FROM some_deals AS d LEFT JOIN known ON known.deal = d.deal
    WHERE d.recorded_at > {now} AND (known.state IS NULL OR known.state = 'open')
), told AS (
    SELECT *, false AS opened_late, false AS closed_late FROM known
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (deal) * FROM coming WHERE opened_late OR closed_late ORDER BY deal, closed_late DESC, revision)
), timed AS (
    SELECT *, epoch_us(coalesce(opened_at, recorded_at)) AS us, epoch_us(closed_at) AS closed_us,
           {month_us} AS opened_month, {week_us} AS opened_week, {month_closed} AS closed_month, {week_closed} AS closed_week
    FROM told
)
SELECT p.n::INTEGER AS n, d.deal, d.state, d.amount, d.currency, d.us AS opened_us, d.closed_us,
       CASE WHEN d.opened_at IS NOT NULL THEN (d.closed_us - d.us) / 86400e6 END AS days, d.opened_late, d.closed_late,
       d.opened_month, d.opened_week, d.closed_month, d.closed_week,
       coalesce(d.team, p.team) AS team, coalesce(d.rep, p.rep) AS rep, p.source, p.campaign, p.content,
       coalesce(p.persona, e.persona) AS persona, e.version, e.path, p.channel, coalesce(d.account, p.account) AS account
FROM timed AS d LEFT JOIN new_people AS p USING (lead)
ASOF LEFT JOIN (SELECT * FROM new_entries WHERE NOT late) AS e ON e.n = p.n AND e.us <= d.us;
"""

# A visit to a form: a lead, a form, a day of its time zone; done if the lead sends that form within a day of the first look.
FORMS = """
CREATE OR REPLACE TEMP TABLE new_forms AS
WITH steps AS (
    SELECT lead, form, form_step, epoch_us("at") AS us, recorded_at > {now} AS late,
           timezone('{zone}', "at")::DATE AS day
    FROM some_activities WHERE form_step IS NOT NULL
), visits AS (
    SELECT lead, form, day, min(us) AS us, late FROM steps WHERE form_step = 'view' GROUP BY ALL
), done AS (
    SELECT v.lead, v.form, v.us FROM visits AS v JOIN steps AS s USING (lead, form)
    WHERE s.form_step = 'submit' AND NOT s.late AND s.us >= v.us AND s.us < v.us + 86400000000 GROUP BY ALL
)
SELECT p.n::INTEGER AS n, v.form, v.us, v.late, done.lead IS NOT NULL AS done, {month_us} AS month, {week_us} AS week,
       p.source, p.campaign, p.content, p.persona, p.team, p.rep, NULL::VARCHAR AS version, NULL::VARCHAR AS path, p.channel,
       p.account
FROM visits AS v JOIN new_people AS p USING (lead) LEFT JOIN done USING (lead, form, us);
"""

MADE = ("people", "entries", "handed", "worth", "forms")
"""Tables that are kept; each has a `new_` one of the touched leads."""


def period(unit: str, column: str, zone: str) -> str:
    """The first day of the month or ISO week in which µs UTC lie, in the time zone."""
    return f"date_trunc('{unit}', timezone('{zone}', make_timestamptz({column})))::DATE"
