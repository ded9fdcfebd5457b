"""Signals and traits over many shapes at once, where each distinct value of a field is tested once; and over one profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

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
            return cast("Mask", np.append(known, False)[column.index])
        case Exists(field=field):
            column = shapes.column(field)
            return cast("Mask", np.zeros(len(shapes), bool) if column is None else column.index >= 0)
        case Not(part=part):
            return ~holds(part, shapes)
        case AllOf(parts=parts):
            return _folded(np.logical_and, True, parts, shapes)
        case AnyOf(parts=parts):
            return _folded(np.logical_or, False, parts, shapes)


def _folded(operation: np.ufunc, empty: bool, parts: tuple[Predicate, ...], shapes: Shapes) -> Mask:
    masks = [np.full(len(shapes), empty), *(holds(part, shapes) for part in parts)]
    return cast("Mask", operation.reduce(masks))


def holds_of(predicate: Predicate, fields: Mapping[str, str]) -> bool:
    """Whether the predicate holds of these fields; an empty text is absent."""
    match predicate:
        case Test(field=field, test=test):
            value = fields.get(field)
            return bool(value) and test(cast("str", value))
        case Exists(field=field):
            return bool(fields.get(field))
        case Not(part=part):
            return not holds_of(part, fields)
        case AllOf(parts=parts):
            return all(holds_of(part, fields) for part in parts)
        case AnyOf(parts=parts):
            return any(holds_of(part, fields) for part in parts)
