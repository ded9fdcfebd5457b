"""Compiling a function to machine code, once per machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function, compiled at its first call and kept on disk; it runs without the interpreter's lock."""
    fast: Callable[P, R] = njit(cache=True, nogil=True)(function)
    return fast
