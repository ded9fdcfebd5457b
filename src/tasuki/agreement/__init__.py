"""The agreement: its language, its mistakes, its meaning."""

from tasuki.agreement.handoffs import is_return, names_to_hand_to
from tasuki.agreement.load import agreement_of, inspect_agreement, load_agreement, parse_agreement
from tasuki.agreement.model import Agreement, Handoff, Path, Route, Rule, Score, Stage
from tasuki.agreement.problems import Problem

__all__ = [
    "Agreement",
    "Handoff",
    "Path",
    "Problem",
    "Route",
    "Rule",
    "Score",
    "Stage",
    "agreement_of",
    "inspect_agreement",
    "is_return",
    "load_agreement",
    "names_to_hand_to",
    "parse_agreement",
]
