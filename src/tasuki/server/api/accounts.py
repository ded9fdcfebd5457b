"""Companies."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field, TypeAdapter

from tasuki.server.accounts import commands, queries
from tasuki.server.accounts.inputs import AccountInput, PutAccount
from tasuki.server.accounts.models import Account
from tasuki.server.api.auth import actor
from tasuki.server.api.batches import Answers, PutHead, batch_schema, each, head_schema, read_batch, woven
from tasuki.server.api.fields import At, Given, Id, Instant, Short, Source, Taken
from tasuki.server.api.naming import External, Fields
from tasuki.server.api.operations import Status, operation, rapid
from tasuki.server.api.reading import changes, flat
from tasuki.server.core.errors import Refused

router = Router(tags=["accounts"])
EXAMPLE = {
    "external": {"source": "crm", "key": "A-17"},
    "fields": {"name": "株式会社山田電機", "domain": "yamada.example", "employees": "320"},
}
SHOWN = {
    "id": 5,
    "name": "株式会社山田電機",
    "name_kana": "",
    "number": None,
    "domain": "yamada.example",
    "industry": "",
    "employees": 320,
    "address": "",
    "fields": {},
    "owner": None,
    "created_at": "2026-04-01T00:00:00Z",
}


class AccountIn(Taken):
    """A company: found again by number, by its key in another system, or by domain and name."""

    id: Id | None = None
    external: External | None = None
    fields: Annotated[
        Fields,
        Field(
            description="name, name_kana, number (13 digits), domain, industry, employees, address and any other."
        ),
    ] = Field(default_factory=dict)
    owner: Annotated[Short | None, Field(description="User name of who looks after it.")] = None
    at: Instant | None = None

    def input(self) -> AccountInput:
        """The same as the command takes it."""
        external = (self.external.source, self.external.key) if self.external else None
        return AccountInput(
            fields=flat(self.fields, "fields"),
            at=self.at,
            external=external,
            account=self.id,
            owner=self.owner,
        )


class OneAccount(AccountIn):
    """A company, sent by itself."""

    source: Source | None = None
    mode: Literal["trusted", "fill"] = "trusted"


class AccountChanges(Taken):
    """Fields to set; null removes one."""

    fields: Fields


class AccountPut(Given):
    """What came of a put."""

    status: Literal["created", "updated", "unchanged"]
    account: int


class AccountOut(Given):
    """A company as it is stored."""

    id: int
    name: str
    name_kana: str
    number: str | None
    domain: str
    industry: str
    employees: int | None
    address: str
    fields: dict[str, Any]
    owner: str | None
    created_at: At


class AccountPage(Given):
    """Accounts by name; `next` is the value of `after` for those that follow, null at the end."""

    items: list[AccountOut]
    next: str | None


ADAPTER = TypeAdapter(AccountIn)


def shown(account: Account) -> dict[str, Any]:
    """An account as it is answered."""
    return {
        **{name: getattr(account, name) for name in AccountOut.model_fields if name != "owner"},
        "owner": account.owner.username if account.owner else None,
    }


def _came_of(put: PutAccount) -> dict[str, Any]:
    return {"status": put.outcome, "account": put.account_id}


@operation(
    router,
    "GET",
    "/accounts",
    gives=AccountPage,
    answer={"items": [SHOWN], "next": None},
    summary="List accounts",
)
def list_accounts(
    request: HttpRequest,
    search: Annotated[
        str, Query(max_length=200, description="Words in name, reading, domain or number.")
    ] = "",
    after: Annotated[str, Query(max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=queries.MOST)] = 50,
) -> dict[str, Any]:
    """By name."""
    page = queries.accounts(actor(request), search=search, after=after, limit=limit)
    return {"items": list(map(shown, page.accounts)), "next": page.after or None}


@operation(
    router,
    "GET",
    "/accounts/{int:account_id}",
    gives=AccountOut,
    errors=(404,),
    answer=SHOWN,
    summary="One account",
)
def get_account(request: HttpRequest, account_id: Id) -> dict[str, Any]:
    """Of one that was merged, the one it is now."""
    return shown(queries.account(actor(request), account_id))


@operation(
    router,
    "PUT",
    "/accounts",
    gives=AccountPut,
    status=(200, 201),
    errors=(404,),
    takes=EXAMPLE,
    answer={"status": "created", "account": 5},
    summary="Create or update an account",
)
def put_account(request: HttpRequest, body: OneAccount) -> Status[dict[str, Any]]:
    """201 where it is new. `mode` `fill` fills only what is empty."""
    (put,) = commands.put_accounts(
        actor(request), [body.input()], source=body.source or actor(request).source, mode=body.mode
    )
    if isinstance(put, Refused):
        raise put
    return Status(201 if put.outcome == "created" else 200, _came_of(put))


@operation(
    router,
    "POST",
    "/accounts/batch",
    gives=Answers,
    body=batch_schema("OneAccount", head_schema()),
    takes={"items": [EXAMPLE]},
    answer={"results": [{"status": "created", "account": 5}]},
    summary="Create or update up to 1,000 accounts",
)
def put_account_batch(request: HttpRequest) -> HttpResponse:
    """All that fit are stored in one transaction; what does not is refused at its place."""
    items, head = read_batch(request, PutHead)
    inputs, refusals = each(items, ADAPTER, AccountIn.input)
    who = actor(request)
    puts = commands.put_accounts(who, inputs, source=head.source or who.source, mode=head.mode)
    return rapid({"results": woven(refusals, puts, _came_of)})


@operation(
    router,
    "PATCH",
    "/accounts/{int:account_id}",
    gives=AccountOut,
    errors=(404,),
    takes={"fields": {"industry": "製造", "employees": 350}},
    answer=SHOWN,
    summary="Change an account",
)
def update_account(request: HttpRequest, account_id: Id, body: AccountChanges) -> dict[str, Any]:
    """The fields named are set, null removes one, others stay. Its leads get a new version of their profile."""
    account = commands.update_account(actor(request), account_id, changes=changes(body.fields, "fields"))
    return shown(queries.account(actor(request), account.pk))
