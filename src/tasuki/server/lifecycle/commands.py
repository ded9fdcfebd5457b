"""Decisions of people, and the worker's fold: the two ways in which leads come to move."""

from __future__ import annotations

from tasuki.server.lifecycle.calls import (
    Called,
    CallOutcome,
    cancel_promise,
    log_call,
    move_promise,
    promise_call,
)
from tasuki.server.lifecycle.deciding import decide
from tasuki.server.lifecycle.holding import HeldGroup, call_soon, decide_soon, record_held, settle, take_back
from tasuki.server.lifecycle.inputs import Decided, DecisionInput, Entered, Folded, Recorded
from tasuki.server.lifecycle.past import record_decisions
from tasuki.server.lifecycle.work import fold_due, roll_out

__all__ = [
    "CallOutcome", "Called", "Decided", "DecisionInput", "Entered", "Folded", "HeldGroup", "Recorded", "call_soon",
    "cancel_promise", "decide", "decide_soon", "fold_due", "log_call", "move_promise", "promise_call", "record_decisions",
    "record_held", "roll_out", "settle", "take_back",
]  # fmt: skip
