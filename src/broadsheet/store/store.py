"""The one door to the truth: each method is one transaction and speaks `domain` only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text

from broadsheet.domain import (
    ImportCounts,
    Paper,
    PaperRecord,
    Reject,
    RelatedPaper,
    Source,
    SourceCount,
)
from broadsheet.errors import NotFound
from broadsheet.store import listings, parting, rejects, revisions, sources
from broadsheet.store.database import Database, open_database
from broadsheet.store.file_imports import FileImports
from broadsheet.store.harvest_listing import HarvestView
from broadsheet.store.ingest import ingest, remove_source
from broadsheet.store.listings import Order, Signal
from broadsheet.store.lookup import find_number, number_of_title
from broadsheet.store.mail.tables import MailTables
from broadsheet.store.merging import SAMPLE
from broadsheet.store.people.tables import PeopleTables
from broadsheet.store.reading import read_everything, read_papers, read_records
from broadsheet.store.schema import paper


class Store:
    """A library of papers in one database.

    Every method raises StorageError with a sentence when the database cannot be used. A store may
    be used from many threads; many processes may open one database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.people = PeopleTables.of(database)
        self.mail = MailTables.of(database)
        self.harvest = HarvestView(database)
        self.file_imports = FileImports(database)

    @classmethod
    def open(cls, url: str) -> Store:
        """The store at a SQLAlchemy address, made or brought up to date where needed."""
        return cls(open_database(url))

    def close(self) -> None:
        """Close all connections; the store must not be used afterwards."""
        self._database.close()

    def ingest(
        self, records: Sequence[PaperRecord], *, now: datetime
    ) -> tuple[ImportCounts, list[Reject]]:
        """Take records in, all or none of them.

        A reject names the source as its file and the record as its position; the caller, who
        knows file and line, may name them better before keeping it with `add_rejects`.
        """
        with self._database.write() as connection:
            return ingest(connection, records, now)

    def add_rejects(self, found: Sequence[Reject], *, now: datetime) -> None:
        """Keep records that were set aside; the same one again is kept once."""
        if found:
            with self._database.write() as connection:
                rejects.add_rejects(connection, found, now)

    def clear_rejects(self) -> int:
        """Forget all rejects; how many there were."""
        with self._database.write() as connection:
            return rejects.clear_rejects(connection)

    def split(self, paper_id: int, names: Collection[tuple[str, str]], *, now: datetime) -> str:
        """Make some records (source, id) of a paper a paper of their own; its key.

        Raises InputError where they are not some, but not all, of the paper's.
        """
        with self._database.write() as connection:
            return parting.split(connection, paper_id, names, now)

    def rejoin(self, paper_id: int, *, now: datetime) -> str:
        """Undo the split that made a paper; the key of its records' paper. Raises Conflict."""
        with self._database.write() as connection:
            return parting.rejoin(connection, paper_id, now)

    def remove_sample(self) -> int:
        """Take the sample edition away; how many papers went with it.

        Papers that other sources know too stay, without what the sample said of them.
        """
        with self._database.write() as connection:
            return remove_source(connection, SAMPLE)

    def paper(self, key: str) -> Paper:
        """The paper of a key, arXiv id (with or without version), DOI or former key.

        Raises NotFound. The answer's `key` differs from the one asked for when the address of the
        paper is another by now.
        """
        with self._database.read() as connection:
            number = find_number(connection, key)
            found = [] if number is None else read_papers(connection, [number])
        if not found:
            raise NotFound(f"There is no paper “{key:.100}” in this library.")
        return found[0]

    def number_of_title(self, title: str) -> int | None:
        """The number of the only paper whose title has these words; None for none or several."""
        with self._database.read() as connection:
            return number_of_title(connection, title)

    def papers(self, paper_ids: Sequence[int]) -> list[Paper]:
        """The papers of these numbers in the order asked for, missing ones left out."""
        with self._database.read() as connection:
            found = {each.paper_id: each for each in read_papers(connection, set(paper_ids))}
        return [found[paper_id] for paper_id in paper_ids if paper_id in found]

    def related(self, paper_id: int) -> list[RelatedPaper]:
        """Other papers that belong to this one (conference and journal), newest first."""
        with self._database.read() as connection:
            found = read_papers(connection, listings.related_ids(connection, paper_id))
        found.sort(key=lambda each: (each.listed_on, each.key), reverse=True)
        return [RelatedPaper(each.paper_id, each.key, each.title, each.listed_on) for each in found]

    def records(self, paper_id: int) -> list[PaperRecord]:
        """What each source says about a paper, most trusted first."""
        with self._database.read() as connection:
            return read_records(connection, paper_id)

    def select(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        category: str | None = None,
        order: Order = "votes",
        limit: int,
        offset: int = 0,
    ) -> tuple[list[Paper], int]:
        """A page of the papers listed from start to end (both included), and how many there are.

        `category` is one of arXiv's (`cs.LG`) or a whole archive (`cs`). By votes means votes,
        then comments, then the later submission; by date the later listing day.
        """
        with self._database.read() as connection:
            paper_ids, total = listings.select_ids(
                connection,
                start=start,
                end=end,
                category=category,
                order=order,
                limit=limit,
                offset=offset,
            )
            found = {each.paper_id: each for each in read_papers(connection, paper_ids)}
        return [found[paper_id] for paper_id in paper_ids], total

    def signals(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        category: str | None = None,
        limit: int | None = None,
    ) -> list[Signal]:
        """Number, votes, comments and day of the papers of a period.

        With a limit, those with the largest votes + 2 · comments, strongest first; without, all,
        in no order.
        """
        with self._database.read() as connection:
            return listings.signals(
                connection, start=start, end=end, category=category, limit=limit
            )

    def title_search(self, words: str, limit: int, offset: int = 0) -> tuple[list[Paper], int]:
        """Papers whose titles hold all the words or words that begin with them, newest first.

        A slow stand-in for the search index: it reads every title.
        """
        with self._database.read() as connection:
            paper_ids, total = listings.title_ids(connection, words, limit=limit, offset=offset)
            found = {each.paper_id: each for each in read_papers(connection, paper_ids)}
        return [found[paper_id] for paper_id in paper_ids], total

    def newest_day(self) -> date | None:
        """The newest day that has papers; None for an empty library."""
        with self._database.read() as connection:
            return listings.newest_day(connection)

    def neighbour_days(self, start: date, end: date) -> tuple[date | None, date | None]:
        """The nearest days with papers before start and after end."""
        with self._database.read() as connection:
            return listings.neighbour_days(connection, start, end)

    def categories(
        self, start: date | None = None, end: date | None = None, limit: int = 30
    ) -> list[tuple[str, int]]:
        """The categories with the most papers of a period, with their numbers of papers."""
        with self._database.read() as connection:
            return listings.category_counts(connection, start, end, limit)

    def keys_between(self, first: int, last: int) -> list[str]:
        """The keys of the papers with numbers from first to last, ascending."""
        with self._database.read() as connection:
            return listings.keys_between(connection, first, last)

    def newest_number(self) -> int:
        """The largest number that a paper has; 0 for an empty library."""
        with self._database.read() as connection:
            return listings.newest_number(connection)

    def count(self) -> int:
        """The number of papers."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(paper)) or 0

    def integrity_problem(self) -> str | None:
        """What SQLite finds wrong with its file, in a sentence; None when all is well.

        PostgreSQL looks after itself: for it this only asks whether it answers.
        """
        with self._database.read() as connection:
            if connection.dialect.name != "sqlite":
                connection.execute(text("SELECT 1"))
                return None
            found = connection.scalar(text("PRAGMA quick_check(1)"))
        return None if found == "ok" else f"The database file is damaged: {found}."

    def source_counts(self) -> list[SourceCount]:
        """What each source has contributed, by name of source."""
        with self._database.read() as connection:
            return sources.source_counts(connection)

    def rejects(self, limit: int = 100, offset: int = 0) -> tuple[list[Reject], int]:
        """A page of the records set aside, in the order they came, and how many there are."""
        with self._database.read() as connection:
            return rejects.list_rejects(connection, limit, offset)

    def revision(self) -> int:
        """The number of the last change that the search index must see; it only ever grows."""
        with self._database.read() as connection:
            return revisions.newest_revision(connection)

    def changes(self, after: int, limit: int) -> list[Paper]:
        """The papers changed after a revision, in the order of their changes."""
        with self._database.read() as connection:
            return revisions.changed_papers(connection, after, limit)

    def removals(self, after: int) -> list[tuple[int, int]]:
        """Number and revision of the papers merged away or removed after a revision."""
        with self._database.read() as connection:
            return revisions.removed_papers(connection, after)

    def pending(self, after: int) -> int:
        """How many papers were changed or removed after a revision."""
        with self._database.read() as connection:
            return revisions.pending_changes(connection, after)

    def every_paper(self) -> Iterator[tuple[Paper, list[PaperRecord]]]:
        """Every paper with its records, by number, as they all were at one moment.

        Memory stays constant; the moment is held until the iterator is used up or closed.
        """
        with self._database.read() as connection:
            yield from read_everything(connection)

    def sources(self) -> list[Source]:
        """All live sources by name."""
        with self._database.read() as connection:
            return sources.list_sources(connection)

    def source(self, name: str) -> Source:
        """One live source; raises NotFound."""
        with self._database.read() as connection:
            return sources.find_source(connection, name)

    def add_source(
        self,
        name: str,
        kind: str,
        options: Mapping[str, str],
        *,
        due_at: datetime,
        is_paused: bool = False,
    ) -> None:
        """Add a live source; raises ConfigurationError when the name is taken."""
        with self._database.write() as connection:
            sources.add_source(connection, name, kind, options, due_at=due_at, is_paused=is_paused)

    def remove_live_source(self, name: str) -> None:
        """Forget a live source; what it brought stays. Raises NotFound."""
        with self._database.write() as connection:
            sources.remove_source_row(connection, name)

    def pause_source(self, name: str, *, is_paused: bool, due_at: datetime) -> None:
        """Pause a live source, or resume it to be due at `due_at`. Raises NotFound."""
        with self._database.write() as connection:
            sources.pause_source(connection, name, is_paused=is_paused, due_at=due_at)

    def next_due_source(self, now: datetime, without: Collection[str] = ()) -> Source | None:
        """The live source that is due for longest and that no worker harvests."""
        with self._database.read() as connection:
            return sources.next_due(connection, now, without)

    def release_source(self, name: str, claim: str) -> None:
        """Let a live source go without an outcome, so that it can be taken at once."""
        with self._database.write() as connection:
            sources.release(connection, name, claim)

    def claim_source(
        self,
        name: str,
        claim: str,
        *,
        now: datetime,
        until: datetime,
        instead_of: str | None = None,
        only_if_due: bool = False,
    ) -> bool:
        """Take a live source for one harvest; False when another worker has it.

        `instead_of` is the claim of a worker known to be dead.
        """
        with self._database.write() as connection:
            return sources.claim(
                connection,
                name,
                claim,
                now=now,
                until=until,
                instead_of=instead_of,
                only_if_due=only_if_due,
            )

    def ingest_batch(
        self,
        records: Sequence[PaperRecord],
        found: Sequence[Reject],
        *,
        source: str,
        claim: str,
        cursor: Mapping[str, Any],
        now: datetime,
        until: datetime,
    ) -> ImportCounts:
        """Take in one batch of a harvest and move its source's cursor, both or neither.

        Raises StorageError when the claim was lost.
        """
        with self._database.write() as connection:
            sources.move(connection, source, claim, cursor, until)
            counts, refused = ingest(connection, records, now)
            rejects.add_rejects(connection, [*found, *refused], now)
            if counts.new or counts.updated or counts.merged:
                sources.note_news(connection, source, now)
        return counts + ImportCounts(rejected=len(found))

    def finish_source(self, name: str, claim: str, **outcome: Any) -> None:
        """Write the outcome of a harvest, see `sources.finish`, and let the source go."""
        with self._database.write() as connection:
            sources.finish(connection, name, claim, **outcome)

    def papers_without(
        self,
        record_source: str,
        *,
        since: date,
        seen_before: datetime,
        below: int | None,
        limit: int,
    ) -> list[Paper]:
        """Papers listed since a day of which a source has said nothing since an instant.

        The youngest numbers come first, only those below one if given.
        """
        with self._database.read() as connection:
            paper_ids = listings.ids_without(
                connection,
                record_source,
                since=since,
                seen_before=seen_before,
                below=below,
                limit=limit,
            )
            found = {each.paper_id: each for each in read_papers(connection, paper_ids)}
        return [found[paper_id] for paper_id in paper_ids]
