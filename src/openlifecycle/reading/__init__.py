"""Bytes to labelled cells: every sheet read to the last cell, by its labels."""
