"""What people did on a paper stays theirs, and is counted once, when two papers turn out to be one."""

from __future__ import annotations

from typing import Any

from invented import MILLS, MILLS_JOURNAL, NOW, arxiv, listing, published
from sqlalchemy import insert, select, update

from broadsheet.store import Store
from broadsheet.store.people_schema import comment, mark, pick, vote
from broadsheet.store.schema import paper, paper_category


def vote_of(account_id: int, paper_id: int, *, is_counted: bool = True) -> Any:
    return insert(vote).values(
        account_id=account_id, paper_id=paper_id, voted_at=NOW, is_counted=is_counted
    )


def run(store: Store, *statements: Any) -> None:
    with store._database.write() as connection:
        for statement in statements:
            connection.execute(statement)


def rows(store: Store, statement: Any) -> list[tuple[Any, ...]]:
    with store._database.read() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def counted(number: int, *, votes: int, counted: int, comments: int) -> Any:
    values = {"people_votes": votes, "counted_votes": counted, "people_comments": comments}
    return update(paper).where(paper.c.paper_id == number).values(values)


def comment_on(number: int) -> Any:
    return insert(comment).values(
        paper_id=number, account_id=1, body="Salt.", votes=0, created_at=NOW
    )


def two_papers(store: Store) -> tuple[int, int]:
    """A listed paper and an arXiv paper of another abstract, which a common record will join."""
    store.ingest([arxiv(), published(abstract=MILLS_JOURNAL, title="Mills in Full")], now=NOW)
    return store.paper("2603.00001").paper_id, store.paper("10.5555/mills.1").paper_id


def join(store: Store) -> None:
    both = arxiv(source="hf_daily", doi="10.5555/mills.1", abstract=MILLS, votes=10)
    store.ingest([published(), both], now=NOW)


def test_votes_count_once_on_the_paper_that_stays(store: Store) -> None:
    one, two = two_papers(store)
    run(
        store,
        vote_of(1, one), vote_of(1, two), vote_of(2, two), vote_of(3, two, is_counted=False),
        counted(one, votes=1, counted=1, comments=0),
        counted(two, votes=3, counted=2, comments=0),
    )  # fmt: skip
    join(store)
    merged = store.paper("10.5555/mills.1")
    assert merged.key == "2603.00001"
    assert (merged.people_votes, merged.counted_votes) == (3, 2)
    assert merged.votes == 13
    assert rows(store, select(vote.c.account_id, vote.c.paper_id)) == [
        (1, merged.paper_id), (2, merged.paper_id), (3, merged.paper_id),
    ]  # fmt: skip


def test_lists_are_ordered_by_counted_votes(store: Store) -> None:
    _, two = two_papers(store)
    run(store, vote_of(1, two), vote_of(2, two, is_counted=False))
    join(store)
    number = store.paper("2603.00001").paper_id
    for table in (paper, paper_category):
        found = rows(
            store, select(table.c.votes, table.c.strength).where(table.c.paper_id == number)
        )
        assert set(found) == {(11, 11)}


def test_comments_marks_and_picks_move(store: Store) -> None:
    one, two = two_papers(store)
    run(
        store,
        comment_on(one), comment_on(two),
        insert(mark).values(account_id=1, paper_id=one, saved_at=NOW, note="near"),
        insert(mark).values(account_id=1, paper_id=two, read_at=NOW, note="far"),
        insert(pick).values(
            paper_id=two,
            picked_on=NOW.date(),
            position=1,
            account_id=1,
            note="Read it.",
            picked_at=NOW,
        ),
    )  # fmt: skip
    join(store)
    merged = store.paper("2603.00001")
    assert merged.people_comments == 2
    assert rows(store, select(mark.c.paper_id, mark.c.saved_at, mark.c.read_at)) == [
        (merged.paper_id, NOW, NOW)
    ]
    [(note,)] = rows(store, select(mark.c.note))
    assert sorted(note.split("\n\n")) == ["far", "near"]
    assert rows(store, select(pick.c.paper_id)) == [(merged.paper_id,)]


def test_votes_outlive_a_new_version(store: Store) -> None:
    one, _ = two_papers(store)
    run(store, vote_of(1, one), counted(one, votes=1, counted=1, comments=0))
    store.ingest([arxiv(abstract=MILLS.replace("nine", "twelve"))], now=NOW)
    found = store.paper("2603.00001")
    assert "twelve" in found.abstract
    assert (found.people_votes, found.votes) == (1, 1)


def test_doings_on_a_paper_that_goes_for_good_are_forgotten(store: Store) -> None:
    store.ingest([listing(source="sample")], now=NOW)
    [(only, _)] = store.every_paper()
    run(store, vote_of(1, only.paper_id), comment_on(only.paper_id))
    store.remove_sample()
    assert rows(store, select(vote)) == []
    assert rows(store, select(comment)) == []
