"""Rows of people and of what they do; the rules of it are in `community`."""
