"""The agreement that these tests edit, and where a problem should be found: at the mark `§`."""

from __future__ import annotations

from tasuki.agreement import Agreement, Problem, agreement_of, parse_agreement

FILE = "agreement.yaml"
MARK = "§"
WHOLE = """\
agreement: 山田電機 BtoB
timezone: Asia/Tokyo
calendar: {days: mon-fri, hours: 09:00-18:00, holidays: JP}

signals:
  pricing_page:    {type: page_view, path: [/pricing*, /price/*], name: {ja: 料金ページ閲覧, en: Pricing page}}
  any_page:        {type: page_view}
  whitepaper:      {type: download, content.kind: whitepaper}
  webinar:         {type: webinar_attend}
  email_click:     {type: email_click}
  product_click:   {type: email_click, content.topic: product}
  product_login:   {type: login, channel: product}
  contact_request: {type: form_submit, path: /contact*}
  trial:           {type: trial_start}
  unsubscribed:    {type: unsubscribe}

traits:
  decision_maker: {title: {contains: [部長, 本部長, 役員, 取締役, Director, VP]}}
  target_size:    {account.employees: {gte: 100, lt: 5000}}
  competitor:     {account.domain: [rival.example, "*.rival.example"]}

excluded: trait(competitor)

scores:
  behavior:
    range: [0, 200]
    rules:
      - {signal: pricing_page, points: 10, at_most: 3 per 7d, expires: 90d, because: 料金は検討段階の行動}
      - {signal: whitepaper, points: 15, halves: 30d, because: 課題を調べている}
      - {signal: product_click, points: 8, fades: 60d, because: 製品に関心がある}
      - {signal: pricing_page, every: 5 within 1d, points: 20, because: 一日に何度も見るのは比較中}
      - {silence: 30d, points: -10, repeats: true, because: 沈黙は冷めた合図}
      - {silence: 14d, of: [product_login, email_click], after: trial, points: -30, because: トライアル後の離脱}
      - {signal: unsubscribed, resets: true, because: 読みたくないという意思}
      - {signal: any_page, points: 20, while: [RECYCLED], at_most: 1 per 30d, because: 再燃}
  fit:
    range: [0, 70]
    rules:
      - {trait: decision_maker, points: 30, because: 決められる人}
      - {trait: target_size, points: 20, because: 得意な規模}
    grades: {A: 60, B: 40, C: 20, D: 0}
  interest_security:
    range: [0, 100]
    rules:
      - {signal: webinar, points: 10, max: 50, because: 関心領域}
  person: {sum: [behavior, fit]}

stages:
  - id: MAL
    name: {ja: マーケティング受入リード, en: Marketing accepted lead}
    enter: [{when: has(email) and has(account.name)}]
  - id: MQL
    enter:
      - {from: [MAL, RECYCLED], when: person >= 100 and behavior > 0 and fit.grade >= C}
      - {from: [MAL], when: "count(webinar, 90d) >= 3"}
      - {from: [MAL, RECYCLED], by: [marketing]}
      - {from: [DISQUALIFIED], when: happened(contact_request)}
    timeout: {after: 30d, to: RECYCLED, reason: no_action}
    handoff: {to: inside_sales, within: 2 business hours}
  - id: SGL
    enter: [{from: [none, MAL], by: [sales, inside_sales]}]
  - id: SAL
    enter: [{from: [MQL, SGL], by: [inside_sales, sales]}]
  - id: SQL
    enter:
      - {from: [SAL], by: [inside_sales, sales], requires: bant >= 3}
      - {from: [SAL], when: happened(trial)}
    handoff: {to: sales, within: 8 business hours}
  - id: OPPORTUNITY
    enter: [{from: [SQL], by: [sales]}]
  - id: WON
    enter: [{from: [OPPORTUNITY], by: [sales]}]
  - id: LOST
    enter: [{from: [OPPORTUNITY, SQL], by: [sales]}]
  - id: RECYCLED
    enter: [{from: [MQL, SAL, SQL, LOST], by: [inside_sales, sales]}]
    resets: [behavior]
    recheck: 7d
  - id: DISQUALIFIED
    enter: [{from: any, by: [marketing, inside_sales, sales]}]

qualification:
  bant: [budget, authority, need, timing]

reasons:
  RECYCLED: [no_budget_now, no_response, timing, no_action, evaluating_rival]
  DISQUALIFIED: [competitor, student, bad_data, no_authority, no_need]

targets: {MQL: 120 per month, SAL.acceptance: 80%, SAL.follow_up: 2 business hours, WON.amount: 30000000 JPY per quarter}
"""


def edited(old: str, new: str) -> str:
    """The agreement with one place changed; that place stands in it once."""
    assert WHOLE.count(old) == 1, f"{old!r} stands {WHOLE.count(old)} times"
    return WHOLE.replace(old, new)


def problems(text: str) -> list[str]:
    """Every problem of a text, as the command line prints it."""
    return [str(problem) for problem in parse_agreement(text, FILE)[1]]


def errors(text: str) -> list[Problem]:
    """Every error of a text."""
    return [problem for problem in parse_agreement(text, FILE)[1] if problem.is_error]


def without_mark(text: str) -> tuple[str, str]:
    """The text, and `file:line:column` of the mark in it."""
    before, mark, after = text.partition(MARK)
    assert mark, "the text has no mark"
    return before + after, f"{FILE}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def reading(old: str, new: str) -> Agreement:
    """The edited agreement, which must be valid."""
    return agreement_of(edited(old, new))
