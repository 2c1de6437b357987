"""Room 8: an Answer as a table, a file or a chart (docs/rooms/publishing.md)."""
