"""Intake, the door: finds workbooks, looks them over, has them read, lands them in the vault."""
