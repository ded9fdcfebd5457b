"""Which of an agreement's stages and scores play which part, whatever the company calls them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tasuki.agreement import Agreement, Score, Stage
from tasuki.errors import UsageError

ROLES = ("MAL", "MQL", "SGL", "SAL", "SQL", "OPPORTUNITY", "WON", "LOST", "RECYCLED", "DISQUALIFIED")

NAMES: Mapping[str, tuple[str, ...]] = {
    "MAL": ("mal", "marketing accepted lead", "マーケティング受入リード"),
    "MQL": ("mql", "marketing qualified lead", "マーケティング認定リード"),
    "SGL": ("sgl", "sales generated lead", "営業創出リード"),
    "SAL": ("sal", "sales accepted lead", "営業受入リード"),
    "SQL": ("sql", "sales qualified lead", "営業認定リード"),
    "OPPORTUNITY": ("opportunity", "deal", "商談"),
    "WON": ("won", "closed won", "customer", "受注", "成約"),
    "LOST": ("lost", "closed lost", "失注"),
    "RECYCLED": ("recycled", "recycle", "差し戻し"),
    "DISQUALIFIED": ("disqualified", "unqualified", "対象外"),
}
"""What a stage of that part is called, as its id or its name; the first that fits counts."""

OUT = ("RECYCLED", "DISQUALIFIED", "LOST")
"""Parts of stages in which a lead is out: who goes there went back or ended, who leaves them for another came back."""


def is_abbreviation(stage: str) -> bool:
    """Whether people say the id of a stage as it is, like MQL."""
    return len(stage) <= 4 and stage.isupper() and stage not in ("WON", "LOST")


@dataclass(frozen=True)
class StageTerm:
    """A stage with the part that it plays, if any, and what it is called."""

    id: str
    role: str | None
    name: Mapping[str, str]

    def called(self, language: str) -> str:
        """Its name in `en` or `ja`; its id where it has none."""
        return self.name.get(language) or self.id

    def short(self, language: str) -> str:
        """What fits into the name of a figure: an abbreviation like MQL as it is, else its name."""
        return self.id if is_abbreviation(self.id) else self.called(language)


@dataclass(frozen=True)
class Terms:
    """What figures need to know of the agreement: stages in funnel order, scores by their part, the time zone.

    `main`, `engagement` and `fit` are ids of scores, or None. `targets`: as the agreement writes them.
    """

    agreement: str
    version: str
    timezone: str
    stages: tuple[StageTerm, ...]
    main: str | None
    engagement: str | None
    fit: str | None
    targets: Mapping[str, str]
    older: Mapping[str, str] = field(default_factory=dict)
    """Stages of earlier agreements → the stage that plays their part now."""

    def stage(self, role: str) -> str | None:
        """The stage that plays this part; None if the agreement has none."""
        return next((stage.id for stage in self.stages if stage.role == role), None)

    def to_json(self) -> dict[str, Any]:
        """For the manifest of facts."""
        return asdict(self)

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> Terms:
        """What `to_json` gave."""
        return cls(**{**raw, "stages": tuple(StageTerm(**stage) for stage in raw["stages"])})


def terms_of(agreement: Agreement, roles: Mapping[str, str] | None = None) -> Terms:
    """What an agreement calls its stages and scores. `roles`: part → stage id, where the names do not tell.

    UsageError: a part or a stage that there is not.
    """
    given = {role.upper(): stage for role, stage in (roles or {}).items()}
    _check(agreement, given)
    found = _by_name(agreement) | given
    part = {stage: role for role, stage in found.items()}
    stages = tuple(StageTerm(stage.id, part.get(stage.id), dict(stage.name)) for stage in agreement.stages)
    targets = {name: str(target) for name, target in agreement.targets.items()}
    return Terms(agreement.name, agreement.version, agreement.timezone, stages, *_scores(agreement), targets)


def _check(agreement: Agreement, given: Mapping[str, str]) -> None:
    for role, stage in given.items():
        if role not in ROLES:
            raise UsageError(f"`{role}` is no part that a stage can play: there is {', '.join(ROLES)}")
        if stage not in agreement.stage:
            raise UsageError(f"the agreement has no stage `{stage}`: there is {', '.join(agreement.stage)}")
    if len(set(given.values())) < len(given):
        raise UsageError("a stage can play one part only: name another stage for each part")


def _by_name(agreement: Agreement) -> dict[str, str]:
    found: dict[str, str] = {}
    for role, names in NAMES.items():
        ranked = [(min(places), stage.id) for stage in agreement.stages if (places := _places(stage, names))]
        if ranked:
            found[role] = min(ranked)[1]
    return found


def _places(stage: Stage, names: tuple[str, ...]) -> list[int]:
    called = {_plain(text) for text in (stage.id, *stage.name.values())}
    return [place for place, name in enumerate(names) if name in called]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("_", " ").replace("-", " ").strip()


def _scores(agreement: Agreement) -> tuple[str | None, str | None, str | None]:
    """Main, engagement and fit: a sum, what its signals give, what its traits give."""
    scores = list(agreement.scores.values())
    main = next((score for score in scores if score.parts), scores[0] if scores else None)
    parts = [agreement.scores[name] for name in main.parts] if main and main.parts else scores
    engagement = _first(parts, "behavior", lambda kinds: bool(kinds - {"trait"}))
    fit = _first(parts, "fit", lambda kinds: kinds == {"trait"})
    return (main.id if main else None), engagement, fit


def _first(scores: list[Score], usual: str, fits: Any) -> str | None:
    named = [score.id for score in scores if score.id == usual]
    found = [score.id for score in scores if fits({rule.kind for rule in score.rules})]
    return next(iter((*named, *found)), None)
