"""Numbers as a reader sees them."""

from __future__ import annotations


def number(count: int) -> str:
    """A count with commas between thousands."""
    return f"{count:,}"


def counted(count: int, one: str, many: str) -> str:
    """`1 vote`, `34 votes`, `7,412 papers`."""
    return f"{number(count)} {one if count == 1 else many}"
