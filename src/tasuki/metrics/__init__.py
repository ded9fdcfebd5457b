"""KPIs: definitions, and what they are computed from."""
