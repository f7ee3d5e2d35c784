"""Rows of collections and of the papers in them, with order and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from broadsheet.doings import Collection, CollectionPaper, FeedKind
from broadsheet.errors import NotFound
from broadsheet.store.database import Database
from broadsheet.store.loading import in_chunks
from broadsheet.store.people_schema import account, collection, collection_paper
from broadsheet.store.schema import paper
from broadsheet.store.webhook_schema import private_feed

_PAPERS = (
    select(func.count())
    .select_from(collection_paper)
    .where(collection_paper.c.collection_id == collection.c.collection_id)
    .correlate(collection)
    .scalar_subquery()
    .label("papers")
)


class CollectionTable:
    """The collections of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        account_id: int,
        *,
        name: str,
        slug: str,
        description: str,
        is_public: bool,
        now: datetime,
    ) -> Collection | None:
        """A new, empty collection; None when the account has one of this slug."""
        row = {
            "account_id": account_id,
            "name": name,
            "slug": slug,
            "description": description,
            "is_public": is_public,
            "created_at": now,
            "changed_at": now,
        }
        try:
            with self._database.write() as connection:
                made = insert(collection).values(row).returning(collection.c.collection_id)
                return _find(connection, collection.c.collection_id == connection.scalar(made))
        except IntegrityError:
            return None

    def find(self, owner: str, slug: str) -> Collection:
        """The collection of a person's handle and its slug. Raises NotFound."""
        with self._database.read() as connection:
            wanted = select(account.c.account_id).where(account.c.name == owner)
            is_it = and_(
                collection.c.account_id == wanted.scalar_subquery(), collection.c.slug == slug
            )
            return _find(connection, is_it)

    def by_id(self, collection_id: int) -> Collection:
        """The collection of a number. Raises NotFound."""
        with self._database.read() as connection:
            return _find(connection, collection.c.collection_id == collection_id)

    def by_share(self, digest: bytes) -> Collection:
        """The collection that a secret link leads to. Raises NotFound."""
        with self._database.read() as connection:
            return _find(connection, collection.c.share_digest == digest)

    def of_account(self, account_id: int, *, with_private: bool) -> list[Collection]:
        """The collections of an account, last changed first."""
        wanted = _whole().where(collection.c.account_id == account_id)
        if not with_private:
            wanted = wanted.where(collection.c.is_public.is_(True))
        return self._read(wanted.order_by(collection.c.changed_at.desc(), collection.c.name))

    def public(self, limit: int, offset: int = 0) -> list[Collection]:
        """Public collections that hold papers, last changed first."""
        holds = select(collection_paper.c.paper_id).where(
            collection_paper.c.collection_id == collection.c.collection_id
        )
        wanted = _whole().where(collection.c.is_public.is_(True), holds.exists())
        order = collection.c.changed_at.desc(), collection.c.collection_id
        return self._read(wanted.order_by(*order).limit(limit).offset(offset))

    def holding(self, paper_id: int, *, account_id: int | None) -> list[Collection]:
        """Public collections with a paper, or those of one account."""
        is_in = and_(
            collection_paper.c.collection_id == collection.c.collection_id,
            collection_paper.c.paper_id == paper_id,
        )
        whose = (
            collection.c.is_public.is_(True)
            if account_id is None
            else collection.c.account_id == account_id
        )
        wanted = _whole().join(collection_paper, is_in).where(whose)
        return self._read(wanted.order_by(collection.c.changed_at.desc()).limit(50))

    def change(self, collection_id: int, **values: Any) -> Collection | None:
        """Change columns of a collection; None when its account has another of the new slug."""
        is_it = collection.c.collection_id == collection_id
        try:
            with self._database.write() as connection:
                connection.execute(update(collection).where(is_it).values(values))
                return _find(connection, is_it)
        except IntegrityError:
            return None

    def delete(self, collection_id: int) -> None:
        """Delete a collection; its papers stay in the library."""
        with self._database.write() as connection:
            for table in (collection_paper, collection):
                connection.execute(delete(table).where(table.c.collection_id == collection_id))
            feeds = private_feed.c
            is_its = and_(
                feeds.kind == FeedKind.COLLECTION.value, feeds.subject == str(collection_id)
            )
            connection.execute(delete(private_feed).where(is_its))

    def papers(self, collection_id: int) -> list[CollectionPaper]:
        """The papers of a collection in its order."""
        columns = collection_paper.c
        wanted = (
            select(columns.paper_id, columns.position, columns.note, columns.added_at)
            .where(columns.collection_id == collection_id)
            .order_by(columns.position, columns.paper_id)
        )
        with self._database.read() as connection:
            return [CollectionPaper(*row) for row in connection.execute(wanted)]

    def papers_of_account(self, account_id: int) -> list[int]:
        """The numbers of the papers in any collection of an account."""
        wanted = (
            select(collection_paper.c.paper_id)
            .join(collection, collection.c.collection_id == collection_paper.c.collection_id)
            .where(collection.c.account_id == account_id)
            .distinct()
        )
        with self._database.read() as connection:
            return list(connection.scalars(wanted))

    def add(
        self, collection_id: int, papers: Mapping[int, str], *, most: int, now: datetime
    ) -> int | None:
        """Put papers (number to note) at the end; how many are new there.

        Papers that are there already stay as they are. None, and nothing is done, where there
        would be more than `most`.
        """
        columns = collection_paper.c
        of_it = columns.collection_id == collection_id
        with self._database.write() as connection:
            there = set(connection.scalars(select(columns.paper_id).where(of_it)))
            last = connection.scalar(select(func.max(columns.position)).where(of_it)) or 0
            fresh = [number for number in _known(connection, papers) if number not in there]
            if len(there) + len(fresh) > most:
                return None
            rows = [
                {
                    "collection_id": collection_id,
                    "paper_id": number,
                    "position": last + place,
                    "note": papers[number],
                    "added_at": now,
                }
                for place, number in enumerate(fresh, 1)
            ]
            if rows:
                connection.execute(insert(collection_paper), rows)
                _touch(connection, collection_id, now)
        return len(fresh)

    def remove(self, collection_id: int, paper_id: int, now: datetime) -> bool:
        """Take a paper out; whether it was there."""
        with self._database.write() as connection:
            gone = connection.execute(
                delete(collection_paper).where(_place(collection_id, paper_id))
            )
            _touch(connection, collection_id, now)
            return gone.rowcount > 0

    def note(self, collection_id: int, paper_id: int, text: str, now: datetime) -> bool:
        """Write the note of a paper; whether the paper is there."""
        with self._database.write() as connection:
            changed = connection.execute(
                update(collection_paper).where(_place(collection_id, paper_id)).values(note=text)
            )
            _touch(connection, collection_id, now)
            return changed.rowcount > 0

    def arrange(self, collection_id: int, paper_ids: Iterable[int], now: datetime) -> None:
        """Bring the papers into this order; those not named follow in the order they had."""
        columns = collection_paper.c
        with self._database.write() as connection:
            held = select(columns.paper_id).where(columns.collection_id == collection_id)
            present = list(connection.scalars(held.order_by(columns.position)))
            wanted = [number for number in dict.fromkeys(paper_ids) if number in set(present)]
            order = dict.fromkeys((*wanted, *present))
            for position, number in enumerate(order, 1):
                connection.execute(
                    update(collection_paper)
                    .where(_place(collection_id, number))
                    .values(position=position)
                )
            _touch(connection, collection_id, now)

    def _read(self, wanted: Select[Any]) -> list[Collection]:
        with self._database.read() as connection:
            return [_collection(row) for row in connection.execute(wanted)]


