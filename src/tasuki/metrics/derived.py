"""The tables that figures are counted in, made of the facts known at a time; each row knows its lead, time and slices.

`n` numbers the leads. `us` is the time of what is counted, µs since 1970 UTC; months and weeks are those of the agreement's
time zone. A `late` row is about a time up to `as_of` but became known after it: it is counted as late and nowhere else.

All statements read `fresh_` facts, which are all of them where everything is made anew, else those that were not known yet;
then what is known of the same leads comes from the tables themselves, by the clauses of KEPT. So what is new costs what is
new, and no fact is read twice.
"""

from __future__ import annotations

from collections.abc import Mapping

DAYS_OF_CONTENT = 90
"""Content that a lead touched so many days before it became an MQL counts as consumed."""

SLICES = ("source", "campaign", "content", "persona", "team", "rep", "version", "path", "channel", "account")
"""Columns that every table has, by which figures are sliced."""

KEPT: Mapping[str, str] = {
    "people": "UNION ALL BY NAME SELECT * EXCLUDE (n, known, company) FROM old_people",
    "entries": """
        UNION ALL BY NAME SELECT n, ordinal, us, stage, came_from, by_hand, is_return, reason, version, score, engagement,
            fit, grade, pass, late
        FROM old_entries WHERE NOT late
    """,
    "steps": "UNION ALL FROM steps SEMI JOIN (FROM touched WHERE made) USING (n)",
    "handed": """
        UNION ALL BY NAME SELECT * EXCLUDE (month, week, persona, version, path, source, campaign, content, channel, account,
            company)
        FROM old_handed WHERE NOT late
    """,
    "worth": """
        UNION ALL BY NAME SELECT n, deal, revision, own_account AS account, own_team AS team, own_rep AS rep, amount,
            currency, state, opened_us AS us, closed_us, days IS NOT NULL AS timed
        FROM old_worth WHERE NOT opened_late AND NOT closed_late
    """,
}  # fmt: skip
"""What is known already of the leads of which something is made anew."""

GONE: Mapping[str, str] = {
    "people": "", "entries": "", "handed": "", "forms": "",
    "worth": "OR n IS NULL AND deal IN (SELECT deal FROM fresh_deals)",
}  # fmt: skip
"""Tables of which the rows of these leads are made anew, and which others."""

INDEXED = ("people", "entries", "handed", "forms")
"""Tables in which the rows of some leads are found by an index: 50 MB for a million leads."""

# What was known at `now`: of a row with versions the last one.
KNOWN = """
CREATE OR REPLACE VIEW transitions AS
    SELECT * FROM transitions_all WHERE "at" <= getvariable('now') AND recorded_at <= getvariable('now');
CREATE OR REPLACE VIEW activities AS
    SELECT * FROM activities_all WHERE "at" <= getvariable('now') AND recorded_at <= getvariable('now');
CREATE OR REPLACE VIEW leads AS
    SELECT DISTINCT ON (lead) * FROM leads_all WHERE recorded_at <= getvariable('now') ORDER BY lead, revision DESC;
CREATE OR REPLACE VIEW handoffs AS
    SELECT DISTINCT ON (id) * FROM handoffs_all
    WHERE opened_at <= getvariable('now') AND recorded_at <= getvariable('now') ORDER BY id, revision DESC;
CREATE OR REPLACE VIEW deals AS
    SELECT DISTINCT ON (deal) * FROM deals_all
    WHERE coalesce(opened_at, recorded_at) <= getvariable('now') AND recorded_at <= getvariable('now')
    ORDER BY deal, revision DESC;
"""

# Companies by number, since counting different numbers is quick; a number stays. So does that of a lead.
COMPANIES = """
CREATE TABLE IF NOT EXISTS companies (account VARCHAR, company INTEGER);
INSERT INTO companies
SELECT account, (SELECT count(*) FROM companies) + row_number() OVER (ORDER BY account) FROM (
    SELECT account FROM fresh_leads WHERE account <> '' UNION SELECT account FROM fresh_deals WHERE account <> ''
) ANTI JOIN companies USING (account);
"""

LEADS = """
    SELECT lead, min(recorded_at) AS since FROM (
        SELECT lead, recorded_at FROM fresh_transitions UNION ALL SELECT lead, recorded_at FROM fresh_handoffs
        UNION ALL SELECT lead, recorded_at FROM fresh_leads
        UNION ALL SELECT lead, recorded_at FROM fresh_deals WHERE lead IS NOT NULL
    ) GROUP BY lead
"""
"""Leads that there are by these facts, and since when; activities alone make none."""

