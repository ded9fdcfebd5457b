"""The columnar, time-ordered copy of every lead's entries: import, store, read.

Importing is in `tasuki.history.importing`, the facts of `tasuki history info` in `tasuki.history.describe`,
times as people write them in `tasuki.history.times`.
"""

from tasuki.history.entries import Activity, Decision, Profile, shard_of
from tasuki.history.memory import history_of
from tasuki.history.shapes import Column, Shapes, shapes_of, shapes_of_columns
from tasuki.history.store import History, Shard, open_history
from tasuki.history.write import write_history

__all__ = [
    "Activity",
    "Column",
    "Decision",
    "History",
    "Profile",
    "Shapes",
    "Shard",
    "history_of",
    "open_history",
    "shapes_of",
    "shapes_of_columns",
    "shard_of",
    "write_history",
]
