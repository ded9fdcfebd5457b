"""The made-up market: companies that leads work for, the same for every block of leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tasuki.simulate.words import COMPANY_STEMS, COMPANY_TRADES, PREFECTURES, TARGET_INDUSTRIES

if TYPE_CHECKING:
    from tasuki.simulate.calendar import Floats, Ints

MARKET = 30_000  # ordinary companies
SPELLINGS = 3
_FORMS = (
    ("株式会社{}", "(株){}", "{}"),
    ("{}株式会社", "{}(株)", "{}㈱"),
    ("{}株式会社", "{} 株式会社", "{}"),
    ("有限会社{}", "(有){}", "{}"),
    ("合同会社{}", "{}合同会社", "{}"),
)
_FORM_SHARES = (0.36, 0.40, 0.12, 0.08, 0.04)

# name, domain, industry, employees
_OUTSIDERS = (
    ("ライバル計測株式会社", "rival.example", "計測機器", 1200),
    ("ライバル計測ソリューションズ株式会社", "lab.rival.example", "計測機器", 300),
    ("常磐森工科大学", "tokiwamori-u.ac.example", "教育", 900),
    ("朝凪経済大学", "asanagi-u.ac.example", "教育", 500),
    ("ツナグ営業代行株式会社", "tsunagu-sales.example", "営業支援", 60),
    ("ヨルノ広告株式会社", "yoruno-ads.example", "広告", 35),
)
RIVALS, UNIVERSITIES, VENDORS = (0, 1), (2, 3), (4, 5)
ORDINARY_FROM = len(_OUTSIDERS)


@dataclass(frozen=True)
class Companies:
    """One entry per company; the outsiders (rivals, universities, vendors) come first."""

    names: pa.Array  # (companies * SPELLINGS,) strings, the spellings of one company side by side
    domains: pa.Array  # (companies,) strings
    industries: tuple[str, ...]
    industry: Ints  # (companies,) index into industries
    employees: Ints  # (companies,)
    prefecture: Ints  # (companies,) index into PREFECTURES

    @property
    def target_size(self) -> Floats:
        """(companies,) 1 where the company has the size the product was made for."""
        return ((self.employees >= 100) & (self.employees < 5000)).astype(np.float64)

    @property
    def target_industry(self) -> Floats:
        """(companies,) 1 where the company has the machines the product watches."""
        return np.isin(self.industry, [self.industries.index(i) for i in TARGET_INDUSTRIES]).astype(
            np.float64
        )


def companies_of(seed: int) -> Companies:
    """The market that belongs to a seed."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 0])))
    stem = rng.integers(0, len(COMPANY_STEMS), MARKET)
    trade = rng.integers(0, len(COMPANY_TRADES), MARKET)
    form = np.searchsorted(np.cumsum(_FORM_SHARES), rng.random(MARKET), side="right").clip(
        max=len(_FORMS) - 1
    )
    industries = tuple(dict.fromkeys([i for *_, i, _ in _OUTSIDERS] + [i for *_, i in COMPANY_TRADES]))
    return Companies(
        names=pa.array(
            [name for name, *_ in _OUTSIDERS for _ in range(SPELLINGS)] + _names(stem, trade, form)
        ),
        domains=pa.array([domain for _, domain, *_ in _OUTSIDERS] + _domains(stem, trade)),
        industries=industries,
        industry=np.array(
            [industries.index(i) for *_, i, _ in _OUTSIDERS]
            + [industries.index(COMPANY_TRADES[t][2]) for t in trade]
        ),
        employees=np.concatenate([[n for *_, n in _OUTSIDERS], _sizes(rng)]),
        prefecture=(rng.random(MARKET + ORDINARY_FROM) ** 2 * len(PREFECTURES)).astype(np.int64),
    )


def _names(stem: Ints, trade: Ints, form: Ints) -> list[str]:
    return [
        spelling.format(COMPANY_STEMS[s][0] + COMPANY_TRADES[t][0])
        for s, t, f in zip(stem.tolist(), trade.tolist(), form.tolist(), strict=True)
        for spelling in _FORMS[f]
    ]


def _domains(stem: Ints, trade: Ints) -> list[str]:
    return [
        f"{COMPANY_STEMS[s][1]}-{COMPANY_TRADES[t][1]}{n}.example"
        for n, (s, t) in enumerate(zip(stem.tolist(), trade.tolist(), strict=True))
    ]


def _sizes(rng: np.random.Generator) -> Ints:
    """Employees: most companies are small, the median is about 120."""
    sizes = np.exp(rng.normal(np.log(120), 1.5, MARKET)).clip(3, 40_000)
    rounded: Ints = np.where(sizes < 100, np.round(sizes), np.round(sizes, -1)).astype(np.int64)
    return rounded
