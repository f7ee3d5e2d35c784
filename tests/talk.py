"""A small community in one database, with a paper to talk about and a clock that can be moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from broadsheet.domain import Paper, PaperRecord
from broadsheet.people import Account, Role
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.schema import metadata
from people_factories import person

START = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
KEY = "2608.40001"


@dataclass
class Clock:
    """Tells the time that a test wants."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass(frozen=True)
class Talk:
    """Services with people of every kind, and the time."""

    services: Services
    clock: Clock
    alice: Account
    bob: Account
    eve: Account
    mora: Account

    @property
    def paper(self) -> Paper:
        return self.services.store.paper(KEY)

    def says(self, who: Account, body: str, to: int | None = None) -> int:
        """The number of a new comment; a minute passes after it."""
        comments = self.services.community.comments
        written, is_new = comments.write(who, self.paper, body, parent_id=to)
        assert is_new
        self.clock.pass_(minutes=1, seconds=1)
        return written.comment_id

    def count(self) -> tuple[int, int]:
        """People's comments and all comments of the paper, by its counters."""
        return self.paper.people_comments, self.paper.comments


def paper_record(number: int = 1, *, comments: int = 3) -> PaperRecord:
    """A record that a source gives with comments of its own."""
    return PaperRecord(
        source="hf_daily",
        record_id=f"2608.4000{number}",
        title=f"Tides in a Bathtub of $\\pi$ Litres, Part {number}",
        abstract=f"We fill bathtub {number} and wait for the moon.",
        authors=("Ada Waters",),
        arxiv_id=f"2608.4000{number}",
        categories=("physics.flu-dyn", "physics.pop-ph"),
        listed_on=date(2026, 8, 21),
        comments=comments,
        votes=5,
    )


def open_services_at(folder: Path, url: str = "") -> tuple[Services, Clock]:
    """Services on the database of an address, or on a file, and the clock they go by."""
    clock = Clock()
    return open_services(Settings(data=folder, database_url=url), clock), clock


def begin(services: Services, clock: Clock) -> Talk:
    """A community that has just been founded: whatever was in the database is gone."""
    clock.now = START
    with services.store._database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    services.store.ingest([paper_record()], now=clock())
    return Talk(
        services,
        clock,
        alice=person(services, "alice", Role.OWNER),
        bob=person(services, "bob"),
        eve=person(services, "eve"),
        mora=person(services, "mora", Role.MODERATOR),
    )
