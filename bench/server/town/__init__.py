"""A company of a million leads, written past the commands, in bulk: what pages are measured on."""
