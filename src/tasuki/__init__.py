"""Tasuki (襷): the agreement of marketing and sales, carried out on every activity."""

__version__ = "0.1.0"
