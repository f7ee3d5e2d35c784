"""The ACL Anthology: its whole bibliography with abstracts, one packed BibTeX file.

The Anthology has no file for one event with abstracts (those of volumes bring none), so one event
is picked out of the whole, where volumes stand newest year first (acl-org/acl-anthology,
`create_bibtex.py`). The file is made anew with each change and fetched only when it has changed.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from http import HTTPStatus

from broadsheet.domain import Link, LinkKind, PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.bibliography import record_of_bibtex
from broadsheet.sources.bibtex import BibtexEntry, BrokenEntry, entries
from broadsheet.sources.fields import Context, checked, excerpt, reason, whole_number
from broadsheet.sources.links import unique
from broadsheet.sources.live.addresses import shown_address
from broadsheet.sources.live.calendars import Every
from broadsheet.sources.live.harvesting import (
    Batch,
    Cursor,
    Fetch,
    Options,
    Reply,
    SourceKind,
    conditional,
    validators,
)

ENTRIES_A_BATCH = 500
_SITE = "https://aclanthology.org/"
_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20
_MOST_BYTES = 1 << 30
_LONGEST_REST = 4 << 20
"""Four times the longest entry that is read; each piece has the rest looked through again."""
_ADDRESS = re.compile(r"https?://(?:www\.)?aclanthology\.org/([\w.-]+?)/?")
_NEW_ID = re.compile(r"(\d{4})\.(\w+)-(\w+)\.\d+")
_EVENT = re.compile(r"([a-z0-9_]+)-(\d{4})")
_NEXT_ENTRY = re.compile(r"\n(?=@\w+\{)")
_NO_PAPERS = frozenset(("proceedings", "book"))


def harvest(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """The papers of the events asked for, or of this year and the last, a batch every 500 entries.

    A harvest that was cut off goes on behind its last batch while the file is the same.
    """
    events = _events(options.get("event", ""))
    asked = f"{options['url']} {','.join(events)} {'' if events else now.year}"
    is_finished = cursor.get("asked") == asked and "entry" not in cursor
    headers = conditional(cursor) if is_finished else {}
    reply = fetch(options["url"], headers=headers, allow=(HTTPStatus.NOT_MODIFIED,))
    if reply.status == HTTPStatus.NOT_MODIFIED:
        yield Batch((), dict(cursor))
        return
    done = {"asked": asked, "file": blake2b(reply.body, digest_size=8).hexdigest()}
    is_same = all(cursor.get(name) == value for name, value in done.items())
    done.update(validators(reply))
    if is_finished and is_same:
        yield Batch((), done)
        return
    passed = cursor.get("entry", 0) if is_same else 0
    yield from _batches(reply, _Choice(events, now), passed, done)


def _events(option: str) -> tuple[str, ...]:
    """The events asked for, as `acl-2025`. Raises SourceError for what is none."""
    events = tuple(part.strip().lower() for part in option.split(",") if part.strip())
    for event in events:
        if not _EVENT.fullmatch(event):
            raise SourceError(
                f"“{event}” is no event of the ACL Anthology. Write venue and year, as acl-2025."
            )
    return events


class _Choice:
    """Which entries are taken, and the records they become."""

    def __init__(self, events: tuple[str, ...], now: datetime) -> None:
        self._events = frozenset(events)
        self._earliest = now.year - 1
        self._context = Context(now.date())

    def read(self, entry: BibtexEntry) -> PaperRecord | None:
        """The record of an entry; None for a volume and for papers not asked for."""
        if entry.kind in _NO_PAPERS or not self._is_wanted(entry):
            return None
        return checked(_record(entry, self._context), self._context.today)

    def _is_wanted(self, entry: BibtexEntry) -> bool:
        year = entry.fields.get("year", "")
        if not self._events:
            return (whole_number(year, 4) or 0) >= self._earliest
        found = _NEW_ID.fullmatch(anthology_id(entry))
        # Findings stand in a collection of their own: 2025.findings-acl.1.
        venue = (found[3] if found[2] == "findings" else found[2]) if found else ""
        return f"{venue}-{year}" in self._events


def anthology_id(entry: BibtexEntry) -> str:
    """The paper's name in the Anthology, as `2025.acl-long.1` or `P18-1001`; empty without one."""
    found = _ADDRESS.fullmatch(entry.fields.get("url", "").strip())
    return found[1].removesuffix(".pdf") if found else ""


