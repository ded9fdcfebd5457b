"""Every format is recognised and mapped, in the files as their programs write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tasuki.server.core import clock
from tasuki.server.imports.formats import FORMATS
from tasuki.server.imports.guessing import guess
from tasuki.server.imports.plan import Plan, changed
from tasuki.server.imports.reading.delimited import delimited_rows
from tasuki.server.imports.rows import Reader, Record, Reject
from tasuki.server.imports.values import parse_amount, parse_answers
from tests.server.imports.conftest import fields, records, rejects

Write = Callable[..., Path]


def reader_and_records(path: Path) -> tuple[Reader, list[Record]]:
    plan = guess(path)
    return Reader(plan, clock.now()), [record for record in records(path, plan) if isinstance(record, Record)]


def appended(shared: Path, file: Write, *rows: str) -> Path:
    """A shared file that has a header only, with rows."""
    return file(shared.read_text("utf-8").rstrip("\n") + "\n" + "\n".join(rows) + "\n", name=shared.name)


EIGHT = """02月08日23時00分 JST にEightで生成された名刺リストです。
合計 1 件
*データ化の際に認識できない文字が含まれていた場合は「?」で代替されます。


会社名,部署名,役職,氏名,e-mail,郵便番号,住所,TEL会社,TEL部門,TEL直通,Fax,携帯電話,URL,名刺交換日,Eightでつながっている人,再データ化中の名刺,'?'を含んだデータ
㈱髙橋商事,"",代表取締役,﨑山花子,hanako@takahashi.example,"","","","","","",090-0000-0001,http://takahashi.example,2026/01/20,"","",""
"""


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_a_card_of_eight_is_a_lead_and_the_day_it_was_exchanged(file: Write, encoding: str):
    reader, [card] = reader_and_records(file(EIGHT.replace("\n", "\r\n"), encoding))
    assert (reader.plan.format, reader.plan.header_line, card.line) == ("eight", 6, 7)
    lead, [activity] = reader.lead(card)
    assert lead.ref.email == "hanako@takahashi.example"
    assert lead.fields == {
        "account.name": "㈱髙橋商事",
        "title": "代表取締役",
        "name": "﨑山花子",
        "email": "hanako@takahashi.example",
        "mobile": "090-0000-0001",
        "account.domain": "http://takahashi.example",
    }
    assert (lead.channel, lead.at) == ("business_card", datetime(2026, 1, 19, 15, tzinfo=UTC))
    assert (activity.type, activity.at, activity.properties) == (
        "business_card",
        lead.at,
        {"channel": "business_card"},
    )


@pytest.mark.parametrize("name", ["eight_export_utf8.csv", "eight_export_cp932.csv"])
def test_the_shared_files_of_eight(formats_folder: Path, name: str):
    reader, cards = reader_and_records(formats_folder / name)
    assert reader.plan.format == "eight"
    assert [card.fields["name"] for card in cards] == ["見本太郎", "﨑山花子"]
    assert cards[0].fields["account.name"] == "株式会社サンプル製作所"


def test_sansan_by_the_names_of_its_export(file: Write):
    reader, [card] = reader_and_records(
        file(
            "会社名,部署名,役職,氏名,郵便番号(1),住所(1)［全て］,e-mail(1),TEL(1),名刺交換日,名刺所有者ユーザID\n"
            "株式会社サンプル,営業部,課長,見本 太郎,100-0001,東京都,taro@sample.example,03-0000-0000,2026/02/03,u1\n",
            "utf-8-sig",
        )
    )
    lead, [activity] = reader.lead(card)
    assert reader.plan.format == "sansan"
    assert lead.fields["account.address"] == "東京都"
    assert activity.type == "business_card"


def test_sansan_by_the_shared_names(formats_folder: Path, file: Write):
    lines = (formats_folder / "sansan_known_columns.txt").read_text("utf-8").splitlines()
    export = next(line for line in lines if line.startswith("会社名"))
    path = file(export.replace("...,", "") + "\nサンプル,営業部,課長,見本太郎,1000001,東京都,u1\n")
    assert guess(path).format == "sansan"
    api = next(line for line in lines if line.startswith("companyName")).split()
    path = file(",".join(api) + "\n" + ",".join(f"v{n}" for n in range(len(api))) + "\n")
    plan = guess(path)
    assert plan.format == "sansan"
    assert plan.columns["lastNameReading"] == "family_name_kana"


COLUMNS = (
    "Attended,User Name (Original Name),First Name,Last Name,Email,Phone,Registration Time,Approval Status,"
    "Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name"
)
WHEN = '"08/01/2026 09:00:00 AM",approved,"08/09/2026'
ZOOM = f"""Attendee Report
Report generated time,08/09/2026 02:31:08 PM
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registrants,Unique Viewers,Total Users
Cost seminar,123 4567 8901,"08/09/2026 10:45:00 AM",90,3,2,3
Host Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Host,host@example.invalid,"08/09/2026 10:40:00 AM","08/09/2026 12:16:00 PM",96,No,Japan
Attendee Details
{COLUMNS}
Yes,Taro,Taro,Sample,taro@x.example,,{WHEN} 10:50:00 AM","08/09/2026 11:20:00 AM",30,No,Japan
Yes,Taro,Taro,Sample,taro@x.example,,{WHEN} 11:25:00 AM","08/09/2026 12:15:00 PM",50,No,Japan
No,Hanako,Hanako,Sample,hanako@x.example,,"08/02/2026 09:00:00 AM",approved,--,--,--,--,
Other Attended
User Name,Join Time,Leave Time,Time in Session (minutes)
81300000000,"08/09/2026 10:50:00 AM","08/09/2026 11:20:00 AM",30
"""


def test_a_webinar_of_zoom_is_joined_per_person(file: Write):
    with clock.at(datetime(2026, 9, 1, tzinfo=UTC)):
        reader, [taro, hanako] = reader_and_records(file(ZOOM))
        _lead, activities = reader.lead(taro)
        _lead, only_registered = reader.lead(hanako)
    assert [activity.type for activity in activities] == ["webinar_register", "webinar_attend"]
    assert activities[1].at == datetime(2026, 8, 9, 1, 50, tzinfo=UTC)
    assert activities[1].properties == {
        "minutes": "80",
        "content": "Cost seminar",
        "webinar": "12345678901",
        "channel": "webinar",
    }
    assert [activity.type for activity in only_registered] == ["webinar_register"]
    assert "country" not in hanako.fields


def test_the_shared_file_of_zoom(formats_folder: Path):
    reader, people = reader_and_records(formats_folder / "zoom_webinar_attendee_report.csv")
    assert reader.plan.format == "zoom"
    assert [(p.fields["email"], p.fields.get("activity.minutes")) for p in people] == [
        ("taro@example.invalid", "80"),
        ("hanako@example.invalid", None),
    ]


@pytest.mark.parametrize(
    ("name", "row", "types"),
    [
        (
            "connpass_participants_old.csv",
            "一般,taro,太郎,楽しみです,参加,出席,2018/05/20 12:34:56,123",
            ["event_register", "event_attend"],
        ),
        ("connpass_participants_old.csv", "一般,taro,太郎,,キャンセル,,2018/05/20 12:34:56,123", []),
        (
            "connpass_participants_new_PARTIAL.csv",
            "一般,taro,太郎,2012/01/01,,参加,出席,2026-05-20 19:05:00",
            ["event_register", "event_attend"],
        ),
        (
            "connpass_participants_new_PARTIAL.csv",
            "一般,taro,太郎,2012/01/01,,参加,欠席,",
            ["event_register"],
        ),
    ],
)
def test_participants_of_connpass(formats_folder: Path, file: Write, name: str, row: str, types: list[str]):
    reader, [record] = reader_and_records(appended(formats_folder / name, file, row))
    lead, activities = reader.lead(record)
    assert (lead.ref.external, lead.fields) == (("connpass", "taro"), {"name": "太郎"})
    assert [activity.type for activity in activities] == types


def test_connpass_without_the_shared_files(file: Write):
    path = file(
        "参加枠名,ユーザー名,表示名,コメント,参加ステータス,出欠ステータス,更新日時,受付番号\n"
        "一般,taro,太郎,,参加,出席,2018/05/20 12:34:56,1\n"
    )
    reader, [record] = reader_and_records(path)
    _lead, activities = reader.lead(record)
    assert [activity.properties for activity in activities] == [{"slot": "一般", "channel": "event"}] * 2


def test_contacts_companies_and_deals_of_hubspot(formats_folder: Path, file: Write):
    reader, [record] = reader_and_records(
        appended(
            formats_folder / "hubspot_contacts_export.csv",
            file,
            "101,Taro,Yamada,taro@yamada.example,03-0000-0000,NEW,2024-03-12 09:14,Yamada Denki,Japan,",
        )
    )
    lead, _none = reader.lead(record)
    assert (reader.plan.format, lead.ref.external, lead.at) == (
        "hubspot-contacts",
        ("hubspot", "101"),
        datetime(2024, 3, 12, 0, 14, tzinfo=UTC),
    )
    assert lead.fields["account.name"] == "Yamada Denki"

    reader, [record] = reader_and_records(
        appended(
            formats_folder / "hubspot_companies_export.csv",
            file,
            "7,Yamada Denki,https://www.yamada.example/,,2024-01-01",
        )
    )
    assert (reader.plan.kind, reader.account(record).external) == ("accounts", ("hubspot", "7"))
    assert reader.account(record).fields == {"name": "Yamada Denki", "domain": "https://www.yamada.example/"}

    reader, [record] = reader_and_records(
        appended(
            formats_folder / "hubspot_deals_export.csv",
            file,
            '9,Yamada 2026,Closed Won,"1,200,000",,7,101;102,',
        )
    )
    _lead, deal = reader.deal(record)
    assert (reader.plan.kind, deal.key, deal.state, deal.amount) == ("deals", "9", "won", Decimal(1200000))
    assert deal.ref is not None
    assert deal.ref.external == ("hubspot", "101")


def test_a_deal_of_hubspot_that_is_under_way_is_open(file: Write):
    reader, [record] = reader_and_records(
        file(
            "Record ID,Deal Name,Deal Stage,Amount,Associated Contact IDs\n9,X,appointmentscheduled,$10.50,101\n"
        )
    )
    _lead, deal = reader.deal(record)
    assert (deal.state, deal.currency, deal.amount) == ("open", "USD", Decimal("10.50"))


def test_the_smallest_file_for_hubspot(formats_folder: Path, file: Write):
    reader, [record] = reader_and_records(
        appended(formats_folder / "hubspot_import_minimal.csv", file, "Taro,Yamada,taro@yamada.example")
    )
    lead, _none = reader.lead(record)
    assert reader.plan.format == "hubspot-minimal"
    assert lead.fields == {"given_name": "Taro", "family_name": "Yamada", "email": "taro@yamada.example"}


def test_leads_of_salesforce_by_label_and_by_api_name(formats_folder: Path, file: Write):
    reader, [record] = reader_and_records(
        appended(
            formats_folder / "salesforce_lead_import_labels.csv",
            file,
            "Taro,Yamada,Yamada Denki,taro@yamada.example,0,03-0000-0000,090-0000-0000,,Tokyo,100-0001,"
            "Japan,Electronics,1000,120,Web,Open,Hot,,00Q1,",
        )
    )
    lead, _none = reader.lead(record)
    assert (reader.plan.format, lead.ref.external, lead.channel) == (
        "salesforce-labels",
        ("salesforce", "00Q1"),
        "Web",
    )
    assert (lead.fields["account.employees"], lead.fields["email_opt_out"]) == ("120", "0")

    reader, [record] = reader_and_records(
        appended(
            formats_folder / "salesforce_lead_api_names.csv",
            file,
            "00Q1,Taro,Yamada,taro@yamada.example,03-0000-0000,Yamada Denki,Web,Open,0051",
        )
    )
    lead, _none = reader.lead(record)
    assert (reader.plan.format, lead.fields["crm_owner"], lead.owner) == ("salesforce-api", "0051", None)


def test_the_shared_file_of_marketo(formats_folder: Path):
    reader, [record] = reader_and_records(formats_folder / "marketo_bulk_lead_import.csv")
    lead, _none = reader.lead(record)
    assert (reader.plan.format, lead.ref.email) == ("marketo", "test@example.com")


NUMBER = "7000012050002"


def corporate(**cells: str) -> str:
    from tasuki.server.imports.formats.corporate_numbers import HEADER

    row = {
        "sequenceNumber": "1",
        "corporateNumber": NUMBER,
        "name": "見本商事株式会社",
        "kind": "301",
        "latest": "1",
        "hihyoji": "0",
        "prefectureName": "東京都",
        "cityName": "千代田区",
        "streetNumber": "霞が関１丁目",
        "furigana": "ミホンショウジ",
        **cells,
    }
    return ",".join(f'"{row.get(name, "")}"' for name in HEADER) + "\n"


def test_corporate_numbers_come_without_a_header(file: Write):
    path = file(
        corporate() + corporate(latest="0") + corporate(closeDate="2020-01-01") + corporate(hihyoji="1"),
        "cp932",
    )
    reader, [record] = reader_and_records(path)
    account = reader.account(record)
    assert (reader.plan.format, reader.plan.header_line, reader.plan.kind) == (
        "corporate-numbers",
        0,
        "accounts",
    )
    assert account.fields["number"] == NUMBER
    assert (account.fields["name"], account.fields["address"]) == (
        "見本商事株式会社",
        "東京都千代田区霞が関１丁目",
    )
    assert list(rejects(path, guess(path))) == [2, 3, 4]


def test_corporate_numbers_with_the_shared_names(formats_folder: Path, file: Write):
    names = (formats_folder / "houjin_bangou_zenken_columns.txt").read_text("utf-8").split()
    path = file(",".join(names) + "\n" + corporate())
    assert guess(path).format == "corporate-numbers"
    assert fields(path, guess(path))[0]["account.number"] == NUMBER


# any other table


def test_a_table_of_the_house_is_guessed_in_japanese_and_english(file: Write):
    assert guess(
        file(
            "御社名,お名前,フリガナ,メールアドレス,お電話番号,役職名,部署,きっかけ,好きな色\n"
            + ",".join("abcdefghi")
        )
    ).columns == {
        "御社名": "account.name",
        "お名前": "name",
        "フリガナ": "name_kana",
        "メールアドレス": "email",
        "お電話番号": "phone",
        "役職名": "title",
        "部署": "department",
        "きっかけ": "channel",
        "好きな色": None,
    }
    assert guess(
        file("Company Name\tE-Mail\tFirst Name\tLast Name\tJob Title\nA\tb@x.example\tC\tD\tE\n")
    ).columns == {
        "Company Name": "account.name",
        "E-Mail": "email",
        "First Name": "given_name",
        "Last Name": "family_name",
        "Job Title": "title",
    }


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("email,type,at,path", "activities"),
        ("メールアドレス,種別,日時,ページ", "activities"),
        ("email,to,at,role,reason", "decisions"),
        ("メール,移行先,判断日,役割", "decisions"),
        ("商談名,金額,フェーズ,メール", "deals"),
        ("会社名,法人番号,住所,業種", "accounts"),
        ("会社名,氏名,メール", "leads"),
        ("氏名", "leads"),
        ("a,b,c", "leads"),
    ],
)
def test_what_a_table_is_about_is_guessed(file: Write, header: str, kind: str):
    assert guess(file(header + "\n" + ",".join("x" for _ in header.split(",")) + "\n")).kind == kind


def test_an_activity_says_who_when_and_what(file: Write):
    reader, [record] = reader_and_records(
        file(
            "email,name,type,at,path,content.kind,key\na@x.example,佐藤,page_view,2026-02-03 09:05,/pricing,,k1\n"
        )
    )
    lead, activity = reader.activity(record)
    assert lead is not None
    assert lead.fields == {"email": "a@x.example", "name": "佐藤"}
    assert (activity.type, activity.key, activity.properties) == ("page_view", "k1", {"path": "/pricing"})


def test_a_decision_carries_its_answers(file: Write):
    reader, [record] = reader_and_records(
        file(
            "email,to,at,role,reason,answers,until\na@x.example,SAL,2026/2/3,sales,,budget=はい; need=no; timing,2027/1/1\n"
        )
    )
    _lead, decision = reader.decision(record)
    assert decision["answers"] == {"budget": "yes", "need": "no", "timing": "yes"}
    assert decision["until"] == datetime(2026, 12, 31, 15, tzinfo=UTC)


def test_rows_of_leads_may_tell_of_an_activity_each(file: Write):
    path = file("氏名,メール,資料,日付\n佐藤,a@x.example,白書,2026/2/3\n")
    plan = changed(
        guess(path), {"type": "download", "columns": {"資料": "activity.content", "日付": "activity.at"}}
    )
    reader = Reader(plan, clock.now())
    [record] = records(path, plan)
    assert isinstance(record, Record)
    _lead, [activity] = reader.lead(record)
    assert (activity.type, activity.properties) == ("download", {"content": "白書"})


def test_someone_without_mail_or_mobile_is_known_by_name_and_company(file: Write):
    path = file("会社名,氏名\n山田電機,佐藤 健\n山田電機,佐藤　健\n鈴木商店,佐藤 健\n")
    reader, found = reader_and_records(path)
    refs = [reader.lead(record)[0].ref.external for record in found]
    assert refs[0] == refs[1] != refs[2]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1200000", 1200000),
        ("¥1,200,000", 1200000),
        ("１２０万円", 1200000),
        ("1億2000万", 120_000_000),
        ("-5.25", Decimal("-5.25")),
        ("▲300", -300),
        ("JPY 500", 500),
        ("abc", None),
        ("", None),
        ("12 apples", None),
        ("1" * 40, None),
    ],
)
def test_amounts_as_people_write_them(text: str, amount: Decimal | None):
    assert parse_amount(text) == amount


def test_answers_as_people_write_them():
    assert parse_answers("") == {}
    assert parse_answers("予算=あり、必要性") == {"予算": "yes", "必要性": "yes"}


def test_every_format_has_a_name_and_maps_something():
    assert all(str(form.label) and form.columns for form in FORMATS.values())


def test_a_row_that_cannot_be_read_keeps_what_stood_in_it(file: Write):
    path = file('name,email\n"佐藤,a@x.example\n')
    [reject] = records(path, guess(path))
    assert isinstance(reject, Reject)
    assert reject.cells == ['"佐藤,a@x.example']


def test_plans_know_their_shape(file: Write):
    path = file(EIGHT)
    assert Plan(**guess(path).as_json() | {"headers": guess(path).headers}) == guess(path)
    assert next(delimited_rows(path, "utf-8", ",", from_line=6)).cells[0] == "会社名"
