"""The memory of a process and of those that it has started."""

from __future__ import annotations

from pathlib import Path


def memory_of_children(pid: int) -> int:
    """Bytes in memory that are not mapped from files, of all of them together; 0 where there is no /proc."""
    return sum(_anonymous(one) for one in (pid, *_below(pid)))


def _below(pid: int) -> list[int]:
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    children = [int(child) for each in lists for child in each.split()]
    return [one for child in children for one in (child, *_below(child))]


def _anonymous(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))
