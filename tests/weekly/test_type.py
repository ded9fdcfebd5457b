"""Setting type: where lines break, and letters that are rare."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasuki.weekly.type import NOT_FIRST, fitted, lines, width

LETTERS = st.text(st.sampled_from("先週前より増新ab c 12"), max_size=60)


@given(LETTERS, st.floats(60, 400))
def test_lines_have_room_and_lose_no_letter(text: str, room: float) -> None:
    found = lines(text, 11, room)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert not [line for line in found if width(line, 11) > room and not line.isascii()]


@given(st.text(st.sampled_from("先週のは、件。（）前より増ー"), max_size=60))
def test_no_line_begins_with_a_mark_that_ends_something(text: str) -> None:
    found = lines(text, 11, 90)
    assert not [line for line in found[1:] if line[0] in NOT_FIRST]
    assert not [line for line in found[:-1] if line[-1] == "（"]


def test_words_of_latin_letters_are_not_broken() -> None:
    assert lines("Sales accepted half of them", 11, 50) == ["Sales", "accepted", "half of", "them"]


def test_rare_letters_of_names_are_measured_and_a_long_name_ends_in_dots() -> None:
    assert width("𠮷田髙﨑", 10) == 40
    assert fitted("東日本第一営業部インサイドセールス", 10, 60).endswith("…")
    assert fitted("短い", 10, 60) == "短い"
