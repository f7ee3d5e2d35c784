"""What moderators do with comments, on both databases: every act is noted and can be undone."""

from __future__ import annotations

import pytest

from broadsheet.community.moderation import Moderation
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied
from broadsheet.people import Account
from talk import Talk


def desk(talk: Talk) -> Moderation:
    return talk.services.community.moderation


def log(talk: Talk) -> list[tuple[str, str, str]]:
    """Who did what to what, newest first, as everybody sees it."""
    entries = talk.services.community.log.entries(None)
    return [(entry.actor, entry.action, entry.subject) for entry in entries]


def news(talk: Talk, who: Account) -> list[str]:
    return [each.text for each in talk.services.community.notifications.of(who)]


def reported(talk: Talk) -> list[tuple[int, list[str]]]:
    return [
        (one.signed.comment.comment_id, [each.reason for each in one.reports])
        for one in desk(talk).reported(talk.mora)
    ]


def test_a_hidden_comment_leaves_thread_and_count(talk: Talk) -> None:
    number = talk.says(talk.bob, "Rude")
    desk(talk).hide(talk.mora, number, "Not how we talk.")
    thread = talk.services.community.comments.thread(talk.paper.paper_id, talk.eve)
    assert thread.placed == ()
    assert talk.count() == (0, 3)
    assert log(talk) == [("mora", "hide-comment", f"comment:{number}")]
    assert talk.services.store.people.counters.check() == []


def test_hiding_is_undone_with_all_that_it_changed(talk: Talk) -> None:
    number = talk.says(talk.bob, "Rude")
    desk(talk).hide(talk.mora, number, "Not how we talk.")
    desk(talk).show_again(talk.mora, number)
    thread = talk.services.community.comments.thread(talk.paper.paper_id, talk.eve)
    assert [placed.comment.body for placed in thread.placed] == ["Rude"]
    assert thread.placed[0].comment.hidden_reason == ""
    assert talk.count() == (1, 4)
    assert [action for _, action, _ in log(talk)] == ["show-comment", "hide-comment"]


def test_a_hidden_comment_with_answers_leaves_a_stub_with_the_reason(talk: Talk) -> None:
    number = talk.says(talk.bob, "Rude")
    talk.says(talk.eve, "Please!", to=number)
    desk(talk).hide(talk.mora, number, "Not how we talk.")
    thread = talk.services.community.comments.thread(talk.paper.paper_id, None)
    stub = thread.placed[0].comment
    assert (stub.body, stub.hidden_reason) == ("", "Not how we talk.")
    assert talk.count() == (1, 4)


def test_a_comment_that_is_deleted_and_hidden_is_counted_once(talk: Talk) -> None:
    comments = talk.services.community.comments
    number = talk.says(talk.bob, "Rude")
    comments.delete(talk.bob, number)
    desk(talk).hide(talk.mora, number, "Rude.")
    comments.restore(talk.bob, number)
    assert talk.count() == (0, 3)
    desk(talk).show_again(talk.mora, number)
    assert talk.count() == (1, 4)
    assert talk.services.store.people.counters.check() == []


def test_a_hidden_comment_cannot_be_edited_by_its_writer(talk: Talk) -> None:
    number = talk.says(talk.bob, "Rude")
    desk(talk).hide(talk.mora, number, "Rude.")
    with pytest.raises(Conflict):
        talk.services.community.comments.edit(talk.bob, talk.paper, number, "Nice")


def test_the_writer_is_told_why(talk: Talk) -> None:
    number = talk.says(talk.bob, "Rude")
    desk(talk).hide(talk.mora, number, "Not how we talk.")
    talk.clock.pass_(minutes=1)
    desk(talk).show_again(talk.mora, number)
    assert news(talk, talk.bob) == [
        "A moderator shows a comment of yours again.",
        "A moderator hid a comment of yours: Not how we talk.",
    ]


def test_hiding_needs_a_reason_and_a_comment_that_is_not_hidden(talk: Talk) -> None:
    number = talk.says(talk.bob, "Rude")
    with pytest.raises(InputError):
        desk(talk).hide(talk.mora, number, " ")
    with pytest.raises(NotFound):
        desk(talk).hide(talk.mora, 4711, "Rude.")
    with pytest.raises(Conflict):
        desk(talk).show_again(talk.mora, number)
    desk(talk).hide(talk.mora, number, "Rude.")
    with pytest.raises(Conflict):
        desk(talk).hide(talk.mora, number, "Rude.")
    assert len(log(talk)) == 1


def test_readers_cannot_moderate(talk: Talk) -> None:
    number = talk.says(talk.bob, "Fine")
    for act in (
        lambda: desk(talk).hide(talk.eve, number, "I disagree."),
        lambda: desk(talk).show_again(talk.eve, number),
        lambda: desk(talk).keep(talk.eve, number),
        lambda: desk(talk).reopen(talk.eve, number),
        lambda: desk(talk).reported(talk.eve),
        lambda: desk(talk).hidden(talk.eve),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_a_person_reports_a_comment_once(talk: Talk) -> None:
    comments = talk.services.community.comments
    number = talk.says(talk.bob, "Rude")
    assert comments.report(talk.eve, number, "Rude")
    assert not comments.report(talk.eve, number, "Very rude")
    assert comments.report(talk.alice, number, "Off the subject")
    assert reported(talk) == [(number, ["Rude", "Off the subject"])]
    assert desk(talk).open_reports() == 2


def test_hiding_closes_the_reports_and_tells_who_reported(talk: Talk) -> None:
    number = talk.says(talk.bob, "Rude")
    talk.services.community.comments.report(talk.eve, number, "Rude")
    desk(talk).hide(talk.mora, number, "Rude.")
    assert reported(talk) == []
    assert news(talk, talk.eve) == [
        "A moderator looked at a comment that you reported, and hid it."
    ]


def test_a_reported_comment_is_left_and_that_is_undone(talk: Talk) -> None:
    number = talk.says(talk.bob, "Blunt")
    talk.services.community.comments.report(talk.eve, number, "Rude")
    assert desk(talk).keep(talk.mora, number) == 1
    assert reported(talk) == []
    assert talk.count() == (1, 4)
    with pytest.raises(Conflict):
        desk(talk).keep(talk.mora, number)
    assert desk(talk).reopen(talk.mora, number) == 1
    assert reported(talk) == [(number, ["Rude"])]
    assert [action for _, action, _ in log(talk)] == ["reopen-reports", "keep-comment"]


def test_the_operator_needs_no_account(talk: Talk) -> None:
    number = talk.says(talk.bob, "Rude")
    desk(talk).hide(None, number, "Rude.")
    assert log(talk) == [("", "hide-comment", f"comment:{number}")]
