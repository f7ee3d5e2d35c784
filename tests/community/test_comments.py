"""The rules of comments, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import event

from broadsheet.community.comments import LONGEST_BODY, Comments
from broadsheet.doings import SignedComment
from broadsheet.errors import (
    Conflict,
    InputError,
    NotFound,
    PermissionDenied,
    TooManyRequests,
)
from broadsheet.store.people_schema import comment
from people_factories import person
from talk import KEY, Talk, paper_record


def rules(talk: Talk) -> Comments:
    return talk.services.community.comments


def shown(talk: Talk, viewer: object = None) -> list[tuple[int, str]]:
    thread = rules(talk).thread(talk.paper.paper_id, viewer)  # type: ignore[arg-type]
    return [(placed.depth, placed.comment.body) for placed in thread.placed]


def news(talk: Talk, who: object) -> list[tuple[str, str]]:
    found = talk.services.community.notifications.of(who)  # type: ignore[arg-type]
    return [(each.kind, each.path) for each in found]


def signed(talk: Talk, number: int) -> SignedComment:
    return rules(talk).find(number, None)


def test_a_comment_joins_the_count_of_its_paper(talk: Talk) -> None:
    assert talk.count() == (0, 3)
    talk.says(talk.bob, "Warm or cold water?")
    assert talk.count() == (1, 4)
    assert talk.services.store.people.counters.check() == []


def test_an_answer_stands_below_what_it_answers(talk: Talk) -> None:
    first = talk.says(talk.bob, "First")
    talk.says(talk.eve, "Second")
    talk.says(talk.alice, "Answer", to=first)
    assert shown(talk) == [(0, "First"), (1, "Answer"), (0, "Second")]


def test_the_same_words_sent_twice_are_one_comment(talk: Talk) -> None:
    one, is_new = rules(talk).write(talk.bob, talk.paper, "Twice")
    again, is_new_again = rules(talk).write(talk.bob, talk.paper, "Twice\r\n")
    assert (is_new, is_new_again) == (True, False)
    assert one.comment_id == again.comment_id
    assert talk.count() == (1, 4)


def test_the_same_words_a_while_later_are_another_comment(talk: Talk) -> None:
    talk.says(talk.bob, "Bump")
    talk.says(talk.bob, "Bump")
    assert talk.count() == (2, 5)


def test_comments_sent_at_the_same_time_are_all_counted(talk: Talk) -> None:
    people = [person(talk.services, f"reader{number}") for number in range(12)]
    paper = talk.paper
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda who: rules(talk).write(who, paper, f"I am {who.name}."), people))
        list(pool.map(lambda _: rules(talk).write(talk.bob, paper, "Only once"), range(5)))
    assert talk.count() == (13, 16)
    assert talk.services.store.people.counters.check() == []


@pytest.mark.parametrize("body", ["", "  \n\t ", "\u0000\u0007", "x" * (LONGEST_BODY + 1)])
def test_an_empty_or_oversized_comment_is_refused(talk: Talk, body: str) -> None:
    with pytest.raises(InputError) as refused:
        rules(talk).write(talk.bob, talk.paper, body)
    assert refused.value.field == "body"
    assert talk.count() == (0, 3)


def test_an_answer_to_a_comment_elsewhere_is_refused(talk: Talk) -> None:
    talk.services.store.ingest([paper_record(2)], now=talk.clock())
    other = talk.services.store.paper("2608.40002")
    number = talk.says(talk.bob, "Here")
    with pytest.raises(InputError):
        rules(talk).write(talk.eve, other, "There", parent_id=number)
    with pytest.raises(NotFound):
        rules(talk).write(talk.eve, other, "There", parent_id=2_000_000)
    assert other.people_comments == 0


def test_an_answer_to_a_removed_comment_is_refused(talk: Talk) -> None:
    number = talk.says(talk.bob, "Here")
    rules(talk).delete(talk.bob, number)
    with pytest.raises(Conflict):
        rules(talk).write(talk.eve, talk.paper, "There", parent_id=number)


def test_a_suspended_account_cannot_comment(talk: Talk) -> None:
    people = talk.services.store.people.accounts
    bob = people.change(talk.bob.account_id, suspended_at=talk.clock())
    assert bob is not None
    with pytest.raises(PermissionDenied):
        rules(talk).write(bob, talk.paper, "Still here")


def test_somebody_who_writes_too_often_has_to_wait(talk: Talk) -> None:
    for number in range(6):
        rules(talk).write(talk.bob, talk.paper, f"No. {number}")
    with pytest.raises(TooManyRequests):
        rules(talk).write(talk.bob, talk.paper, "No. 6")
    talk.clock.pass_(minutes=1)
    rules(talk).write(talk.bob, talk.paper, "No. 6")


def test_a_new_account_writes_less_often(talk: Talk) -> None:
    nina = person(talk.services, "nina", old=False)
    for number in range(3):
        rules(talk).write(nina, talk.paper, f"No. {number}")
    with pytest.raises(TooManyRequests):
        rules(talk).write(nina, talk.paper, "No. 3")


def test_an_edit_keeps_what_was_said_before(talk: Talk) -> None:
    number = talk.says(talk.bob, "Fisrt")
    rules(talk).edit(talk.bob, talk.paper, number, "First")
    rules(talk).edit(talk.bob, talk.paper, number, "First!")
    rules(talk).edit(talk.bob, talk.paper, number, "First!")
    assert shown(talk) == [(0, "First!")]
    assert [each.body for each in rules(talk).history(number, None)] == ["First", "Fisrt"]
    assert signed(talk, number).comment.edited_at == talk.clock()


def test_nobody_edits_or_deletes_the_comment_of_another(talk: Talk) -> None:
    number = talk.says(talk.bob, "Mine")
    for act in (
        lambda: rules(talk).edit(talk.eve, talk.paper, number, "Yours"),
        lambda: rules(talk).delete(talk.eve, number),
        lambda: rules(talk).restore(talk.eve, number),
        lambda: rules(talk).delete(talk.mora, number),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert shown(talk) == [(0, "Mine")]


def test_a_deleted_comment_without_answers_is_gone(talk: Talk) -> None:
    number = talk.says(talk.bob, "Oops")
    rules(talk).delete(talk.bob, number)
    assert shown(talk) == shown(talk, talk.eve) == []
    assert talk.count() == (0, 3)


def test_a_deleted_comment_with_answers_leaves_a_stub(talk: Talk) -> None:
    number = talk.says(talk.bob, "Oops")
    talk.says(talk.eve, "Why?", to=number)
    rules(talk).delete(talk.bob, number)
    assert shown(talk) == [(0, ""), (1, "Why?")]
    assert talk.count() == (1, 4)


def test_a_stub_whose_answers_are_all_gone_is_gone_too(talk: Talk) -> None:
    number = talk.says(talk.bob, "Oops")
    answer = talk.says(talk.eve, "Why?", to=number)
    rules(talk).delete(talk.bob, number)
    rules(talk).delete(talk.eve, answer)
    assert shown(talk) == []


def test_a_deletion_is_undone_within_ten_minutes(talk: Talk) -> None:
    number = talk.says(talk.bob, "Oops")
    rules(talk).delete(talk.bob, number)
    assert shown(talk, talk.bob) == [(0, "")]
    talk.clock.pass_(minutes=9)
    rules(talk).restore(talk.bob, number)
    assert shown(talk) == [(0, "Oops")]
    assert talk.count() == (1, 4)
    with pytest.raises(Conflict):
        rules(talk).restore(talk.bob, number)


def test_after_ten_minutes_the_words_of_a_deleted_comment_are_forgotten(talk: Talk) -> None:
    number = talk.says(talk.bob, "A secret")
    rules(talk).edit(talk.bob, talk.paper, number, "No secret")
    rules(talk).delete(talk.bob, number)
    talk.clock.pass_(minutes=11)
    with pytest.raises(Conflict):
        rules(talk).restore(talk.bob, number)
    rules(talk).forget_deleted()
    kept = talk.services.store.people.comments.find(number)
    assert (kept.body, kept.account_id) == ("", None)
    assert talk.services.store.people.threads.history(number) == []


def test_a_reported_comment_keeps_its_words_until_a_moderator_has_looked(talk: Talk) -> None:
    number = talk.says(talk.bob, "Abuse")
    rules(talk).report(talk.eve, number, "Abuse")
    rules(talk).delete(talk.bob, number)
    talk.clock.pass_(minutes=11)
    rules(talk).forget_deleted()
    [waiting] = talk.services.community.moderation.reported(talk.mora)
    assert waiting.signed.comment.body == "Abuse"
    talk.services.community.moderation.keep(talk.mora, number)
    rules(talk).forget_deleted()
    assert talk.services.store.people.comments.find(number).body == ""


def test_the_number_of_a_comment_never_comes_again(talk: Talk) -> None:
    number = talk.says(talk.bob, "First")
    database = talk.services.store._database
    with database.write() as connection:
        connection.execute(comment.delete())
    assert talk.says(talk.bob, "Second") > number


def test_the_writer_of_what_is_answered_gets_news(talk: Talk) -> None:
    number = talk.says(talk.bob, "Question?")
    answer = talk.says(talk.eve, "Answer, @bob!", to=number)
    assert news(talk, talk.bob) == [("reply", f"/comments/{answer}")]
    assert news(talk, talk.eve) == []


def test_nobody_gets_news_of_their_own_comments(talk: Talk) -> None:
    number = talk.says(talk.bob, "I am @bob.")
    talk.says(talk.bob, "And I answer.", to=number)
    assert news(talk, talk.bob) == []


def test_a_mention_is_told_once_however_often_the_comment_is_edited(talk: Talk) -> None:
    number = talk.says(talk.bob, "See this, @Eve and @nobody-here.")
    rules(talk).edit(talk.bob, talk.paper, number, "See this, @eve, and @alice.")
    assert news(talk, talk.eve) == news(talk, talk.alice) == [("mention", f"/comments/{number}")]
    thread = rules(talk).thread(talk.paper.paper_id, None)
    assert thread.handles == {"eve", "alice"}


def test_votes_for_a_comment_are_counted_once_for_each_account(talk: Talk) -> None:
    number = talk.says(talk.bob, "Good")
    for _ in range(2):
        assert rules(talk).vote(talk.eve, number, is_cast=True).votes == 1
    assert rules(talk).vote(talk.alice, number, is_cast=True).votes == 2
    assert rules(talk).thread(talk.paper.paper_id, talk.eve).voted == {number}
    for _ in range(2):
        assert rules(talk).vote(talk.eve, number, is_cast=False).votes == 1


def test_votes_cast_at_the_same_time_are_all_counted(talk: Talk) -> None:
    number = talk.says(talk.bob, "Good")
    people = [person(talk.services, f"reader{each}") for each in range(10)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda who: rules(talk).vote(who, number, is_cast=True), people * 2))
    assert signed(talk, number).comment.votes == 10


def test_nobody_votes_for_their_own_comment_or_for_a_stub(talk: Talk) -> None:
    number = talk.says(talk.bob, "Good")
    with pytest.raises(Conflict):
        rules(talk).vote(talk.bob, number, is_cast=True)
    rules(talk).delete(talk.bob, number)
    with pytest.raises(Conflict):
        rules(talk).vote(talk.eve, number, is_cast=True)


def test_an_author_is_marked_by_a_granted_claim_only(talk: Talk) -> None:
    number = talk.says(talk.bob, "I wrote this paper.")
    assert not signed(talk, number).is_by_author
    from broadsheet.store.people_schema import paper_claim

    row = paper_claim.insert().values(
        paper_id=talk.paper.paper_id,
        account_id=talk.bob.account_id,
        author="Ada Waters",
        evidence="",
        message="",
        claimed_at=talk.clock(),
        state="pending",
        reason="",
        appeal="",
    )
    with talk.services.store._database.write() as connection:
        connection.execute(row)
    assert not signed(talk, number).is_by_author
    with talk.services.store._database.write() as connection:
        connection.execute(paper_claim.update().values(state="granted"))
    assert signed(talk, number).is_by_author


def test_comments_of_two_papers_that_turn_out_to_be_one_stand_in_one_thread(talk: Talk) -> None:
    twin = replace(paper_record(), source="crossref", record_id="10.1234/tides", arxiv_id=None)
    twin = replace(twin, doi="10.1234/tides", title="Bathtub tides", abstract="Another text.")
    store = talk.services.store
    store.ingest([twin], now=talk.clock())
    number = talk.says(talk.bob, "On arXiv")
    rules(talk).write(talk.eve, store.paper("10.1234/tides"), "In the journal")
    store.ingest([replace(paper_record(), doi="10.1234/tides")], now=talk.clock())
    survivor = store.paper("10.1234/tides")
    assert survivor.paper_id == talk.paper.paper_id
    rules(talk).write(talk.eve, survivor, "An answer", parent_id=number)
    assert sorted(body for _, body in shown(talk)) == ["An answer", "In the journal", "On arXiv"]
    assert survivor.people_comments == 2
    assert talk.count()[0] == 3
    assert store.people.counters.check() == []


def test_changes_come_in_the_order_of_change_and_say_what_was_removed(talk: Talk) -> None:
    one, two = talk.says(talk.bob, "One"), talk.says(talk.eve, "Two")
    noted_at = talk.clock()
    rules(talk).edit(talk.bob, talk.paper, one, "One, edited")
    talk.clock.pass_(minutes=1)
    rules(talk).delete(talk.eve, two)
    changes = rules(talk).changes(since=noted_at, after=None, limit=10)
    assert [(each.comment.comment_id, each.comment.body) for each in changes] == [
        (one, "One, edited"), (two, ""),
    ]  # fmt: skip
    last = changes[0].comment
    assert last.changed_at is not None
    rest = rules(talk).changes(since=None, after=(last.changed_at, one), limit=10)
    assert [each.comment.comment_id for each in rest] == [two]
    assert {each.paper_key for each in changes} == {KEY}


@pytest.mark.parametrize("with_words", [True, False])
def test_changes_tell_that_a_writer_has_left(talk: Talk, with_words: bool) -> None:
    talk.says(talk.bob, "Farewell")
    talk.services.store.people.leaving.remove(
        talk.bob.account_id, with_comments=with_words, now=talk.clock()
    )
    [left] = rules(talk).changes(since=talk.clock(), after=None, limit=10)
    assert left.handle == ""
    assert left.comment.body == ("" if with_words else "Farewell")


def test_all_comments_are_read_with_few_queries_however_many(talk: Talk) -> None:
    first = talk.says(talk.bob, "One @eve")
    statements: list[str] = []
    engine = talk.services.store._database._engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    paper_id = talk.paper.paper_id
    statements.clear()
    rules(talk).thread(paper_id, talk.eve)
    few = len(statements)
    for number in range(5):
        talk.says(talk.eve, f"No. {number} @bob", to=first)
    statements.clear()
    rules(talk).thread(paper_id, talk.eve)
    assert len(statements) == few <= 8
