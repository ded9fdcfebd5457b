"""The syntax of the file: which keys stand where, with which kind of value. Meaning is given in `load`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from tasuki.agreement.values import (
    LARGEST,
    CapField,
    DurationField,
    EveryField,
    ServiceTimeField,
    TargetField,
    TimeZoneField,
)


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"`{value}` should be a number")
    if value != value or abs(value) > LARGEST:
        raise ValueError(f"`{value}` should be a number between -1e12 and 1e12")
    return float(value)


def _label(value: Any) -> Any:
    if isinstance(value, str):
        return {"ja": value, "en": value}
    if isinstance(value, dict) and value and set(value) <= {"ja", "en"}:
        return value
    raise ValueError("a name is a text, or one text for each language: {ja: …, en: …}")


def _repeats(value: Any) -> Any:
    if isinstance(value, bool):
        return -1 if value else 1
    if isinstance(value, int) and 1 <= value <= 1_000_000:
        return value
    raise ValueError(f"`{value}` should be true, or how many hits at the most")


def _share(value: Any) -> Any:
    if value not in get_args(Share):
        raise ValueError(f"`{value}` is no way to share leads: write `load` or `turn`")
    return value


Share = Literal["load", "turn"]
"""How a role or team shares its leads: to whom has the least to do, or in turn."""
NAME_PATTERN = r"^[^\W\d]\w*$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=100)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Names = Annotated[
    list[Name],
    BeforeValidator(_one_or_many),
    Field(min_length=1),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]
Number = Annotated[float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
Label = Annotated[
    dict[str, Text],
    BeforeValidator(_label),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {"ja": {"type": "string"}, "en": {"type": "string"}},
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
Repeats = Annotated[
    int,
    BeforeValidator(_repeats),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 1}]}),
]
ShareField = Annotated[Share, BeforeValidator(_share)]
Predicate = Annotated[dict[str, Any], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class CalendarPart(_Part):
    """Working days and hours; used by service levels only."""

    days: str = Field("mon-fri", pattern=r"^[a-z]{3}(-[a-z]{3})?(,\s*[a-z]{3}(-[a-z]{3})?)*$")
    hours: str = Field(
        "09:00-18:00", pattern=r"^\d{1,2}:\d{2}-\d{1,2}:\d{2}(,\s*\d{1,2}:\d{2}-\d{1,2}:\d{2})*$"
    )
    holidays: str | None = Field(None, description="country of the public holidays, such as JP")


class RulePart(_Part):
    """One rule of a score: exactly one of `signal`, `trait`, `silence` says when."""

    signal: Name | None = Field(None, description="the signal whose activities make hits")
    trait: Name | None = Field(None, description="points while the profile in force has the trait")
    silence: DurationField | None = Field(None, description="a hit after this long without activity")
    points: Number | None = None
    at_most: CapField | None = Field(None, description="cap on hits: `3 per 7d`, or `3` for ever")
    every: EveryField | None = Field(None, description="one hit for n activities: `5 within 1d`")
    expires: DurationField | None = Field(None, description="a hit is worth nothing from then on")
    halves: DurationField | None = Field(None, description="half-life")
    fades: DurationField | None = Field(None, description="linear to zero over this time")
    max: Number | None = Field(None, description="bound of the size of this rule's sum")
    of: Names | None = Field(None, description="silence of these signals; any activity when left out")
    after: Names | None = Field(None, description="the silence clock starts at these signals")
    repeats: Repeats | None = Field(None, description="true: again and again; n: n hits at the most")
    resets: bool = Field(False, description="earlier hits of this score stop counting")
    while_: Names | None = Field(None, alias="while", description="counts only in one of these stages")
    because: Text | None = Field(None, description="why this rule exists")


class ScorePart(_Part):
    """A number from rules, or the sum of other scores."""

    name: Label | None = None
    range: Annotated[list[Number | None], Field(min_length=2, max_length=2)] | None = None
    rules: list[RulePart] | None = None
    sum: Annotated[list[Name], Field(min_length=1)] | None = None
    grades: Annotated[dict[Text, Number], Field(min_length=1)] | None = Field(None, description="best first")
    because: Text | None = None


class PathPart(_Part):
    """One way into a stage: by itself (`when`), by a person (`by`), or both."""

    from_: Names | None = Field(
        None, alias="from", description="stages, `none` or `any`; left out: no stage yet"
    )
    when: Text | None = Field(None, description="entered by itself when this holds")
    by: Names | None = Field(None, description="roles whose decision enters")
    requires: Text | None = Field(None, description="must hold for a decision")
    because: Text | None = None


class TimeoutPart(_Part):
    """Leaves the stage by itself after a time."""

    after: DurationField
    to: Name
    reason: Text | None = None


class RoutePart(_Part):
    """One way of a handoff to somebody; the first that finds somebody takes it."""

    to: Text = Field(
        description="former_owner, account_owner, same_account, a role, a team's name, or user:<username>"
    )
    when: Text | None = Field(None, description="only leads of which this holds")
    by: ShareField | None = Field(None, description="how a role or team shares them: `load` or `turn`")
    because: Text | None = None


class HandoffPart(_Part):
    """Who gets a lead that enters, how he is found, and how fast it is to be answered."""

    to: Text = Field(description="a role, or a team's name")
    within: ServiceTimeField | None = None
    remind: ServiceTimeField | None = Field(None, description="this long before it is due the person is told")
    escalate: Text | None = Field(
        None, description="the role or team that hears when it was not answered in time; manager"
    )
    reassign: ServiceTimeField | None = Field(
        None, description="this long after it was due the next person gets it; never when left out"
    )
    route: Annotated[list[RoutePart], Field(min_length=1, max_length=60)] | None = Field(
        None, description="the first that finds somebody takes it"
    )
    full: Text | None = Field(
        None, description="a team over its load: `hold`, or the role or team that gets its leads"
    )
    fallback: Text | None = Field(None, description="the role or team that gets what nobody else can take")


class StagePart(_Part):
    """Where a lead can stand."""

    id: Name
    name: Label | None = None
    enter: list[PathPart] = Field(default_factory=list)
    timeout: TimeoutPart | None = None
    recheck: DurationField | None = Field(
        None, description="automatic paths are tried each this long after entry"
    )
    handoff: HandoffPart | None = None
    resets: Names | None = Field(None, description="on entering, earlier hits of these scores stop counting")
    because: Text | None = None


class Document(_Part):
    """The whole file, in the order in which people read it."""

    agreement: Text = Field(description="its name")
    timezone: TimeZoneField = "Asia/Tokyo"
    calendar: CalendarPart | None = None
    signals: dict[Name, Predicate] = Field(
        default_factory=dict, description="named predicates over one activity"
    )
    traits: dict[Name, Predicate] = Field(
        default_factory=dict, description="named predicates over the profile"
    )
    excluded: Text | None = Field(None, description="while this holds nothing is entered by itself")
    scores: Annotated[dict[Name, ScorePart], Field(max_length=200)] = Field(default_factory=dict)
    stages: Annotated[list[StagePart], Field(min_length=1, max_length=60)]
    qualification: dict[Name, Annotated[list[Text], Field(min_length=1, max_length=60)]] = Field(
        default_factory=lambda: {"bant": ["budget", "authority", "need", "timing"]}
    )
    reasons: dict[Name, list[Text]] = Field(default_factory=dict)
    targets: dict[Annotated[str, StringConstraints(pattern=r"^\w+(\.\w+)?$")], TargetField] = Field(
        default_factory=dict
    )


Kind = Literal["signal", "trait", "silence"]
KINDS: tuple[Kind, ...] = ("signal", "trait", "silence")


def keys_at(place: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand in the mapping at `place`; empty where any may."""
    part = _part_at(place)
    return [field.alias or name for name, field in part.model_fields.items()] if part else []


def _part_at(place: tuple[str | int, ...]) -> type[_Part] | None:
    shapes: dict[tuple[str, ...], type[_Part]] = {
        (): Document,
        ("calendar",): CalendarPart,
        ("scores", "*"): ScorePart,
        ("scores", "*", "rules", "*"): RulePart,
        ("stages", "*"): StagePart,
        ("stages", "*", "enter", "*"): PathPart,
        ("stages", "*", "timeout"): TimeoutPart,
        ("stages", "*", "handoff"): HandoffPart,
        ("stages", "*", "handoff", "route", "*"): RoutePart,
    }
    shape = tuple(
        "*" if isinstance(s, int) or (i == 1 and place[0] == "scores") else s for i, s in enumerate(place)
    )
    return shapes.get(shape)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file (draft 2020-12), for editors."""
    schema = Document.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Tasuki agreement",
    }
