"""The released table of arrests: one row a record."""
