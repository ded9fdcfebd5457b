"""Names of companies and people as they are compared: what differs only in writing comes out the same.

株式会社山田電機, ㈱山田電機, (株) 山田電機 and ﾔﾏﾀﾞ-style widths fold together; the company form and whether it stands before
or after (前株, 後株) are kept apart, for 株式会社光和 and 有限会社光和 are two companies.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

BEFORE, AFTER = "before", "after"

FORMS: dict[str, tuple[str, ...]] = {
    "株式会社": ("株式会社", "(株)", "株)", "(株", "株式会杜", "株式会仕"),
    "有限会社": ("有限会社", "(有)", "有)", "(有", "有限会杜"),
    "合同会社": ("合同会社", "(同)", "(合)"),
    "合名会社": ("合名会社", "(名)"),
    "合資会社": ("合資会社", "(資)"),
    "相互会社": ("相互会社", "(相)"),
    "特定目的会社": ("特定目的会社",),
    "医療法人": ("医療法人社団", "医療法人財団", "社会医療法人", "医療法人", "(医)"),
    "一般財団法人": ("一般財団法人", "(一財)"),
    "公益財団法人": ("公益財団法人", "(公財)"),
    "財団法人": ("財団法人", "(財)"),
    "一般社団法人": ("一般社団法人", "(一社)"),
    "公益社団法人": ("公益社団法人", "(公社)"),
    "社団法人": ("社団法人", "(社)"),
    "宗教法人": ("宗教法人", "(宗)"),
    "学校法人": ("学校法人", "(学)"),
    "社会福祉法人": ("社会福祉法人", "(福)"),
    "更生保護法人": ("更生保護法人",),
    "特定非営利活動法人": ("特定非営利活動法人", "npo法人", "(特非)"),
    "独立行政法人": ("独立行政法人", "(独)"),
    "地方独立行政法人": ("地方独立行政法人", "(地独)"),
    "国立研究開発法人": ("国立研究開発法人",),
    "国立大学法人": ("国立大学法人", "(大)"),
    "公立大学法人": ("公立大学法人",),
    "農事組合法人": ("農事組合法人",),
    "管理組合法人": ("管理組合法人",),
    "社会保険労務士法人": ("社会保険労務士法人",),
    "弁護士法人": ("弁護士法人",),
    "司法書士法人": ("司法書士法人",),
    "行政書士法人": ("行政書士法人",),
    "税理士法人": ("税理士法人",),
    "監査法人": ("監査法人",),
    "投資法人": ("投資法人",),
    "有限責任監査法人": ("有限責任監査法人",),
    "有限責任中間法人": ("有限責任中間法人",),
    "投資事業有限責任組合": ("投資事業有限責任組合",),
    "有限責任事業組合": ("有限責任事業組合",),
}
"""Form → its spellings, folded. A bank's 信用金庫 or a union's 協同組合 is part of what it is called, and stays."""

LATIN_FORMS: tuple[tuple[str, str], ...] = (
    ("kabushiki kaisha", "株式会社"),
    ("kabushiki gaisha", "株式会社"),
    ("yugen kaisha", "有限会社"),
    ("godo kaisha", "合同会社"),
    ("company limited", ""),
    ("co ltd", ""),
    ("pte ltd", ""),
    ("pty ltd", ""),
    ("k k", "株式会社"),
    ("kk", "株式会社"),
    ("y k", "有限会社"),
    ("yk", "有限会社"),
    ("g k", "合同会社"),
    ("gk", "合同会社"),
    ("incorporated", ""),
    ("corporation", ""),
    ("limited", ""),
    ("company", ""),
    ("corp", ""),
    ("gmbh", ""),
    ("tmk", ""),
    ("inc", ""),
    ("ltd", ""),
    ("llc", ""),
    ("llp", ""),
    ("plc", ""),
    ("sas", ""),
    ("srl", ""),
    ("lps", ""),
    ("ag", ""),
    ("bv", ""),
    ("nv", ""),
    ("sa", ""),
    ("co", ""),
)
"""Western forms, which tell little: "Co., Ltd." stands for 株式会社 and 有限会社 alike."""

KANA_FORMS = (
    "カブシキガイシャ",
    "カブシキカイシャ",
    "ユウゲンガイシャ",
    "ユウゲンカイシャ",
    "ゴウドウガイシャ",
    "ゴウドウカイシャ",
    "ゴウメイガイシャ",
    "ゴウシガイシャ",
    "ソウゴガイシャ",
    "イッパンシャダンホウジン",
    "イッパンザイダンホウジン",
    "コウエキシャダンホウジン",
    "コウエキザイダンホウジン",
    "ガッコウホウジン",
    "イリョウホウジン",
    "カ)",
    "(カ)",
    "(カ",
    "ユ)",
    "(ユ)",
    "(ユ",
    "ド)",
    "(ド)",
    "(ド",
)

_VARIANTS = str.maketrans(
    "髙﨑邊邉齋齊斎澤濵濱廣國嶋嶌櫻德惠條彌眞會學關鐵渕冨𠮷舘瀨桒檜曾龍藏萬與圓團寶榮壽瀧澁澀總兒來收畫號縣證醫辯辨瓣豐龜",
    "高崎辺辺斉斉斉沢浜浜広国島島桜徳恵条弥真会学関鉄淵富吉館瀬桑桧曽竜蔵万与円団宝栄寿滝渋渋総児来収画号県証医弁弁弁豊亀",
)
_BIG_KANA = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")
_DROPPED = re.compile(r"[\s.,、。・･·•'’`\"“”「」『』()\[\]/_:;\-‐-―−~〜]+")
_DASH_AFTER_KANA = re.compile(r"(?<=[ァ-ヺー])[-‐-―−]")
_SPELLINGS = sorted(
    ((spelling, form) for form, spellings in FORMS.items() for spelling in spellings),
    key=lambda pair: -len(pair[0]),
)
_ALL_SPELLINGS = tuple(spelling for spelling, _form in _SPELLINGS)
_LATIN_ENDS = frozenset(spelling.split()[-1] for spelling, _form in LATIN_FORMS)
_KANA_SPELLINGS = sorted(KANA_FORMS, key=len, reverse=True)
_LATIN_WORDS = re.compile(r"[\s.,]+")
_HONORIFIC = re.compile(r"(?:様|殿|さん|氏|先生)$")


@dataclass(frozen=True)
class CompanyName:
    """A company's name apart: what it is compared by, its form (empty: none given), and where that stands."""

    matching: str
    form: str = ""
    place: str = ""

    def agrees(self, other: CompanyName) -> bool:
        """The same name, and no form or place of the form that says otherwise."""
        return (
            self.matching == other.matching
            and (not self.form or not other.form or self.form == other.form)
            and (not self.place or not other.place or self.place == other.place)
        )


