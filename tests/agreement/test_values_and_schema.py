"""The small values of the file, and the JSON Schema that editors use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tasuki.agreement import inspect_agreement
from tasuki.agreement.document import json_schema
from tasuki.agreement.values import MICROSECONDS, cap, duration, every, service_time, target, time_zone

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*/*.yaml"))


@pytest.mark.parametrize(
    ("text", "days"), [("30d", 30), ("2w", 14), ("12h", 0.5), ("1440m", 1), ("86400s", 1), (" 1d ", 1)]
)
def test_a_duration_is_an_exact_multiple(text: str, days: float) -> None:
    assert duration(text) == days * MICROSECONDS["d"]


@pytest.mark.parametrize(
    "text", ["", "d", "0d", "1.5d", "-1d", "1 d", "1y", "1d12h", 30, None, True, "１d", "1" * 5000 + "d"]
)
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any sentence will do here
        duration(text)


def test_caps_and_collections() -> None:
    assert (str(cap("3 per 7d")), str(cap(3)), str(cap("3"))) == ("3 per 7d", "3", "3")
    assert (str(every("5 within 24h")), every(2).within) == ("5 within 1d", None)


@pytest.mark.parametrize(
    ("value", "amount", "unit", "per"),
    [
        ("120 per month", 120, "leads", "month"), ("80%", 80, "%", None), (12, 12, "leads", None),
        ("30000000 JPY per quarter", 30_000_000, "JPY", "quarter"), ("1,500 EUR", 1500, "EUR", None),
        ("2 business hours", 2, "business hours", None), ("2business hours", 2, "business hours", None),
        ("24h", 24, "hours", None),
    ],
)  # fmt: skip
def test_targets(value: object, amount: float, unit: str, per: str | None) -> None:
    found = target(value)
    assert (found.amount, found.unit, found.per) == (amount, unit, per)


def test_service_times_and_time_zones() -> None:
    assert str(service_time("30 minutes")) == "30 minutes"
    assert service_time("1 business day").business
    assert time_zone("Europe/Berlin") == "Europe/Berlin"
    for bad in ("../etc/passwd", "", "Mars", 3, None):
        with pytest.raises(ValueError, match="no time zone"):
            time_zone(bad)


def test_the_schema_is_json_and_mentions_every_key() -> None:
    schema = json.loads(json.dumps(json_schema()))
    known = set(re.findall(r'"(\w+)": \{', json.dumps(schema["properties"])))
    known |= {key for part in schema["$defs"].values() for key in part["properties"]}
    top = {"agreement", "timezone", "calendar", "signals", "traits", "excluded", "scores", "stages"}
    top |= {"qualification", "reasons", "targets"}
    inside = {
        "points",
        "at_most",
        "every",
        "expires",
        "halves",
        "fades",
        "max",
        "silence",
        "of",
        "after",
        "repeats",
    }
    inside |= {
        "resets",
        "while",
        "because",
        "signal",
        "trait",
        "range",
        "rules",
        "sum",
        "grades",
        "id",
        "enter",
    }
    inside |= {
        "from",
        "when",
        "by",
        "requires",
        "timeout",
        "recheck",
        "handoff",
        "to",
        "within",
        "reason",
        "days",
    }
    inside |= {"remind", "escalate", "reassign", "route", "full", "fallback"}
    assert top | inside <= known
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_examples_have_no_error(path: Path) -> None:
    agreement, problems = inspect_agreement(path)
    assert agreement is not None, problems
