"""The released table of encounters: one row a record."""
