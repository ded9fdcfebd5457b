"""Numbers and money as people write them, in one of both languages."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency

MAN, OKU = 10_000, 100_000_000


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


def _yen(amount: Decimal) -> str:
    """万 and 億 where nothing is lost by them; else plain yen with commas."""
    sign, whole = ("−" if amount < 0 else ""), abs(amount)
    if whole < MAN or whole != int(whole) or int(whole) % MAN:
        return f"{sign}{number(whole, 2)}円"
    oku, man = divmod(int(whole), OKU)
    text = (f"{oku:,}億" if oku else "") + (f"{man // MAN:,}万" if man else "")
    return f"{sign}{text}円"
