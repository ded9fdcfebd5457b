from __future__ import annotations

import pytest

from tasuki.server.accounts.names import company_name, matching_kana, matching_name, person_name


@pytest.mark.parametrize(
    "written",
    [
        "株式会社山田電機",
        "㈱山田電機",
        "㍿山田電機",
        "（株）山田電機",
        "(株) 山田電機",
        "株式会社　山田電機",
        "株式會社山田電機",
        "山田電機株式会社",
        "山田電機（株）",
        "山田電機㈱",
        "山田電機 K.K.",
        "山田 電機",
        "有限会社山田電機",
        "㈲山田電機",
        "合同会社山田電機",
        "一般社団法人山田電機",
        "医療法人社団 山田電機",
    ],
)
def test_one_name_however_its_form_is_written(written: str):
    assert matching_name(written) == "山田電機"


@pytest.mark.parametrize(
    "written",
    [
        "ACME Inc.",
        "Acme, Inc",
        "ＡＣＭＥ　Ｃｏ．，Ｌｔｄ．",
        "acme co ltd",
        "ACME Corporation",
        "Acme LLC",
        "K.K. ACME",
        "acme",
    ],
)
def test_western_forms_are_left_out_too(written: str):
    assert matching_name(written) == "acme"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("髙島屋", "高島屋"),
        ("ﾔﾏﾀﾞ電機", "ヤマダ電機"),
        ("ＣＫホールディングス", "CKホールディングス"),
        ("アイ・ピー・エス", "アイピーエス"),
        ("キヤノン", "キャノン"),
        ("パ−ク２４", "パーク24"),
        ("渡邊製作所", "渡辺製作所"),
    ],
)
def test_variants_of_letters_are_one(one: str, other: str):
    assert matching_name(one) == matching_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("日本瓦斯", "日本ガス"), ("ワイズ", "ワイズ商事"), ("東京電力", "東京電力パワーグリッド")],
)
def test_different_names_stay_different(one: str, other: str):
    assert matching_name(one) != matching_name(other)


def test_the_form_and_its_place_are_kept():
    assert (company_name("株式会社光和").form, company_name("株式会社光和").place) == ("株式会社", "before")
    assert (company_name("光和（有）").form, company_name("光和（有）").place) == ("有限会社", "after")
    assert not company_name("株式会社光和").agrees(company_name("有限会社光和"))
    assert not company_name("株式会社サンテック").agrees(company_name("サンテック株式会社"))
    assert company_name("光和").agrees(company_name("有限会社光和"))


@pytest.mark.parametrize("odd", ["株式会社", "Inc.", "・", "(株)", "カ)", " 。"])
def test_a_name_that_is_nothing_but_a_form_is_never_empty(odd: str):
    assert matching_name(odd)


def test_readings_are_compared_without_the_form():
    assert (
        matching_kana("カブシキガイシャ　サカタノタネ")
        == matching_kana("ｻｶﾀﾉﾀﾈ")
        == matching_kana("さかたのたね")
    )
    assert matching_kana("ヤマダ(カ") == "ヤマダ"


def test_names_of_people():
    assert person_name("山田　太郎様") == person_name("山田太郎")
    assert person_name("髙橋 花子") == person_name("高橋花子")
    assert person_name("Taro YAMADA") == person_name("Yamada, Taro")
