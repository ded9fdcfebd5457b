"""The national tax agency's corporate numbers (法人番号): 30 columns without a header, one row a company."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from tasuki.server.imports.formats.base import Fields, Format, columns, folded, signature
from tasuki.server.imports.reading import Row

HEADER: Final = (
    "sequenceNumber",
    "corporateNumber",
    "process",
    "correct",
    "updateDate",
    "changeDate",
    "name",
    "nameImageId",
    "kind",
    "prefectureName",
    "cityName",
    "streetNumber",
    "addressImageId",
    "prefectureCode",
    "cityCode",
    "postCode",
    "addressOutside",
    "addressOutsideImageId",
    "closeDate",
    "closeCause",
    "successorCorporateNumber",
    "changeCause",
    "assignmentDate",
    "latest",
    "enName",
    "enPrefectureName",
    "enCityName",
    "enAddressOutside",
    "furigana",
    "hihyoji",
)


def headless(row: Row) -> bool:
    """30 cells, a counter first and a 13-digit number second."""
    cells = row.cells
    return len(cells) == len(HEADER) and cells[0].isdigit() and cells[1].isdigit() and len(cells[1]) == 13


def passed_over(fields: Fields) -> Any:
    """Older records, companies that are closed, and those that the agency does not show."""
    if fields.get("account.latest", "1") == "0":
        return _("An older record of this company; a later one is in force.")
    if fields.get("account.closed_on"):
        return _("The company is closed in the register since %(day)s.") % {
            "day": fields["account.closed_on"]
        }
    if fields.get("account.hidden") == "1":
        return _("The register does not show this company.")
    return ""


FORMAT = Format(
    id="corporate-numbers",
    label=_("Corporate numbers of the tax agency"),
    kind="accounts",
    source="houjin-bangou",
    header=HEADER,
    headless=headless,
    passed_over=passed_over,
    signature=(frozenset(map(folded, HEADER)), signature("corporateNumber", "name", "prefectureName")),
    columns=columns(
        account_number="corporateNumber",
        account_name="name",
        account_name_kana="furigana",
        account_name_en="enName",
        account_legal_kind="kind",
        account_prefecture="prefectureName",
        account_city="cityName",
        account_street="streetNumber",
        account_postal_code="postCode",
        account_address_abroad="addressOutside",
        account_closed_on="closeDate",
        account_latest="latest",
        account_hidden="hihyoji",
    ),
)
