from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasuki.server.core.errors import Invalid
from tasuki.server.people.identities import mail_address, phone_number


@given(st.integers(6, 9), st.integers(0, 99_999_999))
def test_the_short_way_for_mobiles_says_what_the_library_says(first: int, rest: int):
    text = f"0{first}0-{rest // 10_000:04d}-{rest % 10_000:04d}"
    number = phonenumbers.parse(text, "JP")
    mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    found, is_mobile = phone_number(text)
    assert is_mobile == mobile
    if found and mobile:
        assert found == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("０９０－１２３４－５６７８", ("+819012345678", True)),
        ("090(1234)5678", ("+819012345678", True)),
        ("+81 90 1234 5678", ("+819012345678", True)),
        ("03-1234-5678", ("+81312345678", False)),
        ("050-1234-5678", ("+815012345678", False)),
        ("+44 7911 123456", ("+447911123456", True)),
        ("内線 123", ("", False)),
        ("", ("", False)),
    ],
)
def test_numbers_are_read_as_people_write_them(written: str, number: tuple[str, bool]):
    assert phone_number(written) == number


def test_addresses_are_checked_and_small():
    assert mail_address(" Hanako@YAMADA.example ") == "hanako@yamada.example"
    assert mail_address("ｈａｎａｋｏ@yamada.example") == "hanako@yamada.example"
    for wrong in (
        "",
        "a",
        "a@b",
        "a b@c.example",
        "a@b..example",
        "@c.example",
        "a@-c.example",
        "x" * 300 + "@c.example",
    ):
        with pytest.raises(Invalid) as caught:
            mail_address(wrong)
        assert caught.value.field == "email"
