"""Printed totals against their parts, and printed shares against what they are shares of."""
