"""Arguments and resumption tokens of OAI-PMH 2.0: which a verb may have, what they mean.

A token holds the whole state of a list, so it outlives restarts and never expires.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import orjson

from broadsheet.delivery.protocols.oai_formats import ARXIV_ONLY, FORMATS
from broadsheet.delivery.protocols.oai_sets import labels_of
from broadsheet.errors import BroadsheetError
from broadsheet.store.harvest_listing import HarvestRange, Place

SETTLING = timedelta(seconds=10)
"""A datestamp is so much later than the change was written.

A change is stamped before its transaction ends, and only then can it be seen. Without this, a list
asked for in between would not hold it, and the next one, from that moment on, neither.
"""
LONGEST_TOKEN = 2_000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SECOND = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_LIST = ({"metadataPrefix"}, {"from", "until", "set"})
VERBS: Mapping[str, tuple[set[str], set[str]]] = {
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), set()),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
}
"""Required and optional arguments of each verb."""
_RESUMABLE = ("ListIdentifiers", "ListRecords", "ListSets")


class OaiError(BroadsheetError):
    """An error with the code that the protocol has for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def checked(arguments: list[tuple[str, str]]) -> dict[str, str]:
    """The arguments by name, `verb` among them; raises OaiError."""
    verbs = [value for name, value in arguments if name == "verb"]
    if len(verbs) != 1 or verbs[0] not in VERBS:
        raise OaiError("badVerb", f"Give exactly one verb of {', '.join(VERBS)}.")
    given = dict(arguments)
    if len(given) != len(arguments):
        raise OaiError("badArgument", "An argument was given more than once.")
    names = given.keys() - {"verb"}
    if "resumptionToken" in names and verbs[0] in _RESUMABLE:
        if len(names) > 1:
            raise OaiError("badArgument", "A resumptionToken stands alone beside the verb.")
        return given
    required, optional = VERBS[verbs[0]]
    if unknown := names - required - optional:
        raise OaiError("badArgument", f"{verbs[0]} has no argument {min(unknown):.60}.")
    if missing := required - names:
        raise OaiError("badArgument", f"{verbs[0]} needs the argument {min(missing)}.")
    return given


@dataclass(frozen=True, slots=True)
class ListState:
    """A list under way: what was asked, after which item it goes on, how much was given.

    `size` is the number of items that the whole list had when it began.
    """

    verb: str
    prefix: str
    since: str = ""
    until: str = ""
    spec: str = ""
    after: Place | None = None
    given: int = 0
    size: int = 0

    @property
    def range(self) -> HarvestRange:
        """What of the store the list covers; raises OaiError for arguments that mean nothing."""
        if self.prefix not in FORMATS:
            message = f"There is no format {self.prefix:.60}. There are {', '.join(FORMATS)}."
            raise OaiError("cannotDisseminateFormat", message)
        labels = labels_of(self.spec) if self.spec else ()
        if labels is None:
            raise OaiError("badArgument", f"“{self.spec:.60}” is no name of a set.")
        since, until = _bounds(self.since, self.until)
        return HarvestRange(since, until, labels, is_arxiv_only=self.prefix in ARXIV_ONLY)

    def token(self) -> str:
        """The state as a word; `read_token` gives it back."""
        after = self.after and [(self.after[0] - _EPOCH) // _MICROSECOND, self.after[1]]
        state = [self.verb, self.prefix, self.since, self.until, self.spec, after, self.given]
        body = orjson.dumps([*state, self.size])
        return urlsafe_b64encode(_checksum(body) + body).decode().rstrip("=")


def read_token(token: str, verb: str) -> ListState:
    """The state that a token holds; raises OaiError for one that we never gave for this verb."""
    try:
        state = _decoded(token)
    except (ValueError, TypeError, OverflowError) as error:
        raise _bad_token() from error
    if state.verb != verb:
        raise _bad_token()
    return state


def _decoded(token: str) -> ListState:
    """The state in a token; raises ValueError, TypeError or OverflowError for one that has none."""
    whole = urlsafe_b64decode(token[:LONGEST_TOKEN].encode("ascii") + b"=" * (-len(token) % 4))
    body = whole[_CHECKSUM:]
    if _checksum(body) != whole[:_CHECKSUM]:
        raise ValueError(token)
    verb, prefix, since, until, spec, (changed_at, key), given, size = orjson.loads(body)
    texts = (verb, prefix, since, until, spec, key)
    are_texts = all(isinstance(text, str) and "\0" not in text for text in texts)
    if not are_texts or not isinstance(given, int) or not isinstance(size, int):
        raise ValueError(token)
    place = (_EPOCH + changed_at * _MICROSECOND, key)
    return ListState(verb, prefix, since, until, spec, place, given, size)


_CHECKSUM = 6


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECKSUM, key=b"resumption").digest()


def _bad_token() -> OaiError:
    return OaiError("badResumptionToken", "This is no token of this repository for this verb.")


def datestamp(changed_at: datetime) -> str:
    """The datestamp of an item."""
    return in_words(changed_at.replace(microsecond=0) + SETTLING)


def in_words(moment: datetime) -> str:
    """An instant as the protocol writes it, to the second."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _bounds(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """The instants of change that `from` and `until` mean: from the first on, before the second."""
    if since and until and len(since) != len(until):
        raise OaiError("badArgument", "from and until must both be days or both be seconds.")
    start = _instant(since, "from") if since else None
    end = _instant(until, "until") if until else None
    if start and end and start > end:
        raise OaiError("badArgument", "from is later than until.")
    last = timedelta(days=1) if _DAY.fullmatch(until) else timedelta(seconds=1)
    return _shifted(start, -SETTLING), _shifted(end, last - SETTLING)


def _shifted(moment: datetime | None, by: timedelta) -> datetime | None:
    try:
        return moment and moment + by
    except OverflowError:
        return None


def _instant(text: str, name: str) -> datetime:
    try:
        if text.isascii() and (_DAY.fullmatch(text) or _SECOND.fullmatch(text)):
            return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        pass  # the 30th of February is as wrong as another form
    message = f"{name} must be a day (2026-08-21) or a second (2026-08-21T12:00:00Z) in UTC."
    raise OaiError("badArgument", message)
