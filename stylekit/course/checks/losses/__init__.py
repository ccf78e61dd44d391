"""Checks of lessons 05 to 08, and of 00: the three losses and their weights."""