def _whole() -> Select[Any]:
    return select(collection, _PAPERS)


def _find(connection: Connection, condition: Any) -> Collection:
    row = connection.execute(_whole().where(condition)).first()
    if row is None:
        raise NotFound("There is no such collection, or it is private.")
    return _collection(row)


def _collection(row: Row[Any]) -> Collection:
    return Collection(
        collection_id=row.collection_id,
        account_id=row.account_id,
        name=row.name,
        slug=row.slug,
        description=row.description,
        is_public=row.is_public,
        share_token=row.share_token,
        papers=row.papers,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _place(collection_id: int, paper_id: int) -> Any:
    return and_(
        collection_paper.c.collection_id == collection_id, collection_paper.c.paper_id == paper_id
    )


def _touch(connection: Connection, collection_id: int, now: datetime) -> None:
    connection.execute(
        update(collection).where(collection.c.collection_id == collection_id).values(changed_at=now)
    )


def _known(connection: Connection, papers: Iterable[int]) -> list[int]:
    """Those of the numbers that are papers, in their order."""
    wanted = list(dict.fromkeys(papers))
    found: set[int] = set()
    for chunk in in_chunks(wanted):
        rows = connection.scalars(select(paper.c.paper_id).where(paper.c.paper_id.in_(chunk)))
        found.update(rows)
    return [number for number in wanted if number in found]
