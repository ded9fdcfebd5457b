"""Eight, business cards: five lines about the file, then the header. Each card is a lead and the day it was exchanged."""

from django.utils.translation import gettext_lazy as _

from tasuki.server.imports.formats.base import ActivityRule, Format, columns, signature

FORMAT = Format(
    id="eight",
    label=_("Eight (business cards)"),
    kind="leads",
    source="eight",
    channel="business_card",
    signature=(
        signature("会社名", "e-mail", "TEL会社", "名刺交換日"),
        signature("会社名", "Eightでつながっている人", "名刺交換日"),
    ),
    columns=columns(
        account_name="会社名",
        department="部署名",
        title="役職",
        name="氏名",
        family_name="姓",
        given_name="名",
        email="e-mail",
        account_postal_code="郵便番号",
        account_address="住所",
        phone="TEL会社",
        phone_department="TEL部門",
        phone_direct="TEL直通",
        fax="Fax",
        mobile="携帯電話",
        account_domain="URL",
        activity_at="名刺交換日",
    ),
    activities=(ActivityRule("business_card", channel="business_card"),),
)
