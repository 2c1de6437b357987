"""The released table of detentions: one row a record."""
