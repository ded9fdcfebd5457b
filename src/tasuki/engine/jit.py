"""How the kernel's functions are compiled.

All without reference counts (`_nrt=False`): nothing in the kernel allocates, and counting the references to some fifty
arrays at every step took nine tenths of its time, more with two threads, which write to the same counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import config, njit
from numba.core.compiler_lock import global_compiler_lock

F = TypeVar("F", bound=Callable[..., Any])


def inlined(function: F) -> F:
    """Compiled into each of its callers: for what runs for every activity, where passing fifty arrays would cost more."""
    return cast("F", njit(inline="always", _nrt=False)(function))


def called(function: F) -> F:
    """Compiled by itself: for what runs now and then; inlining everything made compilation six times as long."""
    return cast("F", njit(nogil=True, error_model="numpy", _nrt=False)(function))


def compiled(function: F) -> F:
    """Called from Python, without its lock; kept on disk, so that a machine compiles it once.

    Loops are compiled as they are written, not to vectors: those that could be are a handful of steps long, and keeping
    the constants that vectors need cost the kernel an eighth of its time. numba knows this as a setting of the process
    only, so it is set while we compile, under numba's own lock.
    """
    dispatcher = njit(nogil=True, cache=True, error_model="numpy", _nrt=False)(function)
    compile_for = dispatcher.compile

    def as_written(signature: Any) -> Any:
        with global_compiler_lock:
            before = config.LOOP_VECTORIZE
            config.LOOP_VECTORIZE = 0
            try:
                return compile_for(signature)
            finally:
                config.LOOP_VECTORIZE = before

    dispatcher.compile = as_written
    return cast("F", dispatcher)
