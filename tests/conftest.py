"""Slow tests last; and a test that is skipped where it must run is a failure.

The environment variable TASUKI_REQUIRE names what must be there: `spark`, `shared`, `browser`, with commas.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

WORDS = {"spark": ("spark", "java"), "shared": ("shared", "raw data"), "browser": ("chromium", "browser")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


def required() -> list[str]:
    """What must be there, from the environment."""
    names = [name.strip() for name in os.environ.get("TASUKI_REQUIRE", "").split(",") if name.strip()]
    unknown = sorted(set(names) - WORDS.keys())
    if unknown:
        raise pytest.UsageError(f"TASUKI_REQUIRE: unknown {', '.join(unknown)}; there is {', '.join(WORDS)}")
    return names


def must_run(reason: str) -> bool:
    """Whether a skip for this reason is forbidden."""
    return any(word in reason.lower() for name in required() for word in WORDS[name])


def _forbid_skip(report: Any) -> None:
    reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
    if must_run(reason) and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} must run here (TASUKI_REQUIRE), but was skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    report = yield
    _forbid_skip(report)
    return report
