"""HubSpot: exports of contacts, companies and deals with whatever columns the view had, and its sample for import."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tasuki.server.imports.formats.base import Format, columns, signature

CONTACTS = Format(
    id="hubspot-contacts",
    label=_("HubSpot contacts"),
    kind="leads",
    source="hubspot",
    signature=(
        signature("Record ID", "First Name", "Last Name", "Email"),
        signature("Record ID", "Email", "Contact owner"),
        signature("Record ID", "Last Name", "Lifecycle Stage"),
    ),
    columns=columns(
        external="Record ID",
        given_name="First Name",
        family_name="Last Name",
        email="Email",
        phone="Phone Number",
        mobile="Mobile Phone Number",
        lead_status="Lead Status",
        lifecycle_stage="Lifecycle Stage",
        at="Create Date",
        account_name=("Associated Company", "Company Name", "Primary Company"),
        title="Job Title",
        country="Country/Region",
        city="City",
        account_domain=("Website URL", "Email Domain"),
        account_industry="Industry",
        owner="Contact owner",
        channel=("Original Source", "Original Traffic Source", "Lead source"),
    ),
    general=True,
)

COMPANIES = Format(
    id="hubspot-companies",
    label=_("HubSpot companies"),
    kind="accounts",
    source="hubspot",
    signature=(
        signature("Record ID", "Company name", "Company owner"),
        signature("Record ID", "Company name", "Website URL"),
        signature("Record ID", "Company name", "Company Domain Name"),
    ),
    columns=columns(
        external="Record ID",
        account_name="Company name",
        account_domain=("Company Domain Name", "Website URL"),
        owner="Company owner",
        account_industry="Industry",
        account_employees="Number of Employees",
        account_annual_revenue="Annual Revenue",
        account_phone="Phone Number",
        account_country="Country/Region",
        account_city="City",
        at="Create Date",
    ),
    general=True,
)

DEALS = Format(
    id="hubspot-deals",
    label=_("HubSpot deals"),
    kind="deals",
    source="hubspot",
    signature=(
        signature("Record ID", "Deal Name", "Deal Stage"),
        signature("Record ID", "Deal Name", "Amount"),
    ),
    columns=columns(
        key="Record ID",
        name="Deal Name",
        state="Deal Stage",
        amount="Amount",
        currency="Currency",
        owner="Deal owner",
        external="Associated Contact IDs",
        email="Associated Contact Email",
        opened_at="Create Date",
        closed_at="Close Date",
        reason=("Closed Lost Reason", "Deal Lost Reason"),
    ),
    values={
        "state": {
            "closedwon": "won",
            "won": "won",
            "成立": "won",
            "受注": "won",
            "closedlost": "lost",
            "lost": "lost",
            "不成立": "lost",
            "失注": "lost",
        }
    },
)

MINIMAL = Format(
    id="hubspot-minimal",
    label=_("HubSpot sample for import"),
    kind="leads",
    source="hubspot",
    signature=(signature("First Name", "Last Name", "Email Address"),),
    columns=columns(given_name="First Name", family_name="Last Name", email="Email Address"),
    general=True,
)
