"""Sets of OAI-PMH: categories as arXiv names them (`cs:cs:LG`, `physics:hep-th`), and back.

A category that is not of arXiv's form is a set of its own, its other signs written as `~20`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

PHYSICS = (
    "astro-ph", "cond-mat", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin",
    "nucl-ex", "nucl-th", "physics", "quant-ph",
)  # fmt: skip
_CATEGORY = re.compile(r"([a-z-]+)\.([A-Za-z-]+)")
_OTHER_SIGN = re.compile(rb"[^A-Za-z0-9\-_.!*'()]")
_ENCODED = re.compile(rb"~([0-9A-F]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9\-_.!*'()~]+")


def set_of(category: str) -> str:
    """The set of a category or archive."""
    found = _CATEGORY.fullmatch(category)
    if found:
        return f"{_group(found[1])}:{found[1]}:{found[2]}"
    if category in PHYSICS:
        return f"physics:{category}"
    signs = _OTHER_SIGN.sub(lambda sign: b"~%02X" % ord(sign[0]), category.encode())
    return signs.decode()


def labels_of(spec: str) -> tuple[str, ...] | None:
    """The categories and archives whose papers a set holds; None for what is no set's name."""
    parts = spec.split(":")
    if not all(_PLAIN.fullmatch(part) for part in parts):
        return None
    if len(parts) == 1:
        return PHYSICS if spec == "physics" else _decoded(spec)
    if _group(parts[1]) != parts[0]:
        return None
    return (".".join(parts[1:]),)


def sets_of(labels: Iterable[str]) -> list[str]:
    """The sets of a paper, the narrowest only: the wider ones follow from their names."""
    known = list(labels)
    above = {found[1] for label in known if (found := _CATEGORY.fullmatch(label))}
    return [set_of(label) for label in known if label not in above]


def tree_of(labels: Iterable[str]) -> dict[str, str]:
    """Every set with papers and those above it, by name, each with what people call it."""
    found: dict[str, str] = {}
    for label in labels:
        spec = set_of(label)
        parts = spec.split(":")
        for length in range(1, len(parts)):
            found.setdefault(":".join(parts[:length]), parts[length - 1])
        found[spec] = label
    return dict(sorted(found.items()))


def _group(archive: str) -> str:
    return "physics" if archive in PHYSICS else archive


def _decoded(spec: str) -> tuple[str, ...] | None:
    signs = _ENCODED.sub(lambda sign: bytes([int(sign[1], 16)]), spec.encode())
    try:
        return None if b"\0" in signs else (signs.decode(),)
    except UnicodeDecodeError:
        return None
