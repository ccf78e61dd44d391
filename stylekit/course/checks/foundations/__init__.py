"""Checks of lessons 01 to 04: the article, pictures as numbers, the game of G and D, the parts of the networks."""
