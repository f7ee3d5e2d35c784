"""What subscriptions to collections and saved searches stand on, asked for many readers at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Several
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from broadsheet.doings import CollectionPaper, FollowKind
from broadsheet.store.database import Database
from broadsheet.store.loading import in_chunks
from broadsheet.store.people_schema import account, collection, collection_paper, follow


@dataclass(frozen=True, slots=True)
class FollowedCollection:
    """A collection as it is now: whose, under which address and name, and who may read it."""

    collection_id: int
    account_id: int
    owner: str
    slug: str
    name: str
    is_public: bool
    share_token: str | None
    created_at: datetime


class FollowedLists:
    """Collections and saved searches that readers get by mail; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collections(self, numbers: Several[int]) -> dict[int, FollowedCollection]:
        """Those of the collections that are there, by number."""
        columns = collection.c
        wanted = select(
            columns.collection_id, columns.account_id, account.c.name, columns.slug, columns.name,
            columns.is_public, columns.share_token, columns.created_at,
        ).join(account, account.c.account_id == columns.account_id)  # fmt: skip
        found: dict[int, FollowedCollection] = {}
        with self._database.read() as connection:
            for chunk in in_chunks(numbers):
                for row in connection.execute(wanted.where(columns.collection_id.in_(chunk))):
                    found[row[0]] = FollowedCollection(*row)
        return found

    def saved_searches(self, account_ids: Several[int]) -> dict[int, set[str]]:
        """The queries that each of these accounts has saved."""
        found: dict[int, set[str]] = defaultdict(set)
        with self._database.read() as connection:
            for chunk in in_chunks(account_ids):
                wanted = select(follow.c.account_id, follow.c.subject).where(
                    follow.c.account_id.in_(chunk), follow.c.kind == FollowKind.SEARCH.value
                )
                for account_id, query in connection.execute(wanted):
                    found[account_id].add(query)
        return found

    def additions(
        self, collection_id: int, *, since: datetime, until: datetime, limit: int
    ) -> list[CollectionPaper]:
        """The last papers added to a collection after `since`, in the collection's order."""
        columns = collection_paper.c
        wanted = (
            select(columns.paper_id, columns.position, columns.note, columns.added_at)
            .where(
                columns.collection_id == collection_id,
                columns.added_at > since,
                columns.added_at <= until,
            )
            .order_by(columns.added_at.desc(), columns.position.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            found = [CollectionPaper(*row) for row in connection.execute(wanted)]
        return sorted(found, key=lambda each: (each.position, each.paper_id))
