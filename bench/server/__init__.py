"""The server under load, for real: `tasuki up` in processes of its own, asked by HTTP, on both databases."""
