"""The first run: an empty product leads its owner in five steps; each can wait, and what is wrong is said where it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tasuki.server.agreements.models import AgreementVersion
from tasuki.server.agreements.starters import STARTERS
from tasuki.server.core import clock, entrance
from tasuki.server.core.access import Actor
from tasuki.server.core.models import AuditEntry, Company, Role, Team, User
from tasuki.server.imports import commands as imports
from tasuki.server.imports.models import ImportJob
from tasuki.server.people.models import Lead
from tests.server.pages.scene import Scene, fold

Browse = Callable[[Actor], Client]
pytestmark = pytest.mark.django_db
PASSWORD = "kumo to yama no uta"
OWNER = {"family_name": "足立", "given_name": "恵", "email": "adachi@yamada.example", "username": "adachi"}
COMPANY = {
    "name": "山田電機株式会社", "time_zone": "Asia/Tokyo", "days": ["mon", "tue", "wed", "thu", "fri"], "begins": "09:00",
    "ends": "18:00", "break_from": "12:00", "break_until": "13:00", "holidays": "JP", "currency": "JPY",
}  # fmt: skip
CSV = "会社名,氏名,メールアドレス\n大和機工株式会社,加藤 学,kato@yamato-kiko.example\n壊れた会社,壊れ 行,壊れた@@\n"


def begun() -> Client:
    """Somebody who has just made themselves the administrator."""
    client = Client(headers={"accept-language": "en"})
    answer = client.post("/begin", {**OWNER, "password": PASSWORD, "code": entrance.first_code()})
    assert answer.headers["Location"] == "/start"
    return client


def rows(*people: tuple[str, str, str, str]) -> dict[str, str]:
    given = {"rows": str(len(people))}
    for n, row in enumerate(people):
        given |= {
            f"{n}-{field}": value for field, value in zip(("name", "email", "role", "team"), row, strict=True)
        }
    return given


TEAM = rows(
    ("牧野 ゆい", "makino@yamada.example", "marketing", ""),
    ("石井 蓮", "ishii@yamada.example", "inside_sales", "インサイドセールス"),
    ("坂井 豪", "sakai@yamada.example", "sales", "営業"),
)


def test_an_empty_product_leads_its_owner_in_five_steps_to_leads_that_are_scored():
    client = begun()
    assert "0/5" in client.get("/").content.decode()
    answer = client.post("/start/company", COMPANY)
    assert answer.headers["Location"] == "/start/people"
    answer = client.post("/start/people", TEAM)
    assert answer.status_code == 201
    links = re.findall(r'value="(http[^"]*/welcome/[^"]+)"', answer.content.decode())
    assert len(links) == 3
    answer = client.post("/start/agreement", {"starter": "bant"})
    assert answer.headers["Location"] == "/start/import"
    agreement = AgreementVersion.objects.get().text
    assert (
        'calendar: {days: "mon,tue,wed,thu,fri", hours: "09:00-12:00,13:00-18:00", holidays: JP}' in agreement
    )
    answer = client.post("/imports", {"file": SimpleUploadedFile("list.csv", CSV.encode())})
    job = ImportJob.objects.get()
    client.post(f"/imports/{job.pk}/start")
    imports.run(job.pk)
    fold()
    assert Lead.objects.get(email="kato@yamato-kiko.example").stage == "MAL"
    for address in (f"/imports/{job.pk}", "/start/import"):
        assert "To the next step" in client.get(address).content.decode().partition("<main")[2]
    page = client.get("/start").content.decode()
    assert page.count('<span class="chip good">done</span>') == 4
    assert "4/5" in client.get("/").content.decode()
    answer = client.post("/start/telling")
    assert answer.headers["Location"] == "/start"
    assert 'class="set-up"' not in client.get("/").content.decode()  # it is gone when all are through


def test_whoever_needs_no_help_sends_it_away():
    client = begun()
    client.post("/start/close")
    assert "0/5" not in client.get("/").content.decode()


def test_each_step_can_wait_and_be_come_back_to_and_what_was_done_is_kept():
    client = begun()
    assert client.post("/start/company/skip").headers["Location"] == "/start/people"
    assert client.post("/start/people/skip").headers["Location"] == "/start/agreement"
    page = client.get("/start").content.decode()
    assert page.count("skipped") == 2
    client.post("/start/company", COMPANY)
    client.post("/start/company/skip")  # what is done is not undone by going on
    assert Company.objects.get().setup == {"company": "done", "people": "skipped"}
    again = Client(headers={"accept-language": "en"})
    again.post("/sign-in", {"username": "adachi", "password": PASSWORD})
    assert "2/5" in again.get("/").content.decode()


def test_the_owner_is_led_there_at_the_sign_in_and_nobody_else_sees_it(person: Callable[..., User]):
    user = User.objects.create_user("adachi", password=PASSWORD, role=Role.ADMINISTRATOR)
    answer = Client().post("/sign-in", {"username": user.username, "password": PASSWORD})
    assert answer.headers["Location"] == "/start"
    other = Client(headers={"accept-language": "en"})
    other.force_login(person("makino", Role.MARKETING))
    assert 'class="set-up"' not in other.get("/").content.decode()
    assert other.get("/start").status_code == 403
    assert other.post("/start/company", COMPANY).status_code == 403
    assert not Company.objects.exists()


def test_only_the_machines_own_code_makes_the_first_administrator_and_only_once():
    stranger = Client(headers={"accept-language": "en"})
    given = {**OWNER, "password": PASSWORD}
    for code in ("", "AAAA-AAAA-AAAA-AAAA", "0", "\ufffe" * 40):
        answer = stranger.post("/begin", {**given, "code": code})
        assert answer.status_code == 422
    assert "足立" in answer.content.decode()  # what was typed stays
    assert PASSWORD not in answer.content.decode()
    assert not User.objects.exists()
    begun()
    answer = stranger.post("/begin", {**given, "username": "rival", "code": entrance.first_code()})
    assert answer.headers["Location"] == "/sign-in"
    assert User.objects.count() == 1
    assert "Make yourself the administrator" not in stranger.get("/sign-in").content.decode()


def test_a_weak_password_is_said_beside_its_field():
    answer = Client(headers={"accept-language": "en"}).post(
        "/begin", {**OWNER, "password": "adachi", "code": entrance.first_code()}
    )
    assert answer.status_code == 422
    assert "others would not guess" in answer.content.decode()
    assert not User.objects.exists()


def test_nine_letters_are_refused_with_the_number_that_the_hint_names():
    answer = Client(headers={"accept-language": "en"}).post(
        "/begin", {**OWNER, "password": "umi yama!", "code": entrance.first_code()}
    )
    page = answer.content.decode()
    assert "at least ten letters" in page
    assert "at least 10 characters" in page


def test_who_is_invited_chooses_a_password_by_a_link_that_is_good_once(administrator: Actor, browse: Browse):
    answer = browse(administrator).post("/settings/people/several", TEAM)
    link = re.findall(r'value="http://[^/]+(/welcome/[^"]+)"', answer.content.decode())[1]
    guest = Client(headers={"accept-language": "en"})
    page = guest.get(link)
    assert "Welcome, 石井 蓮" in page.content.decode()
    assert guest.post(link, {"password": "ishii"}).status_code == 422
    assert guest.post(link, {"password": PASSWORD}).headers["Location"] == "/"
    assert guest.get("/").status_code == 200
    ishii = User.objects.get(username="ishii@yamada.example")
    assert ishii.check_password(PASSWORD)
    assert ishii.team == Team.objects.get(name="インサイドセールス")
    late = Client(headers={"accept-language": "en"})
    assert "used already" in late.get(link).content.decode()
    assert late.post(link, {"password": "another long password"}).status_code == 404
    assert AuditEntry.objects.filter(action="user.invite").count() == 3


def test_a_link_is_over_after_three_days_and_for_who_may_not_sign_in(administrator: Actor):
    ((user, key),) = entrance.invite_people(
        administrator, [entrance.Newcomer("石井 蓮", "ishii@yamada.example", "sales")]
    )
    with clock.at(clock.now() + timedelta(days=3, minutes=1)):
        assert Client().get(f"/welcome/{user.pk}/{key}").status_code == 404
    assert Client().get(f"/welcome/{user.pk}/{key}").status_code == 200
    assert Client().get(f"/welcome/{user.pk + 1}/{key}").status_code == 404
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert Client().get(f"/welcome/{user.pk}/{key}").status_code == 404


def test_people_come_all_or_none_and_what_is_wrong_stands_in_its_row(administrator: Actor, browse: Browse):
    client = browse(administrator)
    given = rows(
        ("牧野", "makino@yamada.example", "marketing", "M"), ("", "", "sales", ""), ("石井", "石井", "sales", "新しい"),
        ("坂井", "", "sales", ""),
    )  # fmt: skip
    answer = client.post("/settings/people/several", given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_2-email_error"' in page
    assert "This is not a mail address" in page
    assert 'value="石井"' in page
    assert User.objects.count() == 1
    assert not Team.objects.exists()
    twice = rows(("a", "a@yamada.example", "sales", ""), ("b", "A@yamada.example", "sales", ""))
    answer = client.post("/settings/people/several", twice)
    assert "already a user of this name" in answer.content.decode()
    assert User.objects.count() == 1
    more = client.post("/settings/people/several", {**given, "more": "1"}).content.decode()
    assert 'id="id_4-name"' in more
    assert 'value="坂井"' in more


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"begins": ""}, "Fill this in."),
        ({"begins": "25:00"}, ""),
        ({"days": []}, "Please choose."),
        ({"break_from": "08:00"}, "within the working hours"),
        ({"break_until": ""}, "Give both, or neither."),
        ({"ends": "09:00", "break_from": "", "break_until": ""}, "These hours cannot be read."),
        ({"currency": "???"}, "Choose one of these."),
        ({"holidays": "XX"}, "Choose one of these."),
        ({"time_zone": "Mars/Base"}, "Choose one of these."),
        ({"name": "x" * 201}, "At most 200 characters"),
    ],
)
def test_a_company_that_cannot_be_is_refused_beside_the_field_and_stays_as_typed(
    wrong: dict[str, object], said: str, administrator: Actor, browse: Browse
):
    answer = browse(administrator).post("/start/company", {**COMPANY, **wrong})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'aria-invalid="true"' in page
    assert not Company.objects.filter(name="山田電機株式会社").exists()


def test_the_companys_hours_count_where_the_agreement_has_no_calendar(administrator: Actor, browse: Browse):
    client = browse(administrator)
    client.post("/settings/company", {**COMPANY, "begins": "10:00"})
    page = client.get("/settings/hours").content.decode()
    assert 'value="10:00-12:00, 13:00-18:00"' in page
    assert "hours of the company" in page


def test_the_cards_of_the_starters_call_stages_as_people_do(administrator: Actor, browse: Browse):
    page = browse(administrator).get("/start/agreement").content.decode()
    assert "SQL → Opportunity → " in page
    assert "OPPORTUNITY →" not in page


@pytest.mark.parametrize("starter", STARTERS, ids=lambda one: one.id)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_each_of_the_five_shows_its_clauses_in_the_readers_language(
    starter, language: str, administrator: Actor, browse: Browse
):
    client = browse(administrator)
    client.cookies["tasuki_language"] = language
    page = client.get(f"/start/agreement?starter={starter.id}").content.decode()
    assert starter.agreement(language).name in page
    assert "‖" not in page
    assert page.count('class="card clause"') == len(starter.agreement(language).stages)


def test_an_installation_that_has_long_been_set_up_is_not_asked(
    scene: Scene, administrator: Actor, browse: Browse
):
    Company.objects.create(
        pk=1, setup={"setup": "closed"}
    )  # as the migration does where there is an agreement
    assert 'class="set-up"' not in browse(administrator).get("/").content.decode()


def test_no_step_of_another_name_is_there(administrator: Actor, browse: Browse):
    client = browse(administrator)
    assert client.get("/start/nothing").status_code == 404
    assert client.post("/start/nothing/skip").status_code == 422
    assert client.get("/start/agreement?starter=../../etc/passwd").status_code == 200
    assert client.post("/start/agreement", {"starter": "none"}).status_code == 200
    assert not AgreementVersion.objects.exists()
