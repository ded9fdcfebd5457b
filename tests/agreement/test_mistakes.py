"""Every mistake is reported at its place, with what is wrong and what would be right; all of them at once."""

# ruff: noqa: E501 - one mistake, one line

from __future__ import annotations

import pytest

from tasuki.agreement import agreement_of
from tasuki.errors import AgreementInvalid
from tests.agreement.texts import WHOLE, edited, errors, problems, without_mark

Case = tuple[str, str, str]

NAMES: list[Case] = [
    ("  - id: SGL\n    enter:", "  - §enter:", "error[missing-key] `id` is missing"),
    ("signal: whitepaper,", "signal: §whitepapr,", "error[unknown-signal] unknown signal `whitepapr`: did you mean `whitepaper`?"),
    ("of: [product_login, email_click]", "of: [product_login, §email_klick]", "error[unknown-signal] unknown signal `email_klick`: did you mean `email_click`?"),
    ("after: trial,", "after: §trail,", "error[unknown-signal] unknown signal `trail`: did you mean `trial`?"),
    ("trait: target_size,", "trait: §target_sise,", "error[unknown-trait] unknown trait `target_sise`: did you mean `target_size`?"),
    ("while: [RECYCLED]", "while: [§RECICLED]", "error[unknown-stage] unknown stage `RECICLED`: did you mean `RECYCLED`?"),
    ("while: [RECYCLED]", "while: §RECICLED", "error[unknown-stage] unknown stage `RECICLED`: did you mean `RECYCLED`?"),
    ("from: [MQL, SGL]", "from: [MQL, §SGLL]", "error[unknown-stage] unknown stage `SGLL`: did you mean `SGL`?"),
    ("from: [MQL, SGL]", "from: [MQL, §ELSEWHERE]", "error[unknown-stage] unknown stage `ELSEWHERE`; there is `MAL`, `MQL`, `SGL`, `SAL`, `SQL`, `OPPORTUNITY`, `WON`, `LOST` …"),
    ("to: RECYCLED, reason", "to: §RECYCLE, reason", "error[unknown-stage] unknown stage `RECYCLE`: did you mean `RECYCLED`?"),
    ("resets: [behavior]", "resets: [§behaviour]", "error[unknown-score] unknown score `behaviour`: did you mean `behavior`?"),
    ("sum: [behavior, fit]", "sum: [behavior, §fits]", "error[unknown-score] unknown score `fits`: did you mean `fit`?"),
    ("  RECYCLED: [no_budget_now", "  §RECYCLD: [no_budget_now", "error[unknown-stage] unknown stage `RECYCLD`: did you mean `RECYCLED`?"),
    ("SAL.acceptance: 80%", "§SALL.acceptance: 80%", "error[unknown-stage] unknown stage `SALL`: did you mean `SAL`?"),
    ("  - id: SGL\n", "  - id: §MQL\n", "error[name] stage `MQL` stands twice: rename or join them"),
    ("  - id: SGL\n", "  - id: §none\n", "error[name] `none` has a meaning of its own: rename the stage"),
    ("  - id: SGL\n", "  - id: §2nd\n", "error[name] `2nd` is no name: letters, digits and _ only, not beginning with a digit"),
    ("  interest_security:\n", "  §days_in_stage:\n", "error[name] `days_in_stage` is a word of the expressions: rename it"),
    ("  bant: [", "  §fit: [", "error[name] `fit` names something else already: rename it"),
    ("[budget, authority, need, timing]", "§[budget, authority, need, need]", "error[name] a question of `bant` stands twice: leave one of them out"),
    ("sum: [behavior, fit]", "sum: [behavior, §person]", "error[cycle] `person` would be a part of itself: leave `person` out of the sum"),
]  # fmt: skip
EXPRESSIONS: list[Case] = [
    ("excluded: trait(competitor)", "excluded: trait(§competitors)", "error[unknown-trait] unknown trait `competitors`: did you mean `competitor`?"),
    ("person >= 100 and", "§persn >= 100 and", "error[unknown-score] unknown score `persn`: did you mean `person`?"),
    ("fit.grade >= C}", "fit.grade >= §E}", "error[unknown-grade] unknown grade `E` of `fit`; there is `A`, `B`, `C`, `D`"),
    ("fit.grade >= C}", "§behavior.grade >= C}", "error[unknown-grade] score `behavior` has no grades: give it `grades:`"),
    ("fit.grade >= C}", "§fitt.grade >= C}", "error[unknown-score] unknown score `fitt`: did you mean `fit`?"),
    ("happened(trial)", "happened(§trial_start)", "error[unknown-signal] unknown signal `trial_start`: did you mean `trial`?"),
    ("happened(trial)", "§hapened(trial)", "error[unknown-function] unknown function `hapened`: did you mean `happened`?"),
    ("happened(trial)", "§trial > 0", "error[unknown-score] `trial` is no score: write happened(trial)"),
    ("happened(trial)", "times_entered(§MQLL) > 1", "error[unknown-stage] unknown stage `MQLL`: did you mean `MQL`?"),
    ('"count(webinar, 90d) >= 3"', '"count(webinar, §90x) >= 3"', "error[duration] `90x` is no duration: write a whole number and w, d, h, m or s, like 30d or 12h"),
    ("requires: bant >= 3", "requires: §bnt >= 3", "error[unknown-score] unknown score `bnt`: did you mean `bant`?"),
    ("requires: bant >= 3", "requires: §bant", "error[kind] `bant` is a number: compare it, like `bant >= 3`"),
    ("requires: bant >= 3", "requires: bant §= 3", "error[expression] unexpected `=`: equals is written =="),
    ("requires: bant >= 3", "requires: bant >= §and", "error[expression] unexpected `and`: write like `person >= 100 and fit.grade >= C`"),
    ("requires: bant >= 3", "requires: bant >=§", "error[expression] `bant >=` ends too early: write like `person >= 100 and fit.grade >= C`"),
    ("requires: bant >= 3", "requires: §has(email) > 3", "error[kind] `has(…)` is true or false, not a number: use it by itself"),
    ("requires: bant >= 3", "requires: fit.grade > §3", "error[kind] `fit.grade` is compared with a grade, like `fit.grade >= C`"),
    ("requires: bant >= 3", "requires: 3 > §9000000000000", "error[value] a number here is at most 1e+12"),
    ("requires: bant >= 3", "requires: §count() >= 3", "error[expression] `count` takes a signal and, if you like, a duration"),
]  # fmt: skip
FORMS: list[Case] = [
    ("hours: 09:00-18:00", "hours: §29:99-18:00", "error[calendar] mon: `29:99-18:00` should be a begin and an end, like 09:00-18:00, or 22:00-06:00 over midnight"),
    ("days: mon-fri", "days: §xyz", "error[calendar] `xyz` is no day; days are mon, tue, wed, thu, fri, sat, sun"),
    ("holidays: JP", "holidays: §Nippon", "error[calendar] `Nippon` is no country whose holidays are known; it should be like JP, or DE-BY; did you mean NI-NS, NI-MN, NI-CO?"),
    ("points: 20, while", "§point: 20, while", "error[unknown-key] unknown key `point`: did you mean `points`?"),
    ("timezone: Asia/Tokyo", "§timezon: Asia/Tokyo", "error[unknown-key] unknown key `timezon`: did you mean `timezone`?"),
    ("timezone: Asia/Tokyo", "timezone: §Asia/Tokio", "error[value] `Asia/Tokio` is no time zone: write a name like Asia/Tokyo or Europe/Berlin"),
    ("days: mon-fri", "days: §monday", "error[value] `days` is not like `mon-fri` or `mon,wed-fri`: `monday`"),
    ("after: 30d, to", "after: §30 days, to", "error[value] `30 days` is no duration: write a whole number and w, d, h, m or s, like 30d or 12h"),
    ("expires: 90d", "expires: §90", "error[value] `90` is no duration: write a whole number and w, d, h, m or s, like 30d or 12h"),
    ("halves: 30d", "halves: §0d", "error[value] `0d` is no duration: write a whole number and w, d, h, m or s, like 30d or 12h"),
    ("halves: 30d", "halves: §999999d", "error[value] `999999d` is longer than 200 years"),
    ("at_most: 3 per 7d", "at_most: §3 in 7d", "error[value] `3 in 7d` should be a number of at least 1, or like `3 per 7d`"),
    ("at_most: 3 per 7d", "at_most: §0", "error[value] `0` should be a number of at least 1, or like `3 per 7d`"),
    ("every: 5 within 1d", "every: §five", "error[value] `five` should be a number of at least 1, or like `3 within 7d`"),
    ("every: 5 within 1d", "every: §200000", "error[value] 200000 is more than 100000, the most that can be counted here"),
    ("points: 15", "points: §many", "error[value] `many` should be a number"),
    ("points: 15", "points: §.nan", "error[value] `nan` should be a number between -1e12 and 1e12"),
    ("repeats: true", "repeats: §often", "error[value] `often` should be true, or how many hits at the most"),
    ("resets: true", "resets: §perhaps", "error[value] `resets` should be true or false, not `perhaps`"),
    ("within: 2 business hours", "within: §2 bisness hours", "error[value] `2 bisness hours` is no service time: write like `2 business hours`, `30 minutes` or `24h`"),
    ("MQL: 120 per month", "MQL: §many", "error[value] `many` is no target: write like `120 per month`, `80%`, `2 business hours` or `30000000 JPY per quarter`"),
    ("name: {ja: マーケティング受入リード, en: Marketing accepted lead}", "name: §{fr: Prospect}", "error[value] a name is a text, or one text for each language: {ja: …, en: …}"),
    ("enter: [{from: [SQL], by: [sales]}]", "enter: §soon", "error[value] `enter` should be a list, not `soon`"),
    ("{from: [SQL], by: [sales]}", "§3", "error[value] item 1 of `enter` should be a mapping, not `3`"),
    ("[budget, authority, need, timing]", "§[]", "error[value] `bant` is empty: write something, or leave the key out"),
    ("timeout: {after: 30d, to: RECYCLED, reason: no_action}", "timeout: §{after: 30d}", "error[missing-key] `to` is missing"),
    ("{signal: whitepaper, points: 15, halves", "§{signal: whitepaper, halves", "error[missing-key] `points` is missing"),
    ("range: [0, 70]", "range: §[70, 0]", "error[range] the range goes from the smaller to the larger: [0, 70]"),
    ("{sum: [behavior, fit]}", "{rules: [], sum: §[behavior, fit]}", "error[score] `person` has rules and is a sum: make two scores of it"),
    ("{sum: [behavior, fit]}", "§{range: [0, 1]}", "error[score] `person` needs `rules:` or `sum:`"),
    ("{signal: whitepaper, points", "§{points", "error[rule] a rule says when by one of signal, trait, silence"),
    ("{signal: whitepaper, points", "§{signal: whitepaper, trait: target_size, points", "error[rule] a rule says when by one of signal, trait, silence, not signal and trait together"),
    ("points: 30,", "points: 30, §expires: 3d,", "error[rule] `expires` does not go with `trait`: leave it out, or make it a rule of a signal instead of a trait"),
    ("points: 15,", "points: 15, §repeats: true,", "error[rule] `repeats` does not go with `signal`: it belongs to a silence"),
    ("{silence: 30d,", "{silence: 30d, §every: 3,", "error[rule] `every` does not go with `silence`: say `repeats` instead"),
    ("fades: 60d", "expires: 90d, §fades: 60d", "error[rule] `fades` already ends in zero: leave out `expires` or `fades`"),
    ("{from: [SQL], by: [sales]}", "§{from: [SQL]}", "error[path] a path needs `when` (by itself) or `by` (a person's decision)"),
    ("{from: [SAL], when: happened(trial)}", "{from: [SAL], when: happened(trial), §requires: bant > 1}", "error[path] `requires` is asked of a decision: add `by`, or move it into `when`"),
]  # fmt: skip
PREDICATES: list[Case] = [
    ("{title: {contains: [", "{title: {§contain: [", "error[operator] unknown operator `contain`: did you mean `contains`?"),
    ("{gte: 100, lt: 5000}", "{matches: §'('}", "error[regex] `(` is no regular expression of RE2: missing ): ("),
    ("{gte: 100, lt: 5000}", "{exists: §maybe}", "error[predicate] `exists` takes true or false"),
    ("{gte: 100, lt: 5000}", "{gte: §[1]}", "error[predicate] `gte` takes a number or a text"),
    ("{gte: 100, lt: 5000}", "{any: §3}", "error[predicate] `any` takes a list with one item at least"),
    ("{gte: 100, lt: 5000}", "§null", "error[predicate] `account.employees` needs a value; for an absent field write {exists: false}"),
    ("{gte: 100, lt: 5000}", "§{}", "error[predicate] `account.employees` needs a value or an operator such as contains"),
    ("{gte: 100, lt: 5000}", "{contains: §''}", "error[predicate] `contains` takes a text or a list of texts"),
]  # fmt: skip
WARNINGS: list[Case] = [
    ("{signal: whitepaper, points: 15, halves: 30d, because: 課題を調べている}", "§{signal: whitepaper, points: 15, halves: 30d}", "warning[no-because] a rule without `because`: say why it exists, so that both sides can discuss it"),
    ("signals:\n", "signals:\n  §lonely: {type: chat}\n", "warning[unused-signal] no rule and no condition uses signal `lonely`: use it or leave it out"),
    ("traits:\n", "traits:\n  §lonely: {title: chief}\n", "warning[unused-trait] no rule and no condition uses trait `lonely`: use it or leave it out"),
    ("  - id: OPPORTUNITY\n", "  - id: §ISLAND\n    enter: [{from: [ISLAND], by: [sales]}]\n  - id: OPPORTUNITY\n", "warning[unreachable-stage] no path can reach stage `ISLAND`: give it a path from a stage that leads get to"),
    ("person >= 100 and", "§person >= 1000 and", "warning[unreachable-threshold] `person >= 1000` can never hold: person stays between 0 and 250; change the bar or the points"),
    ("happened(contact_request)}", "happened(contact_request)}\n      - {from: [MAL], when: §has(title)}", "warning[unguarded-mql] this path to MQL asks for no score and no signal: every lead that gets here becomes MQL"),
    ("{from: [SAL], when: happened(trial)}", "{from: any, when: §happened(trial)}", "warning[re-entry] `SQL` is entered anew at each activity while this holds: name the stages it comes from"),
    ("{A: 60, B: 40, C: 20, D: 0}", "§{A: 60, C: 20, B: 40, D: 0}", "warning[grade-order] grades of `fit` stand best first, with falling bounds; a later one here can never be given: put them in order"),
    ("reason: no_action}", "reason: §no_acton}", "warning[unknown-reason] `no_acton` is no reason of RECYCLED: did you mean `no_action`?"),
]  # fmt: skip


