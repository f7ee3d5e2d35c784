"""Where a person is led after signing in."""

from __future__ import annotations

from broadsheet.delivery.addresses import local_path

HOME = "/papers"


def next_path(wanted: str) -> str:
    """The page that was asked for if it is one of this site, else the page of papers."""
    return local_path(wanted) or HOME
