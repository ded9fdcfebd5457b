"""Facts from the database, one file a table."""
