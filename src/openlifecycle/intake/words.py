"""The vocabulary of the door scan, which moved to the reading room: records are read by it too."""

from openlifecycle.reading.words import header_kind, is_last_first, is_redacted, value_kind

__all__ = ["header_kind", "is_last_first", "is_redacted", "value_kind"]
