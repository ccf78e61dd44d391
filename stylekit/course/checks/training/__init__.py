"""Checks of lessons 09, 10 and 15: the training loop, one's own pictures, ways of failing."""
