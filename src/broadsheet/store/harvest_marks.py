"""Notes when a paper's description last changed or its key went out of use, for harvesters.

One row a key, for ever: a key that no paper has any more stays as a deletion. `paper.revision`
will not do, because it moves only with what the search index holds. Reading is `harvest_listing`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, insert, update

from broadsheet.domain import Paper
from broadsheet.store.loading import in_chunks
from broadsheet.store.schema import harvest
from broadsheet.store.writing import Change, category_labels

LABEL_END = "\n"
"""Stands before, between and after labels; no label holds a line break."""


def note_changes(
    connection: Connection, changes: Sequence[Change], gone: Iterable[str], at: datetime
) -> None:
    """Mark the papers whose description changed, and the keys that no paper has any more.

    `at` must be later than in every transaction before: harvesters walk by it.
    """
    changed = [change.after for change in changes if _is_described_anew(change)]
    taken = {change.after.key for change in changes}
    lost = {
        *(c.before.key for c in changes if c.before is not None and c.before.key != c.after.key),
        *gone,
    } - taken
    for keys in in_chunks(sorted(lost)):
        connection.execute(
            update(harvest).where(harvest.c.key.in_(keys)).values(paper_id=None, changed_at=at)
        )
    for papers in in_chunks(changed):
        connection.execute(delete(harvest).where(harvest.c.key.in_([each.key for each in papers])))
        connection.execute(insert(harvest), [_row(each, at) for each in papers])


def _is_described_anew(change: Change) -> bool:
    return change.before is None or _description(change.before) != _description(change.after)


def _description(paper: Paper) -> Paper:
    """The paper without what moves from hour to hour and is no description: counts of doings."""
    return replace(
        paper, revision=0, votes=0, comments=0, people_votes=0, counted_votes=0, people_comments=0
    )


def _row(paper: Paper, at: datetime) -> dict[str, object]:
    text = label_text(category_labels(paper.categories))
    return {"key": paper.key, "paper_id": paper.paper_id, "changed_at": at, "labels": text}


def label_text(labels: Iterable[str]) -> str:
    """Labels as one text, so that each can be found between two ends."""
    joined = LABEL_END.join(labels)
    return f"{LABEL_END}{joined}{LABEL_END}" if joined else ""
