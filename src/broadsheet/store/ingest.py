"""Takes records in: which are new, which are known, which papers they make.

All of it happens in the caller's transaction. What is written follows from the records alone, so a
batch that is taken in again, whole or in part, changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import blake2b

import orjson
from sqlalchemy import Connection, select

from broadsheet.domain import ImportCounts, PaperRecord, Reject
from broadsheet.record_json import record_to_json
from broadsheet.store.identity import Entry, identity_of, is_contradiction
from broadsheet.store.loading import Name, Neighbourhood, stored_digests
from broadsheet.store.merging import combine, stamped
from broadsheet.store.newcomers import strangers, write_strangers
from broadsheet.store.parting import parts_of
from broadsheet.store.reconcile import reconcile
from broadsheet.store.schema import record

_EXCERPT = 200
_LARGEST_COUNT = 2**31 - 1
LONGEST_KEY = 300
"""No address of a paper names more; DOIs of real papers stay below 100 characters."""


def ingest(
    connection: Connection, records: Sequence[PaperRecord], now: datetime
) -> tuple[ImportCounts, list[Reject]]:
    """Store the records and bring the papers they touch up to date."""
    return ingest_prepared(connection, prepare(records), now)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Records ready to be stored, in their order, and those that cannot be."""

    entries: Sequence[Entry]
    rejects: Sequence[Reject]


def prepare(records: Iterable[PaperRecord]) -> Prepared:
    """Make entries of records: all that needs no look into the library, so no transaction."""
    entries, rejects = [], []
    for each in records:
        reason = _fault(each)
        if reason is None:
            try:
                entries.append(make_entry(each))
                continue
            except (TypeError, ValueError) as error:
                reason = f"The record cannot be kept as JSON: {error}."
        rejects.append(_reject(each, reason))
    return Prepared(entries, rejects)


def ingest_prepared(
    connection: Connection, prepared: Prepared, now: datetime
) -> tuple[ImportCounts, list[Reject]]:
    """Store prepared records: what stands there already, what meets nobody, and the rest."""
    parts = parts_of(connection)
    incoming = (
        [_in_its_part(entry, parts) for entry in prepared.entries] if parts else prepared.entries
    )
    digests = stored_digests(connection, (entry.name for entry in incoming))
    loud = {e.name for e in incoming if digests.get(e.name, (b"",))[0] != e.digest}
    alone = strangers(
        connection,
        [entry for entry in incoming if entry.name not in digests],
        [entry for entry in incoming if entry.name in loud and entry.name in digests],
    )
    write_strangers(
        connection, [replace(each, entry=_dated(each.entry, now)) for each in alone], now
    )
    batch = _Batch(connection, now, list(prepared.rejects))
    rest = loud.difference(each.entry.name for each in alone)
    batch.take([entry for entry in incoming if entry.name in rest], digests)
    counts = batch.settle()
    quiet = sum(entry.name not in loud for entry in incoming)
    counts += ImportCounts(new=len(alone), unchanged=quiet, rejected=len(batch.rejects))
    return counts, batch.rejects


def _in_its_part(entry: Entry, parts: Mapping[Name, str]) -> Entry:
    part = parts.get(entry.name)
    if part is None:
        return entry
    return replace(entry, identity=identity_of(entry.record, part), part=part)


def _dated(entry: Entry, now: datetime) -> Entry:
    """The entry, with today as its first day where its record brings no day of its own."""
    dated = stamped(entry.record, now)
    return entry if dated is entry.record else make_entry(dated, part=entry.part)


def remove_source(connection: Connection, source: str) -> int:
    """Take away every record of a source; how many papers had no other."""
    names = select(record.c.source, record.c.record_id).where(record.c.source == source)
    found = {(row.source, row.record_id) for row in connection.execute(names)}
    return remove_records(connection, found, datetime.now(UTC))


def remove_records(connection: Connection, names: Collection[Name], now: datetime) -> int:
    """Take away records by name; how many papers had no other."""
    owners = {paper_id for _, paper_id in stored_digests(connection, names).values()}
    neighbourhood = Neighbourhood(connection)
    neighbourhood.grow([], owners)
    stored, gone = neighbourhood.entries, set(names)
    outcome = reconcile(
        connection,
        stored=stored,
        wanted={name: entry for name, entry in stored.items() if name not in gone},
        changed=gone & stored.keys(),
        crowded=neighbourhood.crowded,
        now=now,
    )
    return sum(successor is None for successor in outcome.removed.values())


def make_entry(record: PaperRecord, paper_id: int | None = None, part: str = "") -> Entry:
    """The entry of a record; raises TypeError for values that JSON does not have."""
    body = orjson.dumps(record_to_json(record))
    digest = blake2b(body, digest_size=16).digest()
    return Entry(record, identity_of(record, part), body.decode(), digest, paper_id, part)


