"""Rows of one-time links, found by the digest of their secret; each is used at most once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, and_, delete, insert, select, update

from broadsheet.people import LinkPurpose, OneTimeLink
from broadsheet.store.database import Database
from broadsheet.store.people_schema import one_time_link as link


class LinkTable:
    """The one-time links of a library; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, digest: bytes, made: OneTimeLink) -> None:
        """Keep a link; those that have expired are forgotten on the way."""
        with self._database.write() as connection:
            connection.execute(delete(link).where(link.c.expires_at <= made.created_at))
            connection.execute(
                insert(link).values(
                    digest=digest,
                    purpose=made.purpose.value,
                    account_id=made.account_id,
                    email=made.email,
                    detail=orjson.dumps(made.detail).decode(),
                    created_at=made.created_at,
                    expires_at=made.expires_at,
                )
            )

    def find(self, digest: bytes, now: datetime) -> OneTimeLink | None:
        """The link of a secret, if it can still be used."""
        with self._database.read() as connection:
            row = connection.execute(select(link).where(_is_usable(digest, now))).first()
        return None if row is None else _read(row)

    def use(self, digest: bytes, now: datetime) -> OneTimeLink | None:
        """Use a link up, for one caller only; its siblings (same account, same purpose) end too."""
        used = update(link).where(_is_usable(digest, now)).values(used_at=now).returning(link)
        with self._database.write() as connection:
            row = connection.execute(used).first()
            if row is None:
                return None
            if row.account_id is not None:
                connection.execute(
                    delete(link).where(
                        link.c.account_id == row.account_id,
                        link.c.purpose == row.purpose,
                        link.c.used_at.is_(None),
                    )
                )
            return _read(row)

    def end_all(self, account_id: int) -> None:
        """End every unused link of an account."""
        with self._database.write() as connection:
            connection.execute(
                delete(link).where(link.c.account_id == account_id, link.c.used_at.is_(None))
            )


def _is_usable(digest: bytes, now: datetime) -> Any:
    return and_(link.c.digest == digest, link.c.used_at.is_(None), link.c.expires_at > now)


def _read(row: Row[Any]) -> OneTimeLink:
    return OneTimeLink(
        LinkPurpose(row.purpose),
        row.account_id,
        row.email,
        orjson.loads(row.detail),
        row.created_at,
        row.expires_at,
    )
