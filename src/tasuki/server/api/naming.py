"""How a request names a lead, and what it may say of it."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field, model_validator

from tasuki.server.api.fields import Id, Instant, Key, Mail, Short, Source, Taken, refuse
from tasuki.server.api.reading import flat
from tasuki.server.people.inputs import LeadInput, LeadRef

NAMES = ("email", "phone", "visitor", "external")
SAYS = ("fields", "channel", "campaign", "owner", "buying_role")
Fields = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=200)], Any],
    Field(
        max_length=500,
        description="The profile: `name`, `title`, `department`, `account.name`, `account.number` … and any other, as text."
        ' `{"account": {"name": …}}` is the same as `account.name`.',
    ),
]


class External(Taken):
    """Its name in another system."""

    source: Source
    key: Key


class Named(Taken):
    """Whatever identifies one person."""

    email: Mail | None = None
    phone: Annotated[Short | None, Field(description="Only a mobile number identifies a person.")] = None
    visitor: Annotated[
        Key | None, Field(description="Of a cookie; a lead known by it alone is anonymous.")
    ] = None
    external: External | None = None

    def ref(self) -> LeadRef:
        """The same as the commands take it."""
        external = self.external
        return LeadRef(
            lead=getattr(self, "id", None),
            email=self.email or "",
            phone=self.phone or "",
            visitor=self.visitor or "",
            external=(external.source, external.key) if external else None,
        )


class LeadIn(Named):
    """A lead: what identifies it, and what is known of it."""

    fields: Fields = Field(default_factory=dict)
    channel: Annotated[
        Short | None, Field(max_length=100, description="Of acquisition; the first one said stays.")
    ] = None
    campaign: Short | None = None
    owner: Annotated[Short | None, Field(description="User name of who looks after it.")] = None
    buying_role: Annotated[
        Short | None, Field(description="champion, decider, influencer, user, gatekeeper")
    ] = None
    at: Annotated[Instant | None, Field(description="Since when this has been so; now when absent.")] = None

    def input(self, at: Any = None) -> LeadInput:
        """The same as the commands take it. Invalid: fields nested too deeply."""
        return LeadInput(
            ref=self.ref(),
            fields=flat(self.fields, "fields"),
            at=self.at or at,
            channel=self.channel or "",
            campaign=self.campaign or "",
            owner=self.owner,
            buying_role=self.buying_role or "",
        )


ANY = ConfigDict(json_schema_extra={"anyOf": [{"required": [name]} for name in ("id", *NAMES)]})


class LeadRefIn(Named):
    """A lead that is there, by its id or by what identifies it; an unknown one is created from its mail or key."""

    model_config = ANY

    id: Id | None = None

    @model_validator(mode="after")
    def _is_named(self) -> LeadRefIn:
        _check_named(self)
        return self


class LeadHere(LeadIn):
    """The lead an entry is about: by its id or by what identifies it; new ones are created from what is said here."""

    model_config = ANY

    id: Id | None = None

    @model_validator(mode="after")
    def _is_named(self) -> LeadHere:
        _check_named(self)
        return self

    def profile(self, at: Any) -> LeadInput | None:
        """What is said of the lead besides naming it, or None."""
        return self.input(at) if any(getattr(self, name) for name in SAYS) else None


def _check_named(lead: LeadHere | LeadRefIn) -> None:
    if lead.id is None and not any(getattr(lead, name) for name in NAMES):
        raise refuse(
            "lead_unnamed",
            _("This does not say which lead."),
            _("Give one of: id, email, phone, visitor, external."),
        )


__all__ = ["External", "Fields", "LeadHere", "LeadIn", "LeadRefIn", "Named"]
