"""The agreement: its language, its mistakes, its meaning."""

from tasuki.agreement.load import agreement_of, inspect_agreement, load_agreement, parse_agreement
from tasuki.agreement.model import Agreement, Path, Rule, Score, Stage
from tasuki.agreement.problems import Problem

__all__ = [
    "Agreement",
    "Path",
    "Problem",
    "Rule",
    "Score",
    "Stage",
    "agreement_of",
    "inspect_agreement",
    "load_agreement",
    "parse_agreement",
]
