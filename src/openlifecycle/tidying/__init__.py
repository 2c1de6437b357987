"""Labelled cells to observations: periods, dates, statuses, corrections and the receipt."""
