"""The commands: one thin file per verb, loaded only when its verb is spoken (see main.py)."""
