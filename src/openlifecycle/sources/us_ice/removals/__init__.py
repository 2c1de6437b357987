"""The released table of removals: one row a record."""
