"""Listings carried to people and machines: pages in `web`, JSON in `api`.

Thin on purpose: no SQL and no ranking happen here.
"""
