"""Marketo, bulk import of leads: the first row holds the field names of its REST API."""

from django.utils.translation import gettext_lazy as _

from tasuki.server.imports.formats.base import Format, columns, signature

FORMAT = Format(
    id="marketo",
    label=_("Marketo (bulk lead import)"),
    kind="leads",
    source="marketo",
    signature=(signature("email", "firstName", "lastName"),),
    exact=frozenset({"email", "firstName", "lastName"}),
    columns=columns(
        external="id",
        email="email",
        given_name="firstName",
        family_name="lastName",
        phone="phone",
        mobile="mobilePhone",
        fax="fax",
        title="title",
        department="department",
        account_name="company",
        account_domain="website",
        account_industry="industry",
        account_employees="numberOfEmployees",
        account_annual_revenue="annualRevenue",
        address="address",
        city="city",
        state="state",
        postal_code="postalCode",
        country="country",
        lead_status="leadStatus",
        rating="rating",
        channel=("leadSource", "originalSourceType"),
        unsubscribed="unsubscribed",
        at="createdAt",
    ),
)
