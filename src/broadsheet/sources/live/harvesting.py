"""What a live source is: a name, hosts, a calendar, and a function that harvests batch by batch.

A source turns answers into records and cursors. How requests are paced and retried is
`fetching`'s matter; when a source runs and what its state is, `broadsheet.intake`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from broadsheet.domain import Paper, PaperRecord, Reject
from broadsheet.errors import SourceError

Cursor = Mapping[str, Any]
"""Where a harvest goes on: JSON values of the source's own; empty before the first harvest."""
Options = Mapping[str, str]
"""What the operator set for one source, defaults filled in."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that may be read: status 200, or 304 and 404 where the caller allowed them.

    `headers` have lower-case names; `url` is the address after redirects.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class NoConnection(SourceError):
    """No connection could be made at all: the service is down, or this machine is offline."""


class Fetch(Protocol):
    """Asks one address, politely; every source gets one.

    Raises SourceError: `permanent` for answers that another try will not change, with
    `retry_after` (seconds) for throttling. `allow` names statuses besides 200 that are returned.
    """

    def __call__(  # noqa: D102
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        allow: tuple[int, ...] = (),
    ) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Batch:
    """One answer of a source, stored in one transaction with the cursor that follows it.

    Killed after this batch, the harvest goes on from `cursor`. `batch_on` is the day of
    announcement that the answer itself claims; `declared` how many records the source says that
    the whole harvest has; `note` is a sentence for the operator about what was odd.
    """

    records: tuple[PaperRecord, ...]
    cursor: Cursor
    rejects: tuple[Reject, ...] = ()
    batch_on: date | None = None
    declared: int | None = None
    note: str = ""


class Calendar(Protocol):
    """When a source has something new."""

    def next_due(self, after: datetime) -> datetime:
        """The first instant after `after` at which asking makes sense."""

    def expected_on(self, now: datetime) -> date | None:
        """The day of the newest batch that must be out by `now`; None if no calendar tells."""


Harvest = Callable[[Fetch, Options, Cursor, datetime], Iterator[Batch]]
"""(fetch, options, cursor, now) -> batches; each is asked for when the one before is stored."""

Enrich = Callable[[Fetch, Options, Sequence[Paper], datetime], Iterator[Batch]]
"""(fetch, options, papers, now) -> batches of records about papers that are known already."""

LookUp = Callable[[Fetch, Options, str, datetime], PaperRecord | None]
"""(fetch, options, id, now) -> what the service says of one paper; None where it knows none."""


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of live source; the operator adds sources of a kind with options of their own.

    It has either `harvest`, which brings new papers, or `enrich`, which adds to known ones.

    `hosts` are all that is ever contacted besides the host of the option `url`. `pause_seconds`
    is the time between two requests to a host. `options` maps each option to (default, help);
    the option `url`, the address that is asked, lets tests and mirrors stand in. `required` names
    the options without which nothing can be asked, `secret` those that are never shown.
    `record_source` is the source of an enriching kind's records. `look_up`, where a service offers
    it, asks for one paper by its id.
    """

    name: str
    title: str
    about: str
    hosts: tuple[str, ...]
    pause_seconds: float
    calendar: Calendar
    harvest: Harvest | None = None
    enrich: Enrich | None = None
    look_up: LookUp | None = None
    record_source: str = ""
    options: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()

    def completed(self, options: Mapping[str, str]) -> dict[str, str]:
        """The options with defaults filled in."""
        return {name: options.get(name, default) for name, (default, _) in self.options.items()}


def conditional(cursor: Cursor) -> dict[str, str]:
    """Headers that ask only for what has changed since the answer `validators` were taken from."""
    known = {"If-None-Match": cursor.get("etag"), "If-Modified-Since": cursor.get("last_modified")}
    return {name: value for name, value in known.items() if isinstance(value, str)}


def validators(reply: Reply) -> dict[str, str]:
    """What a cursor keeps of an answer for the next conditional request (RFC 9110, section 13)."""
    known = {"etag": reply.headers.get("etag"), "last_modified": reply.headers.get("last-modified")}
    return {name: value for name, value in known.items() if value}