def _record(entry: BibtexEntry, context: Context) -> PaperRecord:
    record = record_of_bibtex(entry, context)
    name = anthology_id(entry)
    links: tuple[Link, ...] = ()
    if name:
        links = (
            Link(LinkKind.ABSTRACT, f"{_SITE}{name}/"),
            Link(LinkKind.PDF, f"{_SITE}{name}.pdf"),
        )
    return replace(
        record,
        source="acl_anthology",
        record_id=name or entry.key,
        links=unique((*links, *(link for link in record.links if link.kind is LinkKind.CODE))),
    )


def _batches(
    reply: Reply, choice: _Choice, passed: int, done: Mapping[str, str]
) -> Iterator[Batch]:
    records: list[PaperRecord] = []
    rejects: list[Reject] = []
    number = 0
    for entry in _entries(reply):
        number += 1
        if number <= passed:
            continue
        try:
            if isinstance(entry, BrokenEntry):
                rejects.append(_reject(reply.url, f"entry {number}", entry.reason, entry.excerpt))
            elif (record := choice.read(entry)) is not None:
                records.append(record)
        except (RecordError, ValueError) as error:
            shown = str(dict(entry.fields)) if isinstance(entry, BibtexEntry) else ""
            rejects.append(_reject(reply.url, f"entry {number}", reason(error), shown))
        if len(records) + len(rejects) >= ENTRIES_A_BATCH:
            yield Batch(tuple(records), {**done, "entry": number}, tuple(rejects))
            records, rejects = [], []
    if number == 0:
        raise SourceError(
            f"The ACL Anthology answered without entries: “{excerpt(reply.body)[:80]}”.",
            permanent=False,
        )
    yield Batch(tuple(records), done, tuple(rejects))


def _reject(url: str, position: str, why: str, shown: str) -> Reject:
    return Reject(shown_address(url), position, why, excerpt(shown))


def _entries(reply: Reply) -> Iterator[BibtexEntry | BrokenEntry]:
    """The entries of the file, of which only a piece is unpacked at a time."""
    rest = ""
    for piece in _texts(reply.body):
        rest += piece
        ends = [found.end() for found in _NEXT_ENTRY.finditer(rest)]
        if ends:
            yield from entries(rest[: ends[-1]])
            rest = rest[ends[-1] :]
        elif len(rest) > _LONGEST_REST:
            raise SourceError(
                f"The file of the ACL Anthology has {len(rest):,} characters without an entry.",
                permanent=False,
            )
    yield from entries(rest)


def _texts(body: bytes) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in _unpacked(body):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _unpacked(body: bytes) -> Iterator[bytes]:
    """The file in pieces, unpacked unless the connection did that already.

    Raises SourceError where it breaks off, and where it would grow without bound.
    """
    if not body.startswith(_GZIP):
        yield from (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
        return
    unpacker = zlib.decompressobj(wbits=31)
    size = 0
    waiting = body
    while not unpacker.eof:
        try:
            piece = unpacker.decompress(waiting, _PIECE)
        except zlib.error as error:
            raise SourceError(
                f"The file of the ACL Anthology cannot be unpacked: {error}.", permanent=False
            ) from error
        waiting = unpacker.unconsumed_tail
        size += len(piece)
        if size > _MOST_BYTES:
            raise SourceError("The file of the ACL Anthology unpacks to more than 1 GiB.")
        if not piece and not waiting and not unpacker.eof:
            raise SourceError("The file of the ACL Anthology breaks off.", permanent=False)
        yield piece


SOURCE = SourceKind(
    name="acl-anthology",
    title="ACL Anthology",
    about="Papers of the conferences and journals of computational linguistics.",
    hosts=("aclanthology.org",),
    pause_seconds=3.0,
    calendar=Every(hours=24),
    harvest=harvest,
    options={
        "url": (f"{_SITE}anthology+abstracts.bib.gz", "Address of the packed BibTeX file."),
        "event": (
            "",
            "Events joined by commas, as acl-2025,emnlp-2025; this year and the last if empty.",
        ),
    },
)
