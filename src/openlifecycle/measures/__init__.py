"""Room 5: declared measures, and a Question that asks one of them (docs/rooms/measures.md)."""
