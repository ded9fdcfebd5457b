"""How the parts of an agreement are said in one line, in English or Japanese."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from tasuki.agreement.model import FOREVER, MANAGER, PERSON_WORDS, Path, Route, Rule, Score, Stage
from tasuki.agreement.predicates import AllOf, AnyOf, Exists, Not, Predicate, Test
from tasuki.agreement.values import duration_text, number_text

if TYPE_CHECKING:
    from tasuki.agreement.conditions import Condition
    from tasuki.agreement.document import CalendarPart
    from tasuki.agreement.values import ServiceTime

Language = Literal["en", "ja"]
Facets = Mapping[str, str]
"""What can be said of a part: the name of a facet to its value, in the order in which it is said."""

_FACETS: dict[str, tuple[str, str]] = {
    "agreement": ("agreement {value}", "取り決め {value}"),
    "timezone": ("time zone {value}", "タイムゾーン {value}"),
    "days": ("days {value}", "曜日 {value}"),
    "hours": ("hours {value}", "時間 {value}"),
    "holidays": ("holidays {value}", "祝日 {value}"),
    "plain": ("{value}", "{value}"),
    "excluded": ("excluded: {value}", "自動では進めない条件：{value}"),
    "range": ("range {value}", "範囲 {value}"),
    "sum": ("sum of {value}", "合計するスコア {value}"),
    "grades": ("grades {value}", "グレード {value}"),
    "signal": ("signal {value}", "シグナル {value}"),
    "trait": ("trait {value}", "属性条件 {value}"),
    "silence": ("silent for {value}", "{value} の沈黙"),
    "of": ("of {value}", "対象 {value}"),
    "after": ("after {value}", "起点 {value}"),
    "points": ("{value} points", "{value} 点"),
    "resets": ("resets earlier hits", "それまでの加点を消す"),
    "at_most": ("at most {value}", "上限 {value}"),
    "every": ("every {value}", "{value} ごと"),
    "expires": ("expires {value}", "有効期間 {value}"),
    "halves": ("halves {value}", "半減期 {value}"),
    "fades": ("fades {value}", "{value} かけて消える"),
    "max": ("max {value}", "点数の合計は {value} まで"),
    "repeats": ("repeats {value}", "繰り返し {value}"),
    "while": ("while in {value}", "{value} にいる間だけ"),
    "from": ("from {value}", "移行元 {value}"),
    "when": ("when {value}", "条件 {value}"),
    "by": ("by {value}", "判断者 {value}"),
    "requires": ("requires {value}", "判断の条件 {value}"),
    "timeout": ("timeout {value}", "滞在期限 {value}"),
    "timeout_to": ("timeout to {value}", "滞在期限の移行先 {value}"),
    "timeout_reason": ("timeout reason {value}", "滞在期限の理由 {value}"),
    "recheck": ("recheck {value}", "再確認 {value} ごと"),
    "handoff": ("handoff to {value}", "引き渡し先 {value}"),
    "within": ("answered within {value}", "対応期限 {value}"),
    "remind": ("reminded {value} before", "期限の {value} 前に知らせる"),
    "escalate": ("a breach told to {value}", "期限超過の連絡先 {value}"),
    "reassign": ("given to the next {value} after", "期限超過の {value} 後に次の担当者へ"),
    "full": ("when full: {value}", "満杯のとき：{value}"),
    "fallback": ("when nobody is there: {value}", "誰もいないとき：{value}"),
    "route_to": ("to {value}", "引き渡し先 {value}"),
    "turn": ("in turn", "順番に"),
    "stage_resets": ("resets {value}", "加点を消すスコア {value}"),
    "because": ("because {value}", "根拠 {value}"),
    "name_ja": ("Japanese name {value}", "日本語名 {value}"),
    "name_en": ("English name {value}", "英語名 {value}"),
}
_PHRASES: dict[str, tuple[str, str]] = {
    "line": ("{where}: {what}", "{where}：{what}"),
    "added": ("{what} added", "{what} を追加"),
    "removed": ("{what} removed", "{what} を削除"),
    "renamed": ("{what} renamed to {new}", "{what} を {new} に改名"),
    "new_rule": ("new rule {what}", "ルールを追加：{what}"),
    "old_rule": ("rule {what} removed", "ルールを削除：{what}"),
    "new_path": ("new path {what}", "経路を追加：{what}"),
    "old_path": ("path {what} removed", "経路を削除：{what}"),
    "first_route": ("handed first to {what}", "最初の引き渡し先：{what}"),
    "new_route": ("handed to {what}, as route {number}", "引き渡し先を追加：{what}（{number} 番目）"),
    "old_route": ("no longer handed to {what}", "引き渡し先を削除：{what}"),
    "route": ("{value}, route {number}", "{value}、振り分け {number}"),
    "route_order": ("the routes stand in another order", "振り分けの順序を変更"),
    "former_owner": ("the former owner", "以前の担当者"),
    "account_owner": ("the account's owner", "企業の担当者"),
    "same_account": ("whoever has the same account", "同じ企業の担当者"),
    "new_part": ("also asks {what}", "条件を追加：{what}"),
    "old_part": ("no longer asks {what}", "条件を削除：{what}"),
    "order": ("order {value}", "順序 {value}"),
    "rule_order": ("the rules stand in another order", "ルールの順序を変更"),
    "path_order": ("the paths stand in another order", "経路の順序を変更"),
    "to": ("{value} to {to}", "{value} で {to} へ"),
    "reason": ("reason {value}", "理由 {value}"),
    "question": ("question {value}", "質問 {value}"),
    "score": ("score {value}", "スコア {value}"),
    "stage": ("stage {value}", "ステージ {value}"),
    "stages": ("stages", "ステージ"),
    "reasons": ("reasons of {value}", "{value} の理由"),
    "qualification": ("qualification {value}", "ヒアリング項目 {value}"),
    "target": ("target {value}", "目標 {value}"),
    "calendar": ("calendar", "営業日カレンダー"),
    "signal": ("signal {value}", "シグナル {value}"),
    "trait": ("trait {value}", "属性条件 {value}"),
    "numbered": ("{value} (rule {number})", "{value}（ルール {number}）"),
    "silence_of": ("{value} silence", "{value} の沈黙"),
    "and": (" and ", " かつ "),
    "or": (" or ", " または "),
    "not": ("not ({value})", "（{value}）でない"),
    "is": ("{field} {value}", "{field} {value}"),
    "exists": ("{field} exists", "{field} がある"),
}
_SIGNS = ((">=", "≥"), ("<=", "≤"), ("!=", "≠"), ("==", "="))


class Wording:
    """Says things in one language; methods return texts without line ends."""

    def __init__(self, language: Language) -> None:
        self._column = ("en", "ja").index(language)

    def say(self, key: str, **parts: str) -> str:
        """A phrase with its parts put in."""
        return _PHRASES[key][self._column].format(**parts)

    def facet(self, key: str, value: str) -> str:
        """One facet, such as `at most 3 per 7d`."""
        text = _FACETS[key][self._column].format(value=value)
        return text.removesuffix("s") if key == "points" and value in ("1", "-1") else text

    def facets(self, facets: Facets) -> str:
        """Every facet of a part."""
        return ", ".join(self.facet(key, value) for key, value in facets.items())

    def line(self, where: str, what: str) -> str:
        """A change, after the thing it is a change of."""
        return self.say("line", where=where, what=what)

    def predicate(self, predicate: Predicate) -> str:
        """A predicate over the fields of an activity or a profile."""
        match predicate:
            case Test(field=field, text=text):
                return self.say("is", field=field, value=text)
            case Exists(field=field):
                return self.say("exists", field=field)
            case Not(part=part):
                return self.say("not", value=self.predicate(part))
            case AllOf(parts=parts):
                return self.say("and").join(self._within(part, AnyOf) for part in parts)
            case AnyOf(parts=parts):
                return self._any_of(parts)

    def _any_of(self, parts: tuple[Predicate, ...]) -> str:
        """`path = /a or /b` where the parts are values of one field, else each part."""
        values = [part for part in parts if isinstance(part, Test) and part.text.startswith("= ")]
        if len(values) == len(parts) and len({part.field for part in values}) == 1:
            texts = self.say("or").join(part.text.removeprefix("= ") for part in values)
            return self.say("is", field=values[0].field, value=f"= {texts}")
        return self.say("or").join(self._within(part, AllOf) for part in parts)

    def _within(self, part: Predicate, weaker: type) -> str:
        text = self.predicate(part)
        return f"({text})" if isinstance(part, weaker) else text

    def rule_head(self, rule: Rule) -> str:
        """What a rule is about: its signal or trait, or its silence."""
        if rule.kind != "silence":
            return listed(rule.names)
        head = self.say("silence_of", value=duration_text(rule.silence))
        about = {key: listed(names) for key, names in (("of", rule.names), ("after", rule.after)) if names}
        return " ".join((head, *(self.facet(key, value) for key, value in about.items())))

    def rule(self, rule: Rule) -> str:
        """A whole rule, without its reason."""
        facets = {
            k: v for k, v in rule_facets(rule).items() if k not in ("silence", "of", "after", rule.kind)
        }
        return f"{self.rule_head(rule)} {self.facets(facets)}".strip()

    def route_facets(self, route: Route) -> Facets:
        """What a route says, without its reason."""
        return _present(
            route_to=self.say(route.to) if route.to in PERSON_WORDS else route.to,
            when=condition_text(route.when) if route.when else None,
            turn="true" if route.by == "turn" else None,
        )

    def route(self, route: Route) -> str:
        """A whole route, without its reason."""
        said = dict(self.route_facets(route))
        return " ".join((said.pop("route_to"), *(self.facet(key, value) for key, value in said.items())))

    def path(self, path: Path) -> str:
        """A whole path, without its reason."""
        return " ".join(self.facet(key, value) for key, value in path_facets(path).items())


def condition_text(condition: Condition) -> str:
    """An expression with the signs of mathematics."""
    text = str(condition)
    for ascii_sign, sign in _SIGNS:
        text = text.replace(ascii_sign, sign)
    return text


def listed(names: Iterable[str]) -> str:
    """Names, with commas."""
    return ", ".join(names)


def _present(**facets: str | None) -> dict[str, str]:
    return {key.rstrip("_"): value for key, value in facets.items() if value}


def _duration(length: int | None) -> str | None:
    return duration_text(length) if length else None


def _repeats(rule: Rule) -> str | None:
    if rule.repeats == 1:
        return None
    return "true" if rule.repeats == FOREVER else str(rule.repeats)


def rule_facets(rule: Rule) -> dict[str, str]:
    """What a rule says, without its reason."""
    is_silence = rule.kind == "silence"
    return _present(
        signal=listed(rule.names) if rule.kind == "signal" else None,
        trait=listed(rule.names) if rule.kind == "trait" else None,
        silence=_duration(rule.silence),
        of=listed(rule.names) if is_silence else None,
        after=listed(rule.after),
        points=None if rule.resets and not rule.points else number_text(rule.points),
        resets="true" if rule.resets else None,
        every=str(rule.every) if rule.every else None,
        at_most=str(rule.at_most) if rule.at_most else None,
        expires=_duration(rule.expires),
        halves=_duration(rule.halves),
        fades=_duration(rule.fades),
        max=None if rule.max is None else number_text(rule.max),
        repeats=_repeats(rule),
        while_=listed(rule.while_),
    )


def score_facets(score: Score) -> dict[str, str]:
    """What a score says, without its rules and its names."""
    bounds = f"{_end(score.low)} … {_end(score.high)}"
    return _present(
        range=bounds if math.isfinite(score.low) or math.isfinite(score.high) else None,
        sum=listed(score.parts),
        grades=listed(f"{grade} {number_text(bound)}" for grade, bound in score.grades),
    )


def _end(bound: float) -> str:
    return number_text(bound) if math.isfinite(bound) else ""


def path_facets(path: Path) -> dict[str, str]:
    """What a path says, without its reason."""
    return _present(
        from_=listed(path.from_),
        when=condition_text(path.when) if path.when else None,
        by=listed(path.by),
        requires=condition_text(path.requires) if path.requires else None,
    )


def stage_facets(stage: Stage) -> dict[str, str]:
    """What a stage says besides its paths, its timeout, its handoff and its names."""
    return _present(recheck=_duration(stage.recheck), stage_resets=listed(stage.resets))


def timeout_facets(stage: Stage) -> dict[str, str]:
    """How a stage is left by itself; empty if it is not."""
    timeout = stage.timeout
    if timeout is None:
        return {}
    return _present(
        timeout=duration_text(timeout.after), timeout_to=timeout.to, timeout_reason=timeout.reason
    )


def handoff_facets(stage: Stage) -> dict[str, str]:
    """Who gets the lead and how fast, without its routes; empty if nobody does."""
    handoff = stage.handoff
    if handoff is None:
        return {}
    return _present(
        handoff=handoff.to,
        within=_served(handoff.within),
        remind=_served(handoff.remind),
        escalate=handoff.escalate if handoff.escalate != MANAGER else None,
        reassign=_served(handoff.reassign),
        full=handoff.full,
        fallback=handoff.fallback,
    )


def _served(time: ServiceTime | None) -> str | None:
    return str(time) if time else None


def calendar_facets(calendar: CalendarPart | None) -> dict[str, str]:
    """When work is done; empty without a calendar."""
    return _present(**calendar.model_dump()) if calendar else {}


def names_facets(name: Mapping[str, str], because: str = "") -> dict[str, str]:
    """The display names and the reason of a part; these change no result."""
    return _present(name_ja=name.get("ja"), name_en=name.get("en"), because=because)
