"""The engine: an agreement folded over the entries of leads."""
