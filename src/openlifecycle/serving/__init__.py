"""What was cleared, over HTTP: one process over a store, read-only.

The room's verb is ``app.create_app``; docs/rooms/serving.md says what it takes, gives and keeps.
"""
