"""A first look at real published figures, with nothing to download (docs/rooms/demo.md)."""