# Leads by their numbers; those that are `made` anew, others are only to be found; those that are `known` at the time.
EVERYBODY = f"""
CREATE OR REPLACE TEMP TABLE touched AS
SELECT lead, (row_number() OVER (ORDER BY lead) - 1)::INTEGER AS n, true AS made, since <= {{now}} AS known FROM ({LEADS});
"""

# Made anew is, too: of whom a handoff or deal was before; who was at a form; who came to a content at a time up to which all
# was known already, for entries since then count it.
SOME = f"""
CREATE OR REPLACE TEMP TABLE touched AS
WITH leads AS ({LEADS}), made AS (
    SELECT lead FROM leads UNION SELECT lead FROM people WHERE n IN (
        SELECT n FROM handed SEMI JOIN (FROM fresh_handoffs WHERE revision > 1) USING (id)
        UNION SELECT n FROM worth SEMI JOIN (FROM fresh_deals WHERE revision > 1) USING (deal)
    ) UNION SELECT lead FROM fresh_activities
    WHERE form_step IS NOT NULL OR content_kind IS NOT NULL AND "at" <= make_timestamptz({{before}})
), everybody AS (
    FROM made UNION SELECT lead FROM fresh_activities WHERE content_kind IS NOT NULL
)
SELECT lead, (coalesce(people.n, {{next}} + row_number() OVER (ORDER BY people.n IS NOT NULL, lead) - 1))::INTEGER AS n,
       is_made IS NOT NULL AS made, coalesce(people.known, false) OR coalesce(since <= {{now}}, false) AS known
FROM everybody LEFT JOIN (SELECT lead, true AS is_made FROM made) USING (lead)
LEFT JOIN leads USING (lead) LEFT JOIN people USING (lead)
WHERE people.n IS NOT NULL OR since IS NOT NULL;
"""

PEOPLE = """
CREATE OR REPLACE TABLE new_people AS
WITH told AS (
    SELECT DISTINCT ON (lead) * FROM (
        SELECT lead, revision, account, channel, source, campaign, content, persona, team, rep,
               coalesce(anonymous, false) AS anonymous, excluded
        FROM fresh_leads WHERE recorded_at <= {now} {people}
    ) ORDER BY lead, revision DESC
)
SELECT n, lead, known, revision, account, channel, source, campaign, content, persona, team, rep,
       coalesce(anonymous, false) AS anonymous, excluded, company
FROM touched LEFT JOIN told USING (lead) LEFT JOIN companies USING (account) WHERE made;
"""

ORDERED = """
CREATE OR REPLACE TEMP TABLE ordered AS
SELECT * REPLACE (n::INTEGER AS n, stage::TINYINT AS stage, came_from::TINYINT AS came_from)
FROM (
    SELECT n, t.ordinal, epoch_us(t."at") AS us, stages.place AS stage, coalesce(before.place, -1) AS came_from,
           t.by_hand, t.is_return, t.reason, t.version, t.score, t.engagement, t.fit, t.grade, t.pass,
           t.recorded_at > {now} AS late
    FROM fresh_transitions AS t JOIN new_people AS p USING (lead)
    JOIN stages ON stages.id = t.to_stage LEFT JOIN stages AS before ON before.id = t.from_stage
    WHERE t."at" <= {now} {entries}
) ORDER BY late, n, ordinal;
"""

COUNTED = "(content_kind IS NOT NULL OR form_step IS NOT NULL)"
"""Of what a lead did only that counts which is content, or a step of a form."""
STEPS = f"""
CREATE OR REPLACE TABLE new_steps AS
SELECT p.n, epoch_us(a."at") AS us, a.form, a.form_step AS step, a.content_kind IS NOT NULL AS content,
       a.recorded_at > {{now}} OR NOT p.known AS late
FROM fresh_activities AS a JOIN touched AS p USING (lead)
WHERE a."at" <= {{now}} AND {COUNTED};
CREATE OR REPLACE TEMP VIEW some_steps AS FROM new_steps {{steps}};
"""

