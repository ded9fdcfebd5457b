"""Values as people write them: amounts and answers."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Final

UNITS: Final = {"億": 10**8, "万": 10**4, "千": 10**3}
CURRENCIES: Final = {"¥": "JPY", "￥": "JPY", "円": "JPY", "$": "USD", "€": "EUR", "£": "GBP"}
_AMOUNT: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>[億万千]?)")
_DECORATION: Final = re.compile(
    r"[\s,_¥円$€£]|(?<=\d)(?:JPY|USD|EUR|GBP)|^(?:JPY|USD|EUR|GBP)", re.IGNORECASE
)
_YES: Final = frozenset({"yes", "y", "true", "1", "はい", "有", "あり", "○", "◯", "済"})
_NO: Final = frozenset({"no", "n", "false", "0", "いいえ", "無", "なし", "×"})


def parse_amount(text: str) -> Decimal | None:
    """`¥1,200,000`, `120万円`, `1億2000万`, `1200000.50`; None if it is no amount."""
    plain = _DECORATION.sub("", unicodedata.normalize("NFKC", text))
    sign = -1 if plain.startswith(("-", "△", "▲")) else 1
    plain = plain.lstrip("-△▲")
    parts = list(_AMOUNT.finditer(plain))
    if not parts or "".join(part.group() for part in parts) != plain or len(plain) > 30:
        return None
    try:
        return sign * sum(
            (Decimal(part["number"]) * UNITS.get(part["unit"], 1) for part in parts), Decimal(0)
        )
    except InvalidOperation:
        return None


def currency_in(text: str) -> str:
    """The currency that an amount's sign names, empty if none."""
    return next((code for sign, code in CURRENCIES.items() if sign in text), "")


def parse_answers(text: str) -> dict[str, str]:
    """`budget=yes; need=no`, or questions alone, which are answered yes."""
    answers = {}
    for part in re.split(r"[;,、；\n]", text):
        question, _equals, answer = part.partition("=")
        if question.strip():
            answers[question.strip()] = parse_yes(answer) if answer.strip() else "yes"
    return answers


def parse_yes(text: str) -> str:
    """Yes and no in the words of tables; any other answer as it is."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    return "yes" if plain in _YES else "no" if plain in _NO else text.strip()
