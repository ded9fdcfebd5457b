"""Any other table: headers as people write them, in Japanese and English."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from tasuki.server.imports.formats.base import ActivityRule, Format, columns, folded

LEADS: Final = columns(
    lead="lead | リード | リードID",
    external="external | external id | 外部ID | 顧客ID | 会員ID | record id | contact id | customer id",
    visitor="visitor | visitor id | 訪問者ID",
    name=(
        "name | full name | 氏名 | 名前 | お名前 | 担当者 | 担当者名 | ご担当者名 | ご担当者様名 | "
        "漢字氏名 | contact name"
    ),
    family_name="family name | last name | surname | 姓 | 苗字 | 名字 | 氏 | お名前姓",
    given_name="given name | first name | 名 | お名前名",
    name_kana=(
        "name kana | kana | 氏名カナ | フリガナ | ふりがな | カナ | よみがな | 読み | カナ氏名 | "
        "お名前カナ | 氏名フリガナ"
    ),
    family_name_kana="姓カナ | セイ | 姓フリガナ | 姓（カナ）",
    given_name_kana="名カナ | メイ | 名フリガナ | 名（カナ）",
    email=(
        "email | e-mail | mail | email address | e-mail address | mail address | work email | "
        "business email | email1 | メール | メールアドレス | Eメール | 電子メール | "
        "電子メールアドレス | メールアドレス1 | 連絡先メールアドレス"
    ),
    phone=(
        "phone | tel | telephone | phone number | work phone | business phone | 電話 | 電話番号 | "
        "TEL会社 | 会社電話番号 | 代表電話 | 連絡先電話番号 | お電話番号 | tel1"
    ),
    mobile=(
        "mobile | cell | cell phone | mobile phone | mobile number | 携帯 | 携帯電話 | 携帯番号 | "
        "携帯電話番号"
    ),
    fax="fax | ファックス | ＦＡＸ番号",
    department="department | 部署 | 部署名 | 所属 | 所属部署 | division | 部門",
    title="title | job title | position | 役職 | 役職名 | 肩書 | 肩書き",
    buying_role="buying role | 購買役割 | 関与者の役割",
    country="country | country/region | 国 | 国名",
    postal_code="postal code | zip | zip code | 郵便番号 | 〒",
    address="address | 住所 | ご住所 | 所在地",
    prefecture="prefecture | 都道府県 | state",
    city="city | 市区町村",
    channel=(
        "channel | source | lead source | 流入元 | 流入経路 | 獲得チャネル | チャネル | "
        "リードソース | きっかけ | 経路 | ソース"
    ),
    campaign="campaign | キャンペーン | キャンペーン名 | 施策 | utm_campaign",
    owner="owner | lead owner | 担当営業 | 営業担当 | 自社担当者 | 所有者 | リード所有者",
    memo="memo | note | notes | remarks | 備考 | メモ | コメント",
    at=(
        "created at | create date | created date | created | 登録日 | 登録日時 | 作成日 | 作成日時 | "
        "獲得日 | date added | at"
    ),
    account_name=(
        "company | company name | account | account name | organization | organisation | employer | "
        "会社 | 会社名 | 企業名 | 企業 | 法人名 | 勤務先 | 貴社名 | 御社名 | 組織名 | 団体名 | "
        "取引先名 | 勤務先名 | account.name"
    ),
    account_name_kana="会社名カナ | 会社名フリガナ | 企業名カナ | account.name_kana",
    account_number="corporate number | 法人番号 | account.number",
    account_domain=(
        "domain | website | url | web site | company domain | ホームページ | サイト | 会社URL | HP | "
        "ドメイン | account.domain"
    ),
    account_industry="industry | 業種 | 業界 | account.industry",
    account_employees=(
        "employees | number of employees | no. of employees | company size | 従業員数 | 社員数 | "
        "従業員規模 | account.employees"
    ),
    account_address="company address | 会社住所 | 勤務先住所 | account.address",
    account_postal_code="会社郵便番号 | 勤務先郵便番号",
)

ACCOUNTS: Final = {
    **{header: field for header, field in LEADS.items() if field.startswith("account.")},
    **columns(
        external="external | external id | record id | account id | 取引先ID | 企業ID | 会社ID",
        account_name="name | 名称 | 商号 | 商号又は名称",
        account_name_kana="kana | フリガナ | カナ | ふりがな",
        account_address="address | 住所 | 所在地 | 本店所在地",
        account_phone="phone | tel | 電話 | 電話番号",
        account_postal_code="postal code | zip | 郵便番号",
        account_prefecture="prefecture | 都道府県",
        owner="owner | account owner | 担当営業 | 営業担当 | 所有者",
    ),
}

WHO: Final = {
    header: field
    for header, field in LEADS.items()
    if field
    in {
        "lead",
        "external",
        "visitor",
        "name",
        "family_name",
        "given_name",
        "email",
        "phone",
        "mobile",
        "account.name",
    }
}

ACTIVITIES: Final = {
    **WHO,
    **columns(
        type=(
            "type",
            "activity type",
            "activity",
            "種別",
            "行動",
            "行動種別",
            "アクション",
            "イベント種別",
            "行動履歴",
        ),
        at=(
            "at",
            "time",
            "date",
            "datetime",
            "timestamp",
            "occurred at",
            "日時",
            "日付",
            "発生日時",
            "活動日",
            "行動日時",
            "実施日",
        ),
        key="key | activity id | event id | 行動ID | キー",
        path="path | page | url | ページ | パス",
        channel="channel | チャネル | 経路",
        content="content | コンテンツ | 資料名 | 内容 | 件名 | subject",
        campaign="campaign | キャンペーン",
        outcome="outcome | 結果",
        minutes="minutes | 分 | 時間（分）",
    ),
    folded("content.kind"): "content.kind",
    folded("content.topic"): "content.topic",
}

DECISIONS: Final = {
    **WHO,
    **columns(
        to="to | stage | to stage | ステージ | 移行先 | 新ステージ",
        at="at | time | date | 日時 | 日付 | 判断日 | 判断日時 | 変更日 | 変更日時",
        role="role | 役割 | 部門",
        reason="reason | 理由",
        until="until | re-approach date | 再アプローチ日 | 次回アプローチ日",
        answers="answers | 回答",
        note="note | memo | メモ | 備考",
        key="key | キー",
    ),
}

DEALS: Final = {
    **WHO,
    **columns(
        name=(
            "name",
            "deal name",
            "deal",
            "opportunity name",
            "opportunity",
            "商談名",
            "案件名",
            "商談",
            "案件",
        ),
        key="key | deal id | opportunity id | 商談ID | 案件ID | キー",
        amount="amount | value | 金額 | 商談金額 | 受注金額 | 見込金額",
        currency="currency | 通貨",
        state="state | deal stage | stage | status | 状態 | 商談フェーズ | フェーズ | ステータス",
        reason="reason | lost reason | 失注理由 | 理由",
        opened_at=(
            "opened at",
            "create date",
            "created date",
            "created at",
            "開始日",
            "作成日",
            "商談開始日",
            "発生日",
        ),
        closed_at="closed at | close date | 完了日 | 受注日 | クローズ日 | 成約日",
        expected_at="expected at | expected close date | 完了予定日 | 受注予定日",
        owner="owner | 担当営業 | 営業担当 | 所有者",
    ),
}

STATES: Final = {
    **{folded(word): "won" for word in ("won", "closed won", "closedwon", "受注", "成約", "成立")},
    **{folded(word): "lost" for word in ("lost", "closed lost", "closedlost", "失注", "不成立")},
    **{folded(word): "open" for word in ("open", "進行中", "商談中", "提案中")},
}

FORMATS: Final = (
    Format(
        id="leads",
        label=_("Leads"),
        kind="leads",
        columns=LEADS,
        activities=(ActivityRule(""),),
    ),
    Format(id="accounts", label=_("Accounts"), kind="accounts", columns=ACCOUNTS),
    Format(id="activities", label=_("Activities"), kind="activities", columns=ACTIVITIES),
    Format(id="decisions", label=_("Decisions"), kind="decisions", columns=DECISIONS),
    Format(id="deals", label=_("Deals"), kind="deals", columns=DEALS, values={"state": STATES}),
)

NEEDED: Final = {
    "decisions": (frozenset({"to", "at"}),),
    "activities": (frozenset({"type", "at"}),),
    "deals": (frozenset({"amount", "state"}), frozenset({"amount", "key"})),
}
"""Kind → fields of which one set must be recognised before a table is taken for this kind."""
