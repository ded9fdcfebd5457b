"""Bringing files of entries into a history."""
