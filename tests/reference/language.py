"""The agreement's text read into plain records; the page's sections 2 and 5 say what the words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML

from .expressions import Node, parse
from .predicates import as_list, duration


@dataclass(frozen=True)
class Rule:
    """One rule of a score. Durations are in microseconds; None where the word is absent."""

    score: str
    index: int
    points: float  # 0 for a rule that only resets
    signal: str | None
    trait: str | None
    silence: int | None
    of: list[str] | None  # None: any activity
    after: list[str] | None
    repeats: int | None  # silences after one start of the clock; None: without end
    every: tuple[int, int | None] | None
    at_most: tuple[int, int | None] | None
    stages: list[str | None] | None  # `while`; None in the list: no stage yet
    expires: int | None
    halves: int | None
    fades: int | None
    max: float | None
    resets: bool


@dataclass(frozen=True)
class Score:
    id: str
    rules: list[Rule]
    sum: list[str] | None
    range: list[float | None]
    grades: dict[str, float]  # best first


@dataclass(frozen=True)
class Path:
    label: str
    from_: list[str | None] | None  # None: any
    when: Node | None
    by: list[str]
    requires: Node | None


@dataclass(frozen=True)
class Stage:
    id: str
    enter: list[Path]
    timeout_after: int | None
    timeout_to: str
    recheck: int | None
    resets: list[str]


@dataclass(frozen=True)
class Agreement:
    signals: dict[str, Mapping[str, Any]]
    traits: dict[str, Mapping[str, Any]]
    excluded: Node | None
    scores: dict[str, Score]
    stages: dict[str, Stage]
    qualification: dict[str, list[str]]


@lru_cache(maxsize=8)
def read_agreement(text: str) -> Agreement:
    tree = YAML(typ="safe", pure=True).load(text)
    excluded = tree.get("excluded")
    return Agreement(
        signals=tree.get("signals") or {},
        traits=tree.get("traits") or {},
        excluded=None if excluded is None else parse(excluded),
        scores={name: read_score(name, body) for name, body in (tree.get("scores") or {}).items()},
        stages={body["id"]: read_stage(body) for body in tree.get("stages") or []},
        qualification=tree.get("qualification") or {},
    )


def read_score(name: str, body: Mapping[str, Any]) -> Score:
    rules = [read_rule(name, index, rule) for index, rule in enumerate(body.get("rules") or [])]
    limits = body.get("range") or [None, None]
    return Score(name, rules, body.get("sum"), limits, body.get("grades") or {})


def read_rule(score: str, index: int, body: Mapping[str, Any]) -> Rule:
    return Rule(
        score=score,
        index=index,
        points=float(body.get("points", 0)),
        signal=body.get("signal"),
        trait=body.get("trait"),
        silence=optional_duration(body, "silence"),
        of=optional_list(body, "of"),
        after=optional_list(body, "after"),
        repeats=read_repeats(body.get("repeats", False)),
        every=read_number_in(body.get("every"), "within"),
        at_most=read_number_in(body.get("at_most"), "per"),
        stages=read_stage_names(body["while"]) if "while" in body else None,
        expires=optional_duration(body, "expires"),
        halves=optional_duration(body, "halves"),
        fades=optional_duration(body, "fades"),
        max=body.get("max"),
        resets=body.get("resets", False),
    )


def optional_duration(body: Mapping[str, Any], word: str) -> int | None:
    return duration(body[word]) if word in body else None


def optional_list(body: Mapping[str, Any], word: str) -> list[str] | None:
    return as_list(body[word]) if word in body else None


def read_repeats(value: bool | int) -> int | None:
    """True: without end (None); absent or false: one silence; n: at most n."""
    if value is True:
        return None
    return 1 if value is False else value


def read_number_in(value: str | int | None, word: str) -> tuple[int, int | None] | None:
    """`3 per 7d`, `5 within 1d`, or a bare number, which means ever."""
    if value is None:
        return None
    parts = str(value).split()
    if len(parts) == 1:
        return int(parts[0]), None
    assert parts[1] == word, value
    return int(parts[0]), duration(parts[2])


def read_stage_names(value: Any) -> list[str | None]:
    return [None if name == "none" else name for name in as_list(value)]


def read_stage(body: Mapping[str, Any]) -> Stage:
    timeout = body.get("timeout")
    return Stage(
        id=body["id"],
        enter=[
            read_path(f"{body['id']}.{index}", path) for index, path in enumerate(body.get("enter") or [])
        ],
        timeout_after=duration(timeout["after"]) if timeout else None,
        timeout_to=timeout["to"] if timeout else "",
        recheck=optional_duration(body, "recheck"),
        resets=as_list(body.get("resets", [])),
    )


def read_path(label: str, body: Mapping[str, Any]) -> Path:
    sources = read_stage_names(body.get("from", "none"))
    return Path(
        label=label,
        from_=None if "any" in sources else sources,
        when=parse(body["when"]) if "when" in body else None,
        by=as_list(body.get("by", [])),
        requires=parse(body["requires"]) if "requires" in body else None,
    )
