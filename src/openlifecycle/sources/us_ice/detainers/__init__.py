"""The released table of detainers: one row a record."""
