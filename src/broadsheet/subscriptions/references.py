"""Which collection a subscription means: its number and birth, the secret link, the name it had.

The number survives renaming; the birth tells a deleted collection from another under its number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, unquote, urlsplit

_WRITTEN = re.compile(r"(\d{1,12}) (\d{1,12}) ([a-z0-9-]{1,60})/(\S{1,80}) (\S{1,100}) (.+)")
_NO_LINK = "-"
_NAME = r"[^/\s?#\x00-\x1f]"
_TYPED = re.compile(rf"(?:.*/people/)?({_NAME}{{1,60}})/(?:collections/)?({_NAME}{{1,200}})")


@dataclass(frozen=True, slots=True)
class CollectionReference:
    """A collection as a subscription keeps it; `link` is the secret of a link, or empty.

    `born_at` is when the collection was made, in whole seconds of Unix time.
    """

    collection_id: int
    born_at: int
    owner: str
    slug: str
    link: str
    name: str

    def write(self) -> str:
        """The reference as the value of a subscription."""
        link = self.link or _NO_LINK
        return f"{self.collection_id} {self.born_at} {self.owner}/{self.slug} {link} {self.name}"

    @property
    def typed(self) -> str:
        """The collection as somebody would type it: `ada/tidal-mills`."""
        place = f"{self.owner}/{self.slug}"
        return f"{place}?link={self.link}" if self.link else place


def read_reference(value: str) -> CollectionReference:
    """The reference that `write` wrote; raises ValueError for any other text."""
    found = _WRITTEN.fullmatch(value)
    if found is None:
        message = "This subscription names no collection. Choose the collection again."
        raise ValueError(message)
    number, born_at, owner, slug, link, name = found.groups()
    secret = "" if link == _NO_LINK else link
    return CollectionReference(int(number), int(born_at), owner, slug, secret, name)


def typed_collection(text: str) -> tuple[str, str, str]:
    """Owner, slug and secret link of what was typed: `ada/tidal-mills`, or the page's address.

    Raises ValueError with a sentence.
    """
    parts = urlsplit(text.strip())
    found = _TYPED.fullmatch(unquote(parts.path))
    if found is None:
        message = (
            f"“{text.strip()[:60]}” names no collection. Write PERSON/COLLECTION, or the address "
            "of its page."
        )
        raise ValueError(message)
    return found[1].lower(), found[2], parse_qs(parts.query).get("link", [""])[0]


def seconds_of(instant: datetime) -> int:
    """An instant in whole seconds of Unix time."""
    return int(instant.timestamp())
