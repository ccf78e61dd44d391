"""One short file per method: its networks, its objective, and what one step of training does."""
