"""Signals and traits over many shapes at once: each distinct value of a field is tested once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tasuki.agreement.predicates import AllOf, AnyOf, Exists, Not, Predicate, Test
from tasuki.history import Shapes

Mask = NDArray[np.bool_]


def holds(predicate: Predicate, shapes: Shapes) -> Mask:
    """For each shape, whether the predicate holds; shape (len(shapes),)."""
    match predicate:
        case Test(field=field, test=test):
            column = shapes.column(field)
            if column is None:
                return np.zeros(len(shapes), bool)
            known = np.fromiter((test(value) for value in column.values), bool, len(column.values))
            found: Mask = np.append(known, False)[column.index]
            return found
        case Exists(field=field):
            column = shapes.column(field)
            there: Mask = np.zeros(len(shapes), bool) if column is None else column.index >= 0
            return there
        case Not(part=part):
            return ~holds(part, shapes)
        case AllOf(parts=parts):
            return np.logical_and.reduce(
                [np.ones(len(shapes), bool), *(holds(part, shapes) for part in parts)]
            )
        case AnyOf(parts=parts):
            return np.logical_or.reduce(
                [np.zeros(len(shapes), bool), *(holds(part, shapes) for part in parts)]
            )
