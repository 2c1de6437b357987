"""Oversight: does what a release prints hold together, and with what was printed before?

The room's verb is ``check_release`` (oversight/check.py). Every check stands in
docs/rooms/oversight.md with its definition; none knows the list of known publisher errors.
"""
