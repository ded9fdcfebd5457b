"""Sansan, business cards: its export, and the names of its API as other programs copy them."""

from django.utils.translation import gettext_lazy as _

from tasuki.server.imports.formats.base import ActivityRule, Format, columns, signature

FORMAT = Format(
    id="sansan",
    label=_("Sansan (business cards)"),
    kind="leads",
    source="sansan",
    channel="business_card",
    signature=(
        signature("会社名", "名刺所有者ユーザID"),
        signature("会社名", "氏名", "郵便番号(1)", "住所(1)[全て]"),
        signature("companyName", "departmentName", "exchangeDate"),
    ),
    columns=columns(
        account_name=("会社名", "companyName"),
        account_name_kana=("会社名カナ", "会社名（カナ）"),
        account_number="法人番号",
        account_postal_code=("郵便番号(1)", "郵便番号", "postalCode"),
        account_address=("住所(1)［全て］", "住所［全て］", "住所(1)", "住所", "address"),
        account_domain=("URL(1)", "URL", "url"),
        department=("部署名", "departmentName"),
        title=("役職", "title"),
        name=("氏名", "name"),
        name_kana=("氏名カナ", "氏名（カナ）", "nameReading"),
        family_name=("氏名[姓]", "姓", "lastName"),
        given_name=("氏名[名]", "名", "firstName"),
        family_name_kana=("氏名カナ[姓]", "lastNameReading"),
        given_name_kana=("氏名カナ[名]", "firstNameReading"),
        email=("e-mail(1)", "メールアドレス(1)", "e-mail", "email"),
        phone=("TEL(1)", "電話番号(1)", "TEL", "tel"),
        phone_direct=("TEL(2)", "secondTel"),
        fax=("FAX(1)", "FAX", "fax"),
        mobile=("携帯電話(1)", "携帯電話", "mobile"),
        external=("名刺ID", "id"),
        owner=("名刺所有者", "owner.name"),
        memo=("メモ", "memo"),
        tags=("タグ", "tags"),
        activity_at=("名刺交換日", "exchangeDate", "登録日", "registeredTime"),
    ),
    activities=(ActivityRule("business_card", channel="business_card"),),
)
