"""A slow, separate evaluator, written from the agreement's page alone; it imports nothing of tasuki."""
