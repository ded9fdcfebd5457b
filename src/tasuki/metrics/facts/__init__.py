"""Facts: what happened, as tables; how they are made, kept and read."""
