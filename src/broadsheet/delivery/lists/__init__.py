"""Listings by address, with filters and validators: what feeds and citations have in common."""
