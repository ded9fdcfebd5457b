"""Short texts that people type: names, user names, addresses, checked alike wherever they come in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

from tasuki.server.core.errors import Invalid, Refused

USER_NAME = re.compile(r"[a-z0-9][a-z0-9@.+_-]*")


def a_name(text: str, *, field: str, longest: int, required: bool = True) -> str:
    """One line of readable text, without spaces around it. Invalid: empty, too long, or with control characters."""
    text = unicodedata.normalize("NFC", text).strip()
    if not text and required:
        raise _missing(field)
    if len(text) > longest:
        raise _too_long(field, longest)
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in text):
        raise Invalid(
            "unreadable",
            _("This holds characters that cannot be shown."),
            cure=_("Type it anew instead of pasting it."),
            field=field,
        )
    return text


def problem_of_text(text: str, field: str, longest: int, needed: bool = False) -> Refused | None:
    """Why this text, of any number of lines, cannot be stored, or None: too long, empty where it is needed, a NUL byte."""
    if len(text) > longest:
        return _too_long(field, longest)
    if needed and not text.strip():
        return _missing(field)
    if "\0" in text:
        return Invalid(
            "nul_byte",
            _("This text holds a NUL byte."),
            cure=_("Take it out; text has none."),
            field=field,
        )
    return None


def problem_of_texts(texts: Mapping[str, str | None], longest: Mapping[str, int]) -> Refused | None:
    """The first of these texts that cannot be stored, or None. What is absent fits; a `key` must not be empty."""
    for name, text in texts.items():
        if text is not None and (found := problem_of_text(text, name, longest[name], needed=name == "key")):
            return found
    return None


def _missing(field: str) -> Invalid:
    return Invalid("missing", _("This must not be empty."), cure=_("Fill it in."), field=field)


def _too_long(field: str, longest: int) -> Invalid:
    return Invalid(
        "too_long",
        _("This is longer than %(longest)s characters.") % {"longest": longest},
        cure=_("Shorten it."),
        field=field,
    )


def a_user_name(text: str) -> str:
    """The name to sign in with: full width and capitals folded, so that nobody is locked out by their keyboard."""
    text = unicodedata.normalize("NFKC", text).strip().lower()
    if not USER_NAME.fullmatch(text) or len(text) > 150:
        raise Invalid(
            "user_name_invalid",
            _(
                "A user name has letters, digits and @ . + - _ only, at most 150 of them, and starts with a letter or digit."
            ),
            cure=_("For example: yamada.hanako"),
            field="username",
        )
    return text


def a_mail_address(text: str) -> str:
    """A mail address, its domain in lower case; empty stays empty."""
    if not text.strip():
        return ""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise Invalid(
            "mail_invalid",
            _("This is not a mail address."),
            cure=_("For example: hanako@yamada.example"),
            field="email",
        ) from None
    if len(found.normalized) > 254:
        raise Invalid("too_long", _("This address is too long."), cure=_("Use a shorter one."), field="email")
    return found.normalized


def a_language(code: str) -> str:
    """`ja`, `en`, or empty for the installation's own."""
    known = [known for known, _name in settings.LANGUAGES]
    if code and code not in known:
        raise Invalid(
            "language_unknown",
            _("This language is not spoken here."),
            cure=_("Choose from: %(known)s.") % {"known": ", ".join(known)},
            field="language",
        )
    return code


def a_time_zone(name: str) -> str:
    """A name of the IANA database like `Asia/Tokyo`, or empty for the installation's own."""
    if name and (name not in available_timezones() or not _opens(name)):
        raise Invalid(
            "time_zone_unknown",
            _("There is no such time zone."),
            cure=_("Give a name like Asia/Tokyo or Europe/Berlin."),
            field="time_zone",
        )
    return name


def _opens(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
