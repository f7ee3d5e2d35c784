"""Cursors: where the next page of a listing starts, as a word that no other listing accepts."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date

from broadsheet.domain import Listing
from broadsheet.errors import QueryError

_FORM = re.compile(r"([0-9]{1,7})\.([0-9]{1,7})\.([0-9a-f]{12})")


def write_cursor(listing: Listing, offset: int, settled_on: date | None) -> str:
    """The cursor of the page that starts at place `offset`, counted from 0.

    `settled_on` is the day that the listing found by itself (the newest with papers), if it did:
    a new day that comes in between two pages then does not move the second.
    """
    day = settled_on.toordinal() if settled_on else 0
    return f"{offset}.{day}.{_fingerprint(listing)}"


def read_cursor(listing: Listing) -> tuple[int, date | None]:
    """The offset and the day of `write_cursor`; (0, None) for a listing without a cursor.

    Raises QueryError for a cursor that is damaged or belongs to another listing.
    """
    if not listing.cursor:
        return 0, None
    found = _FORM.fullmatch(listing.cursor)
    if found is None or found[3] != _fingerprint(listing) or int(found[2]) > date.max.toordinal():
        message = "This is no cursor of this list. Start again at its first page, without a cursor."
        raise QueryError(message, 0)
    return int(found[1]), date.fromordinal(int(found[2])) if int(found[2]) else None


def _fingerprint(listing: Listing) -> str:
    """The same for every page and page size of one listing."""
    asked = repr(replace(listing, cursor=None, limit=0, is_guided=False))
    return hashlib.blake2b(asked.encode(errors="replace"), digest_size=6).hexdigest()
