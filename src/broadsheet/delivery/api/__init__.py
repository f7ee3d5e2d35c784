"""The JSON API at /api/v1: the same listings as the pages, for programs."""
