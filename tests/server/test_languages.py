"""Everything a person reads is there in Japanese and in English; times, numbers and money as they are written in each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from django.utils import timezone, translation
from django.utils.translation import gettext

from tasuki.server import catalogue
from tasuki.server.core import clock, formats

NOW = datetime(2026, 11, 22, 10, 3, tzinfo=UTC)


def test_no_string_lacks_japanese_or_lost_a_placeholder():
    assert catalogue.problems() == []


def test_every_string_in_the_code_is_english_so_that_the_english_catalogue_lacks_none():
    texts = [text for message in catalogue.collected() for text in _texts(message.id)]
    assert len(texts) > 500
    examples = ("会社名", "120万円", "令和8年")
    assert [
        t for t in texts if any("\u3040" <= c <= "\u9fff" for c in t) and not any(e in t for e in examples)
    ] == []


def _texts(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def test_nothing_in_the_catalogue_is_no_longer_used():
    used = {(m.id, m.context) for m in catalogue.collected() if m.id}
    assert [m.id for m in catalogue.read() if m.id and (m.id, m.context) not in used] == []


@pytest.mark.parametrize(
    ("translated", "wrong"),
    [
        ("", "lacks Japanese"),
        ("%(n)s件", None),
        ("%(m)s件", "has other placeholders in Japanese"),
        ("件", "has other placeholders in Japanese"),
    ],
)
def test_the_check_tells_what_is_wrong_with_a_translation(translated: str, wrong: str | None):
    used, kept = Catalog(locale="ja"), Catalog(locale="ja", fuzzy=False)
    used.add("%(n)s leads", locations=[("x.py", 3)])
    kept.add("%(n)s leads", translated)
    assert catalogue.problems(kept, used) == ([f"x.py:3: {wrong}: '%(n)s leads'"] if wrong else [])


def test_a_start_without_compiled_translations_compiles_them_and_later_ones_again(tmp_path: Path):
    source = tmp_path / "ja" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_bytes(catalogue.source_file().read_bytes())
    assert catalogue.ready(tmp_path / "elsewhere", tmp_path) == tmp_path
    compiled = source.with_suffix(".mo")
    first = compiled.read_bytes()
    catalogue.ready(tmp_path / "elsewhere", tmp_path)
    assert compiled.read_bytes() == first
    source.write_text(
        source.read_text(encoding="utf-8").replace("保存しました。", "保存済みです。"), encoding="utf-8"
    )
    catalogue.ready(tmp_path / "elsewhere", tmp_path)
    assert "保存済みです。".encode() in compiled.read_bytes()


def test_the_running_server_speaks_both():
    with translation.override("ja"):
        assert gettext("Sales accepted a lead") == "営業がリードを受け入れました"
    with translation.override("en"):
        assert gettext("Sales accepted a lead") == "Sales accepted a lead"


@pytest.mark.parametrize(
    ("language", "relative", "day", "exact"),
    [
        ("ja", "3時間前", "2026年11月22日", "2026/11/22 16:03:00 JST"),
        ("en", "3 hours ago", "22 Nov 2026", "22 Nov 2026 16:03:00 JST"),
    ],
)
def test_times_are_relative_with_the_exact_one_beside_in_the_readers_time_zone(
    language: str, relative: str, day: str, exact: str
):
    instant = NOW - timedelta(hours=3)
    with translation.override(language), timezone.override(ZoneInfo("Asia/Tokyo")), clock.at(NOW):
        assert formats.relative(instant) == relative
        assert formats.day(instant) == day
        tag = formats.time_tag(instant)
        assert f'title="{exact}"' in tag
        assert 'datetime="2026-11-22T07:03:00+00:00"' in tag


@pytest.mark.parametrize(
    ("amount", "japanese", "english"),
    [
        ("30000000", "3,000万円", "¥30,000,000"),
        ("120000000", "1億2,000万円", "¥120,000,000"),
        ("9800", "9,800円", "¥9,800"),
        ("575000", "57.5万円", "¥575,000"),
        ("1234567", "1,234,567円", "¥1,234,567"),
        ("0", "0円", "¥0"),
    ],
)
def test_yen_are_written_as_people_say_them(amount: str, japanese: str, english: str):
    with translation.override("ja"):
        assert formats.money(Decimal(amount)) == japanese
    with translation.override("en"):
        assert formats.money(Decimal(amount)) == english


@pytest.mark.parametrize(
    ("text", "japanese", "english"),
    [
        ("2 business hours", "営業時間で2時間", "2 business hours"),
        ("1 business day", "1営業日", "1 business day"),
        ("30m", "30分", "30 minutes"),
        ("soon", "soon", "soon"),
    ],
)
def test_service_levels_are_said_in_both(text: str, japanese: str, english: str):
    with translation.override("ja"):
        assert formats.service_level(text) == japanese
    with translation.override("en"):
        assert formats.service_level(text) == english
