"""Broadsheet: the daily paper of a research community, self-hosted."""

__version__ = "0.1.0"