@dataclass(slots=True)
class _Batch:
    """One call of `ingest` under way."""

    connection: Connection
    now: datetime
    rejects: list[Reject] = field(default_factory=list)
    stored: dict[Name, Entry] = field(default_factory=dict)
    wanted: dict[Name, Entry] = field(default_factory=dict)
    crowded: set[object] = field(default_factory=set)
    added: list[Name] = field(default_factory=list)
    changed: set[Name] = field(default_factory=set)
    unchanged: int = 0
    updated: int = 0
    _by_key: defaultdict[str, dict[Name, Entry]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, incoming: Sequence[Entry], digests: Mapping[Name, tuple[bytes, int]]) -> None:
        """Load what is stored of the records and all that could change with them; accept each."""
        if not incoming:
            return
        neighbourhood = Neighbourhood(self.connection)
        neighbourhood.grow(
            incoming, {digests[entry.name][1] for entry in incoming if entry.name in digests}
        )
        self.stored = neighbourhood.entries
        self.crowded = neighbourhood.crowded
        for entry in self.stored.values():
            self._want(entry)
        for entry in incoming:
            self._accept(entry)

    def _accept(self, entry: Entry) -> None:
        """Take one record into the wanted state, or set it aside."""
        known = self.wanted.get(entry.name)
        if known is not None and known.digest == entry.digest:
            self.unchanged += 1
        elif self._is_impostor(entry, known):
            self.rejects.append(_reject(entry.record, self._impostor_sentence(entry)))
        elif known is None:
            self._want(_dated(entry, self.now))
            self.added.append(entry.name)
            self.changed.add(entry.name)
        else:
            self._update(known, entry)

    def _update(self, known: Entry, entry: Entry) -> None:
        combined = make_entry(combine(known.record, entry.record), known.paper_id, known.part)
        if combined.digest == known.digest:
            self.unchanged += 1
            return
        del self._by_key[known.identity.own_key][known.name]
        self._want(combined)
        self.changed.add(entry.name)
        self.updated += 1

    def _want(self, entry: Entry) -> None:
        self.wanted[entry.name] = entry
        self._by_key[entry.identity.own_key][entry.name] = entry

    def _is_impostor(self, entry: Entry, known: Entry | None) -> bool:
        others = self._by_key.get(entry.identity.own_key)
        if not others or (known is not None and _is_newer_version(entry.record, known.record)):
            return False
        return is_contradiction(entry.record, (other.record for other in others.values()))

    def _impostor_sentence(self, entry: Entry) -> str:
        others = self._by_key[entry.identity.own_key].values()
        title = next(iter(others)).record.title
        return (
            f"The record says it is {entry.identity.own_key}, but that is another paper here "
            f"(“{title:.120}”): title, abstract and authors all differ. Correct the id, "
            "then import the record again."
        )

    def settle(self) -> ImportCounts:
        """Write the wanted state; the counts say what became of each record."""
        outcome = reconcile(
            self.connection,
            stored=self.stored,
            wanted=self.wanted,
            changed=self.changed,
            crowded=self.crowded,
            now=self.now,
        )
        new = merged = 0
        fresh = set(outcome.new)
        for name in self.added:
            paper_id = outcome.paper_ids[name]
            if paper_id in fresh:
                fresh.remove(paper_id)
                new += 1
            else:
                merged += 1
        return ImportCounts(new=new, updated=self.updated, unchanged=self.unchanged, merged=merged)


def _is_newer_version(new: PaperRecord, old: PaperRecord) -> bool:
    numbers = [max((v.number for v in r.versions), default=0) for r in (new, old)]
    return numbers[0] > numbers[1] > 0


def _fault(record: PaperRecord) -> str | None:
    """Why a record cannot be stored, or None."""
    arxiv_id, doi = record.arxiv_id or "", record.doi or ""
    if not record.source or not record.record_id:
        return "The record has no name in its source."
    if not record.title.strip():
        return "The record has no title."
    if "\0" in "".join((record.source, record.record_id, arxiv_id, doi, *record.categories)):
        return "The record's ids or categories contain a NUL character."
    if len(arxiv_id) > LONGEST_KEY or len(doi) > LONGEST_KEY:
        return f"The record's arXiv id or DOI is longer than {LONGEST_KEY} characters. Correct it."
    if not _is_count(record.votes) or not _is_count(record.comments):
        return "The record's votes or comments are no counts."
    return None


def _is_count(value: int | None) -> bool:
    return value is None or 0 <= value <= _LARGEST_COUNT


def _reject(record: PaperRecord, reason: str) -> Reject:
    position = f"record {record.record_id}" if record.record_id else "record without a name"
    return Reject(record.source, position, reason, record.title[:_EXCERPT])
