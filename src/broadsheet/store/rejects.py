"""Records set aside, each once for its file, position and reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import Connection, delete, func, insert, select

from broadsheet.domain import Reject
from broadsheet.store.loading import in_chunks
from broadsheet.store.schema import reject


def add_rejects(connection: Connection, rejects: Sequence[Reject], now: datetime) -> None:
    """Keep the rejects that are not kept yet."""
    fresh = {_digest(found): found for found in rejects}
    for chunk in in_chunks(list(fresh)):
        known = select(reject.c.digest).where(reject.c.digest.in_(chunk))
        for digest in connection.scalars(known):
            del fresh[digest]
    if fresh:
        connection.execute(
            insert(reject), [_row(digest, found, now) for digest, found in fresh.items()]
        )


def _digest(found: Reject) -> str:
    text = f"{found.file}\n{found.position}\n{found.reason}"
    return blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


def _row(digest: str, found: Reject, now: datetime) -> dict[str, object]:
    return {
        "digest": digest,
        "file": _storable(found.file),
        "position": _storable(found.position),
        "reason": _storable(found.reason),
        "excerpt": _storable(found.excerpt),
        "rejected_at": found.rejected_at or now,
    }


def _storable(text: str) -> str:
    """Text that both databases take: no NUL, no halves of surrogate pairs."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def list_rejects(connection: Connection, limit: int, offset: int) -> tuple[list[Reject], int]:
    """One page of rejects in the order they came, and how many there are."""
    total = connection.scalar(select(func.count()).select_from(reject)) or 0
    page = select(reject).order_by(reject.c.reject_id).limit(limit).offset(offset)
    rows = connection.execute(page)
    return [
        Reject(row.file, row.position, row.reason, row.excerpt, row.rejected_at) for row in rows
    ], total


def clear_rejects(connection: Connection) -> int:
    """Forget all rejects; how many there were."""
    return connection.execute(delete(reject)).rowcount