CONTENTS = f"""
CREATE OR REPLACE TEMP TABLE contents AS
WITH entered AS (SELECT n, us FROM ordered WHERE stage = {{mql}} AND NOT late)
SELECT e.n, e.us AS at_us, count(s.n)::INTEGER AS contents
FROM entered AS e LEFT JOIN some_steps AS s
    ON s.n = e.n AND s.content AND NOT s.late AND s.us <= e.us AND s.us > e.us - {DAYS_OF_CONTENT * 86_400_000_000}
GROUP BY e.n, e.us;
"""

# Stage by stage, each in the order of time: what is asked of a stage and a month reads little else.
ENTRIES = """
CREATE OR REPLACE TABLE new_entries AS
SELECT o.n, o.ordinal, o.us, o.stage, o.came_from, o.by_hand, o.is_return,
       o.reason, o.version, o.score, o.engagement, o.fit, o.grade, o.pass, o.late, runs.* EXCLUDE (path),
       CASE runs.path WHEN 1 THEN 'SGL' ELSE 'marketing' END AS path, c.contents,
       {month_us} AS month, {week_us} AS week, {month_left} AS left_month, {week_left} AS left_week,
       p.source, p.campaign, p.content, coalesce(p.persona, o.grade) AS persona, p.team, p.rep, p.channel,
       p.account, p.company
FROM ordered AS o POSITIONAL JOIN runs JOIN new_people AS p ON p.n = o.n
LEFT JOIN contents AS c ON c.n = o.n AND c.at_us = o.us AND o.stage = {mql} AND NOT o.late
ORDER BY o.stage, o.us;
"""

HANDED = """
CREATE OR REPLACE TABLE new_handed AS
WITH told AS (
    SELECT n, h.id, h.revision, epoch_us(h.opened_at) AS us, stages.place AS stage, h.recorded_at > {now} AS late, h.outcome,
           epoch_us(h.due_at) AS due_us, h.touch_seconds / 3600 AS touch_hours,
           h.touch_business / 3600 AS touch_business_hours, h.answer_seconds / 3600 AS answer_hours,
           h.answer_business / 3600 AS answer_business_hours, h.met, coalesce(h.team, h.team_role) AS team, h.rep
    FROM fresh_handoffs AS h JOIN new_people USING (lead) JOIN stages ON stages.id = h.stage
    WHERE h.opened_at <= {now} {handed}
), counted AS (
    FROM (SELECT DISTINCT ON (id) * FROM told WHERE NOT late ORDER BY id, revision DESC)
    UNION ALL FROM told WHERE late AND revision = 1
)
SELECT h.n::INTEGER AS n, h.id, h.revision, h.us, h.stage::TINYINT AS stage, h.late, h.outcome, h.due_us,
       h.touch_hours, h.touch_business_hours, h.answer_hours, h.answer_business_hours,
       coalesce(h.met, CASE WHEN h.outcome = 'open' AND h.due_us <= {now_us} THEN false END) AS met,
       {month_given} AS month, {week_given} AS week, h.team, h.rep,
       p.source, p.campaign, p.content, coalesce(p.persona, e.persona) AS persona, e.version, e.path, p.channel, p.account,
       p.company
FROM counted AS h JOIN new_people AS p USING (n)
LEFT JOIN (SELECT DISTINCT ON (n, us, stage) * FROM new_entries ORDER BY late) AS e
    ON e.n = h.n AND e.us = h.us AND e.stage = h.stage
ORDER BY h.us;
"""

