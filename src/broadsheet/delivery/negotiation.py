"""Which of several forms of one thing an Accept header prefers (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

_EXACT, _FAMILY, _ANYTHING = 2, 1, 0


def preferred(accept: str, offers: Sequence[str]) -> str:
    """The offer that the header wants most; among equals, and for want of any, the first."""
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    weights = [_weight(offer, ranges) for offer in offers]
    return offers[weights.index(max(weights))]


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((value[2:] for value in parameters if value.startswith("q=")), "1")
    try:
        return name, min(max(float(weight), 0.0), 1.0)
    except ValueError:
        return name, 0.0


def _weight(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The weight of the range that names the offer most closely; 0 where none does."""
    family = offer.partition("/")[0] + "/*"
    closeness = {offer: _EXACT, family: _FAMILY, "*/*": _ANYTHING}
    found = [(closeness[name], weight) for name, weight in ranges if name in closeness]
    return max(found, default=(_ANYTHING, 0.0))[1]
