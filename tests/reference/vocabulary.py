"""The small alphabet that the made-up agreements and ledgers share, so that signals really match."""

from __future__ import annotations

from typing import Any

DURATIONS = ["6h", "12h", "24h", "1d", "2d", "3d", "1w", "360m", "30d"]
WINDOWS = ["6h", "6h", "12h", "12h", "1d", "24h", "2d", "1w"]  # short, so that their edges are met
STAGES = ["MAL", "MQL", "SGL", "SAL", "SQL", "RECYCLED"]
LEDGER_STAGES = [*STAGES[:3], *STAGES, *STAGES, "NOWHERE"]
ROLES = ["marketing", "inside_sales", "sales"]
LEDGER_ROLES = [*ROLES, *ROLES, *ROLES, "stranger", ""]
QUESTIONS = ["budget", "authority", "need", "timing", "champion", "shoe_size"]
ANSWERS = ["true", "YES", "y", "1", "はい", "有", "○", "１", "no", "false", "0", "いいえ", "maybe"]
QUALIFICATION = {"bant": ["budget", "authority", "need", "timing"], "meddic": ["champion", "need"]}
PROFILE_FIELDS = ["email", "phone", "title", "account.name", "account.employees"]

ACTIVITY_SHAPES: list[dict[str, str]] = [
    {"type": "page_view", "path": "/pricing"},
    {"type": "page_view", "path": "/Pricing/Enterprise", "channel": "search"},
    {"type": "page_view", "path": "/price/list", "channel": "partner"},
    {"type": "page_view", "path": "/ｐｒｉｃｉｎｇ", "channel": "Search"},
    {"type": "page_view", "path": "/blog/pricing", "channel": ""},
    {"type": "download", "content.kind": "whitepaper", "content.pages": "40"},
    {"type": "download", "content.kind": "Whitepaper", "content.pages": "40.0", "content.topic": "product"},
    {"type": "download", "content.kind": "case", "content.pages": "8", "name": "Tanaka Taro"},
    {"type": "download", "content.kind": "case", "content.pages": "1e3"},
    {"type": "download", "content.kind": "*", "content.pages": "many", "name": "suzuki"},
    {"type": "webinar_attend", "minutes": "30", "channel": "partner", "repeat": "TRUE"},
    {"type": "webinar_attend", "minutes": "45.5", "repeat": "false"},
    {"type": "webinar_attend", "minutes": "nan"},
    {"type": "email_click", "content.topic": "product"},
    {"type": "email_click", "content.topic": "製品カタログ", "channel": "email"},
    {"type": "email_click", "content.topic": "ﾒｰﾙ配信停止", "channel": "email"},
    {"type": "trial_start"},
    {"type": "login", "channel": "product"},
    {"type": "unsubscribe", "channel": "email"},
]

FAVOURITE_SIGNAL = "pricing"  # of the first activity shape

SIGNALS: dict[str, Any] = {
    "pricing": {
        "type": "page_view",
        "path": ["/pricing*", "/price/*"],
        "name": {"ja": "料金ページ閲覧", "en": "Pricing page"},
    },
    "any_page": {"type": "page_view"},
    "whitepaper": {"type": "download", "content.kind": "whitepaper"},
    "long_read": {"type": "download", "content.pages": {"gte": 20}},
    "forty_pages": {"content.pages": 40},
    "forty_as_text": {"content.pages": "40"},
    "webinar": {"type": "webinar_attend", "minutes": {"gt": 10, "lte": 45.5}},
    "product_click": {"type": "email_click", "content.topic": ["Product", "製品*"]},
    "trial": {"type": "trial_start", "name": "Trial"},
    "login": {"type": "LOGIN"},
    "unsubscribed": {
        "any": [
            {"type": "unsubscribe"},
            {"type": "email_click", "content.topic": {"contains": ["メール配信", "opt out"]}},
        ]
    },
    "own_visit": {"all": [{"type": ["page_view", "login"]}, {"not": {"channel": "partner"}}]},
    "not_by_search": {"type": "page_view", "channel": {"not": "search"}},
    "without_channel": {"channel": {"exists": False}},
    "with_channel": {"channel": {"exists": True, "not": ["partner", "prod*"]}},
    "like_price": {"path": {"matches": ["^/pri.*st$", "BLOG"]}},
    "in_order": {"content.topic": {"gte": "P", "lt": "r"}},
    "not_thick": {"type": "download", "content.pages": {"not": {"gte": 40}}},
    "by_tanaka": {"name": {"contains": "TANAKA"}},
    "comes_again": {"repeat": True},
}

PROFILE_SHAPES: list[dict[str, str]] = [
    {
        "email": "a@yamada.example",
        "account.name": "山田電機",
        "title": "営業本部長",
        "account.employees": "300",
    },
    {"email": "b@yamada.example", "title": "ＶＰ of Sales", "account.employees": "5000"},
    {"email": "c@rival.example", "account.domain": "JP.Rival.example", "account.employees": "100.0"},
    {"account.name": "鈴木商店", "account.employees": "about 300", "phone": "03-0000-0000"},
    {"email": "", "account.name": "佐藤", "title": "Student", "account.domain": "rival.example"},
    {},
]

TRAITS: dict[str, Any] = {
    "decision_maker": {"title": {"contains": ["部長", "Director", "vp"]}, "name": {"en": "Decides"}},
    "target_size": {"account.employees": {"gte": 100, "lt": 5000}},
    "competitor": {"account.domain": ["rival.example", "*.rival.example"]},
    "no_phone": {"phone": {"exists": False}},
    "no_student": {"not": {"title": "student"}},
    "known": {"any": [{"email": "*@*"}, {"all": [{"phone": {"exists": True}}, {"account.name": "鈴木*"}]}]},
}

PREDICATE_TESTS: list[tuple[str, Any]] = [
    ("type", "page_view"),
    ("type", ["download", "email_click", "login"]),
    ("type", {"not": "page_view"}),
    ("type", "*e*"),
    ("channel", {"exists": True}),
    ("channel", ["email", "search"]),
    ("channel", {"not": {"contains": "par"}}),
    ("content.kind", {"matches": "^c.se$"}),
    ("content.pages", {"lt": 41}),
    ("content.pages", [8, 40]),
    ("minutes", {"gte": 45.5}),
    ("content.topic", {"gt": "product"}),
]