def test_the_whole_agreement_has_no_problem_at_all() -> None:
    assert problems(WHOLE) == []


@pytest.mark.parametrize(("old", "new", "said"), [*NAMES, *EXPRESSIONS, *FORMS, *PREDICATES, *WARNINGS])
def test_a_mistake_is_said_once_at_its_place_with_its_cure(old: str, new: str, said: str) -> None:
    text, place = without_mark(edited(old, new))
    said_here = [problem for problem in problems(text) if problem.startswith(f"{place}: ")]
    assert said_here == [f"{place}: {said}"], problems(text)


@pytest.mark.parametrize(("old", "new", "said"), [*FORMS, *EXPRESSIONS, *PREDICATES])
def test_one_mistake_of_form_brings_no_other_error(old: str, new: str, said: str) -> None:
    text, _ = without_mark(edited(old, new))
    assert len(errors(text)) == 1, problems(text)


@pytest.mark.parametrize(("old", "new", "said"), WARNINGS)
def test_a_warning_does_not_stop_anybody(old: str, new: str, said: str) -> None:
    text, _ = without_mark(edited(old, new))
    assert agreement_of(text).name == "山田電機 BtoB"


def test_all_mistakes_come_back_at_once_in_the_order_of_the_file() -> None:
    text = WHOLE
    for old, new in (
        ("Asia/Tokyo", "Tokyo Bay"),
        ("points: 15", "points: many"),
        ("signal: product_click", "signal: product_clock"),
        ("person >= 100", "persn >= 100"),
        ("[MQL, SGL]", "[MQL, SLG]"),
        ("need, timing", "need, need"),
        ("MQL: 120 per month", "MQQ: 120 per month"),
    ):
        text = text.replace(old, new, 1)
    found = errors(text)
    assert [problem.code for problem in found] == [
        "value", "value", "unknown-signal", "unknown-score", "unknown-stage", "name", "unknown-stage",
    ]  # fmt: skip
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_the_exception_carries_every_problem_and_says_every_error() -> None:
    text = edited("points: 15", "points: many").replace("person >= 100", "persn >= 100")
    with pytest.raises(AgreementInvalid) as caught:
        agreement_of(text)
    assert len(str(caught.value).splitlines()) == 2
    assert "agreement.yaml:" in str(caught.value)


def test_sixty_four_roles_are_too_many() -> None:
    roles = ", ".join(f"role{i}" for i in range(64))
    text, place = without_mark(edited("{from: [SQL], by: [sales]}", f"{{from: [SQL], by: §[{roles}]}}"))
    assert (
        problems(text)[0]
        == f"{place}: error[too-many] more than 63 different roles: join those that may do the same"
    )


def test_sixty_one_stages_are_too_many_and_sixty_are_not() -> None:
    def of(count: int) -> str:
        stages = "".join(f"  - {{id: S{i}, enter: [{{from: any, by: [sales]}}]}}\n" for i in range(count))
        return f"agreement: many\nstages:\n{stages}"

    assert errors(of(60)) == []
    (problem,) = errors(of(61))
    assert problem.text == "`stages` is too long: 60 is the most; join or leave out some"


def test_no_scores_at_all_are_fine_for_a_team_that_judges_by_eye() -> None:
    agreement = agreement_of("agreement: by eye\nstages:\n  - {id: MQL, enter: [{by: marketing}]}\n")
    assert agreement.scores == {}
    assert agreement.stages[0].paths[0].leaves(None)
    assert agreement.qualification == {"bant": ("budget", "authority", "need", "timing")}
