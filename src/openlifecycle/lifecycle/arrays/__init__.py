"""The lifecycle on arrays, in the order of people: the same tables as the room's expressions."""
