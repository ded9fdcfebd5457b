"""Numbers and money as people write them, in one of both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel.numbers import format_currency

MAN, OKU = 10_000, 100_000_000
THOUSAND, MILLION = 1_000, 1_000_000


def number(value: float | Decimal, digits: int = 0) -> str:
    """A number with its thousands apart and so many digits behind the point at the most; alike in both languages."""
    text = f"{round(float(value), digits) + 0.0:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def signed(value: float | Decimal, digits: int = 0) -> str:
    """The same with its sign: `+3`, `−1.5`, `±0`."""
    return with_sign(number(value if value >= 0 else -value, digits), value)


def with_sign(text: str, value: float | Decimal) -> str:
    """An amount in words (of the size of `value`) with the sign of it."""
    if not any(letter in "123456789" for letter in text):
        return f"±{text}"
    return f"{'+' if value > 0 else '−'}{text}"


def money(amount: Decimal, currency: str, language: str) -> str:
    """An amount: yen in Japanese as `1億2,000万円`, else with the sign of the currency."""
    if currency == "JPY" and language == "ja":
        return _yen(amount)
    whole = amount == amount.to_integral_value()
    return format_currency(
        amount, currency, "¤#,##0" if whole else "¤#,##0.00", locale=language, currency_digits=False
    )


def about(amount: Decimal, currency: str, language: str) -> str:
    """An amount in running text and on tiles; lists of deals and files have the exact one.

    Yen from 10,000 on to the nearest 1,000 and from a million on to the nearest 10,000, in both languages alike: `57.5万円`,
    `6,522万円`; other money from a thousand on without its hundredths.
    """
    size = abs(amount)
    if currency == "JPY" and size >= MAN:
        step = THOUSAND if size < MILLION else MAN
        amount = Decimal(step * round(amount / step))
    elif size >= THOUSAND:
        amount = amount.quantize(Decimal(1))
    return money(amount, currency, language)


def _yen(amount: Decimal) -> str:
    """万 and 億 where nothing is lost by them and one decimal is enough; else plain yen with commas."""
    sign, whole = ("−" if amount < 0 else ""), abs(amount)
    if whole < MAN or whole != int(whole) or int(whole) % THOUSAND:
        return f"{sign}{number(whole, 2)}円"
    oku, rest = divmod(int(whole), OKU)
    text = (f"{oku:,}億" if oku else "") + (f"{number(Decimal(rest) / MAN, 1)}万" if rest else "")
    return f"{sign}{text}円"


def day_words(day: date, language: str) -> str:
    """A day without its year: `29 Nov`, `11月29日`."""
    return f"{day.month}月{day.day}日" if language == "ja" else f"{day.day} {day:%b}"
