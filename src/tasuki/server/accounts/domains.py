"""Domains: which of them say where someone works."""

from __future__ import annotations

import re
import unicodedata

_PROVIDERS = """
    gmail.com googlemail.com yahoo.co.jp yahoo.com yahoo.ne.jp ymail.ne.jp outlook.com outlook.jp hotmail.com hotmail.co.jp
    live.jp live.com msn.com icloud.com me.com mac.com aol.com aol.jp proton.me protonmail.com pm.me gmx.com gmx.net gmx.de
    mail.com zoho.com yandex.com yandex.ru mail.ru qq.com 163.com 126.com naver.com hanmail.net daum.net excite.co.jp goo.jp
    mail.goo.ne.jp docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp vodafone.ne.jp ymobile.ne.jp rakuten.jp
    biglobe.ne.jp nifty.com ocn.ne.jp so-net.ne.jp plala.or.jp dion.ne.jp infoseek.jp kpost.jp fastmail.com tutanota.com
    hey.com web.de orange.fr free.fr laposte.net libero.it t-online.de comcast.net verizon.net att.net sbcglobal.net
    btinternet.com
"""
FREE_MAIL = frozenset(_PROVIDERS.split())
"""Providers of mailboxes for anybody; also by subdomain."""

_DOMAIN = re.compile(r"^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")
_AROUND = re.compile(r"^[a-z][a-z0-9+.-]*://|^mailto:|^.*@")


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have a mailbox there."""
    return domain in FREE_MAIL or domain.partition(".")[2] in FREE_MAIL


def company_domain(text: str) -> str:
    """The domain in an address of the web, a mail address or a domain; empty where there is none, or of free mail."""
    bare = _AROUND.sub("", unicodedata.normalize("NFKC", text).strip().casefold())
    bare = re.split(r"[/?#:]", bare, maxsplit=1)[0].strip(".").removeprefix("www.")
    try:
        bare = bare if bare.isascii() else bare.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return bare if _DOMAIN.match(bare) and not is_free_mail(bare) else ""


def mail_domain(email: str) -> str:
    """The company's domain of a mail address that has been checked; empty for free mail."""
    domain = email.rpartition("@")[2]
    return "" if is_free_mail(domain) else domain