# A deal of which something became known late stands here twice: `late` is null where that row says nothing new.
WORTH = """
CREATE OR REPLACE TABLE new_worth AS
WITH facts AS (
    SELECT p.n, d.deal, d.revision, d.account, d.team, d.rep, d.amount, d.currency, d.state,
           epoch_us(coalesce(d.opened_at, d.recorded_at)) AS us, epoch_us(d.closed_at) AS closed_us,
           d.opened_at IS NOT NULL AS timed, d.recorded_at > {now} AS is_late
    FROM fresh_deals AS d LEFT JOIN new_people AS p USING (lead)
    WHERE coalesce(d.opened_at, d.closed_at, d.recorded_at) <= {now}
), known AS (
    SELECT DISTINCT ON (deal) * FROM (
        SELECT * EXCLUDE (is_late) FROM facts WHERE NOT is_late {worth}
    ) ORDER BY deal, revision DESC
), coming AS (
    SELECT d.* EXCLUDE (is_late), CASE WHEN known.state IS NULL THEN true END AS opened_late,
           CASE WHEN d.state <> 'open' AND d.closed_us <= {now_us} THEN true END AS closed_late
    FROM facts AS d LEFT JOIN known ON known.deal = d.deal
    WHERE d.is_late AND coalesce(known.state, 'open') = 'open'
), told AS (
    SELECT *, false AS opened_late, false AS closed_late FROM known
    UNION ALL BY NAME
    SELECT * FROM (
        SELECT DISTINCT ON (deal) * FROM coming WHERE opened_late OR closed_late
        ORDER BY deal, closed_late NULLS LAST, revision
    )
)
SELECT d.n::INTEGER AS n, d.deal, d.revision, d.state, d.amount, d.currency, d.us AS opened_us, d.closed_us,
       CASE WHEN d.timed THEN (d.closed_us - d.us) / 86400e6 END AS days, d.opened_late, d.closed_late,
       {month_opened} AS opened_month, {week_opened} AS opened_week,
       {month_closed} AS closed_month, {week_closed} AS closed_week,
       d.account AS own_account, d.team AS own_team, d.rep AS own_rep,
       coalesce(d.team, p.team) AS team, coalesce(d.rep, p.rep) AS rep, p.source, p.campaign, p.content,
       coalesce(p.persona, e.persona) AS persona, e.version, e.path, p.channel, coalesce(d.account, p.account) AS account,
       coalesce(own.company, p.company) AS company
FROM told AS d LEFT JOIN new_people AS p USING (n) LEFT JOIN companies AS own ON own.account = d.account
ASOF LEFT JOIN (SELECT * FROM new_entries WHERE NOT late) AS e ON e.n = d.n AND e.us <= d.us;
"""

# A visit to a form: a lead, a form, a day of its time zone; done if the lead sends that form within a day of the first look.
FORMS = """
CREATE OR REPLACE TABLE new_forms AS
WITH turns AS (
    SELECT n, form, step, us, late, timezone('{zone}', make_timestamptz(us))::DATE AS day
    FROM some_steps WHERE step IS NOT NULL
), visits AS (
    SELECT n, form, day, min(us) AS us, late FROM turns WHERE step = 'view' GROUP BY ALL
), done AS (
    SELECT v.n, v.form, v.us FROM visits AS v JOIN turns AS s USING (n, form)
    WHERE s.step = 'submit' AND NOT s.late AND s.us >= v.us AND s.us < v.us + 86400000000 GROUP BY ALL
)
SELECT v.n, v.form, v.us, v.late, done.n IS NOT NULL AS done, {month_us} AS month, {week_us} AS week,
       p.source, p.campaign, p.content, p.persona, p.team, p.rep, NULL::VARCHAR AS version, NULL::VARCHAR AS path, p.channel,
       p.account, p.company
FROM visits AS v JOIN new_people AS p USING (n) LEFT JOIN done USING (n, form, us)
ORDER BY v.us;
"""

MOST_COMING = 100_000
"""So many rows of a table are put off; with more, as of a time long ago, everything is made anew the next time."""
AT: Mapping[str, str] = {
    "transitions": '"at"', "handoffs": "opened_at", "leads": "recorded_at", "activities": '"at"',
    "deals": "coalesce(opened_at, closed_at, recorded_at)",
}  # fmt: skip
"""When a fact was."""


def coming(name: str) -> str:
    """Facts that cannot be counted yet, for their time has not come or their lead is not known: they are looked at again."""
    of, wanted = f"FROM fresh_{name}", COUNTED if name == "activities" else "true"
    parts = [
        f"{of} WHERE {wanted} AND recorded_at > {{now}}",
        f"{of} WHERE {wanted} AND recorded_at <= {{now}} AND {AT[name]} > {{now}}",
    ]
    if name == "activities":
        when = f"greatest(recorded_at, {AT[name]}) <= {{now}}"
        parts.append(f"{of} ANTI JOIN (FROM touched WHERE known) USING (lead) WHERE {wanted} AND {when}")
    return " UNION ALL ".join(parts)


MADE = ("people", "entries", "handed", "worth", "forms")
"""Tables that figures are counted in; each has a `new_` one of the touched leads."""


def period(unit: str, column: str, zone: str) -> str:
    """The first day of the month or ISO week in which µs UTC lie, in the time zone."""
    return f"date_trunc('{unit}', timezone('{zone}', make_timestamptz({column})))::DATE"
