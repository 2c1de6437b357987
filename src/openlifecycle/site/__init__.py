"""Pages: the record for people who read, each complete without JavaScript."""
