"""Style, script and icon under addresses that carry a hash of their content.

The address changes with the content, so browsers may keep them for a year.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import PurePath

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file, held in memory: `path` is its address on this site."""

    path: str
    body: bytes
    media_type: str


def load_assets() -> dict[str, Asset]:
    """Every static file by its plain name, such as `broadsheet.css`."""
    folder = files("broadsheet.delivery.web") / "static"
    return {file.name: _asset(file.name, file.read_bytes()) for file in folder.iterdir()}


def _asset(name: str, body: bytes) -> Asset:
    pure = PurePath(name)
    digest = hashlib.sha256(body).hexdigest()[:12]
    path = f"/static/{pure.stem}.{digest}{pure.suffix}"
    return Asset(path, body, _MEDIA_TYPES[pure.suffix])
