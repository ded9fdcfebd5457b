"""What the OpenAPI description says besides what the code says."""

from __future__ import annotations

from typing import Any

from ninja.openapi.schema import OpenAPISchema

TEXT = """\
Entries in, stages out. **Every entry is acknowledged only once it is stored**, and stored once: sent again with the same
`source` and `key` it is answered as a duplicate. `source` is the name of your token where you give none.

Send a token as `Authorization: Bearer tsk_…` (page *Settings*, or `tasuki token`). Times carry their offset
(`2026-04-01T09:00:00+09:00`); texts of errors come in the language of `Accept-Language` (`ja`, `en`); every error has the
shape `{"error": {"code", "message", "cure", "field", "details"}}`.
"""
TAGS = [
    {"name": "leads", "description": "People who may buy: who they are, where they stand, and why."},
    {"name": "activities", "description": "What leads did."},
    {"name": "decisions", "description": "What people decided about leads, and what they may decide."},
    {"name": "work", "description": "What you should do now; calls made and promised."},
    {"name": "handoffs", "description": "Who holds which lead until when, and how it came to them."},
    {"name": "accounts", "description": "Companies."},
    {"name": "deals", "description": "Opportunities with amount and close date."},
    {"name": "duplicates", "description": "Leads that may be the same; merging them, and taking it back."},
    {"name": "agreement", "description": "The agreement in force."},
    {"name": "metrics", "description": "Figures and the leads behind them, the plan, weekly reports."},
    {"name": "imports", "description": "Files that are brought in."},
    {"name": "working time", "description": "Hours, absences and days off, which due times go by."},
    {"name": "telling", "description": "How people are told of news, and programs by webhooks."},
    {"name": "people", "description": "Who you are, your tokens; the data of one person."},
]
ERRORS = {
    400: "It cannot be read: not JSON, or cut off.",
    401: "No token and no session, or one that is not valid.",
    403: "The role, or the token's scopes, do not allow it; or the CSRF token is missing.",
    404: "It is not there, or not for you.",
    409: "It clashes with what is there.",
    413: "More than is taken at once.",
    422: "A value does not fit; `field` names it.",
    429: "Too often.",
    503: "The database is busy; nothing was stored. Send it again.",
}
SAID = {
    400: ("bad_json", "This is not JSON: expected value at line 1 column 2.", ""),
    401: ("not_signed_in", "This needs a token, or a signed-in session.", ""),
    403: ("role_not_allowed", "Your role may not do that.", ""),
    404: ("lead_unknown", "There is no such lead.", ""),
    409: ("changed_meanwhile", "Somebody changed the same thing at the same moment; nothing was stored.", ""),
    413: ("too_large", "This request is larger than is taken at once.", ""),
    422: ("missing", "This field is missing.", "type"),
    429: ("too_often", "Too often.", ""),
    503: ("busy", "The database is busy or away; nothing was stored.", ""),
}


def completed(schema: OpenAPISchema) -> OpenAPISchema:
    """Errors described, each with an example."""
    for operations in schema["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) in ERRORS:
                    response["description"] = ERRORS[int(status)]
                    _with_example(int(status), response)
    return schema


def _with_example(status: int, response: dict[str, Any]) -> None:
    code, message, field = SAID[status]
    shown = {"code": code, "message": message} | ({"field": field} if field else {})
    for content in response.get("content", {}).values():
        content.setdefault("example", {"error": shown})
