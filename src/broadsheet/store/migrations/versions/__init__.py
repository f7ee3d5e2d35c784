"""Migrations; the name of each file begins with its revision."""