@lru_cache(maxsize=50_000)  # one name is looked at in several ways
def folded(text: str) -> str:
    """Width, case and old or new kanji made one; dashes after katakana become ー."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_VARIANTS)
    return _DASH_AFTER_KANA.sub("ー", text).strip()


@lru_cache(maxsize=50_000)
def company_name(name: str) -> CompanyName:
    """Take a company's name apart. A name that is nothing but a form stays as it is."""
    text = folded(name)
    core, form, place = _without_form(text)
    core, latin = _without_latin_form(core)
    return CompanyName(_bare(core) or _bare(text) or text, form or latin, place)


def matching_name(name: str) -> str:
    """The name without its form, folded: what accounts are found by. Never empty for a name that is not."""
    return company_name(name).matching


@lru_cache(maxsize=50_000)
def matching_kana(kana: str) -> str:
    """The reading without the form's, in katakana, small kana made big."""
    text = _katakana(unicodedata.normalize("NFKC", kana)).strip()
    bare = _bare(_stripped(text, _KANA_SPELLINGS)[0]).translate(_BIG_KANA)
    return bare or _bare(text)


@lru_cache(maxsize=50_000)
def person_name(name: str) -> str:
    """A person's name as it is compared: no spaces, no 様; for Latin letters the words in order of the alphabet."""
    text = _HONORIFIC.sub("", folded(name))
    if text.isascii():
        return "".join(sorted(word for word in _DROPPED.split(text) if word))
    return _bare(text)


def _katakana(text: str) -> str:
    return "".join(chr(ord(each) + 0x60) if "ぁ" <= each <= "ゖ" else each for each in text)


def _bare(text: str) -> str:
    return _DROPPED.sub("", text).translate(_BIG_KANA)


def _stripped(text: str, spellings: list[str]) -> tuple[str, str]:
    for spelling in spellings:
        if len(text) > len(spelling):
            if text.startswith(spelling):
                return text[len(spelling) :], spelling
            if text.endswith(spelling):
                return text[: -len(spelling)], spelling
    return text, ""


def _without_form(text: str) -> tuple[str, str, str]:
    if not text.startswith(_ALL_SPELLINGS) and not text.endswith(_ALL_SPELLINGS):
        return text, "", ""
    for spelling, form in _SPELLINGS:
        if len(text) > len(spelling):
            if text.startswith(spelling):
                return text[len(spelling) :].strip(), form, BEFORE
            if text.endswith(spelling):
                return text[: -len(spelling)].strip(), form, AFTER
    return text, "", ""


def _without_latin_form(text: str) -> tuple[str, str]:
    """The text without Western forms at its end (or K.K. at its start); the last one that tells the form."""
    words = [word for word in _LATIN_WORDS.split(text) if word]
    form = ""
    taken = True
    while taken and len(words) > 1 and words[-1] in _LATIN_ENDS:
        taken = False
        for spelling, means in LATIN_FORMS:
            parts = spelling.split()
            if len(words) > len(parts) and words[-len(parts) :] == parts:
                words, form, taken = words[: -len(parts)], means or form, True
                break
    if len(words) > 1 and words[0] == "kk":
        return " ".join(words[1:]), "株式会社"
    if len(words) > 2 and words[:2] == ["k", "k"]:
        return " ".join(words[2:]), "株式会社"
    return (" ".join(words), form) if words else (text, "")
