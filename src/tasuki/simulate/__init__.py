"""A made-up Japanese company with hidden buying intent, for the demo and for load."""

from __future__ import annotations

from tasuki.simulate.company import SimulationReport, simulate

__all__ = ["SimulationReport", "simulate"]
