"""Submissions on both databases: what joins at once, what waits, and how it is decided."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from bringing import BY_HAND, by_hand, closed, found, offer

from broadsheet.community.offers import offer_by_hand, offer_of
from broadsheet.community.submissions import Submissions
from broadsheet.doings import Decision
from broadsheet.domain import Listing, ListingKind
from broadsheet.errors import (
    AlreadyHere,
    Conflict,
    InputError,
    NotFound,
    PermissionDenied,
    TooManyRequests,
)
from broadsheet.people import Account, Role
from broadsheet.settings import Settings
from people_factories import person
from talk import KEY, Talk

TODAY = date(2026, 8, 21)


@pytest.fixture
def submissions(talk: Talk) -> Submissions:
    return talk.services.community.submissions


@pytest.fixture
def edda(talk: Talk) -> Account:
    return person(talk.services, "edda", Role.EDITOR)


def news(talk: Talk, who: Account) -> list[str]:
    return [one.text for one in talk.services.community.notifications.of(who)]


def log(talk: Talk) -> list[str]:
    return [one.action for one in talk.services.community.log.entries(None)]


def test_a_submitted_paper_joins_the_edition_of_the_day(
    talk: Talk, submissions: Submissions
) -> None:
    made = submissions.offer(talk.bob, offer())
    assert made.state is Decision.GRANTED
    paper = talk.services.store.paper("2607.12345")
    assert (paper.listed_on, made.paper_key) == (TODAY, "2607.12345")
    assert set(paper.sources) == {"arxiv_query", "submission"}


def test_a_paper_of_an_old_month_stands_in_todays_edition(
    talk: Talk, submissions: Submissions
) -> None:
    from datetime import UTC, datetime

    old = found("1706.03999", submitted_at=datetime(2017, 6, 12, tzinfo=UTC))
    submissions.offer(talk.bob, offer_of(old))
    assert talk.services.store.paper("1706.03999").listed_on == TODAY


def test_the_submitter_is_named_on_the_page_of_the_day(
    talk: Talk, submissions: Submissions
) -> None:
    submissions.offer(talk.bob, offer())
    page = talk.services.ranking.page(Listing(ListingKind.DAY, TODAY))
    named = {hit.paper.key: hit.brought_by for hit in page.hits}
    brought = named["2607.12345"]
    assert brought is not None
    assert brought.name == "bob"
    assert named.get(KEY) is None


def test_the_comment_opens_the_thread(talk: Talk, submissions: Submissions) -> None:
    made = submissions.offer(talk.bob, offer(), "Read the second table.")
    thread = talk.services.community.comments.thread(made.paper_id or 0, None)
    assert [placed.signed.comment.body for placed in thread.placed] == ["Read the second table."]
    assert talk.services.store.paper("2607.12345").people_comments == 1


def test_a_known_paper_is_led_to_by_its_id(talk: Talk, submissions: Submissions) -> None:
    with pytest.raises(AlreadyHere) as raised:
        submissions.offer(talk.bob, offer(KEY))
    assert raised.value.key == KEY
    assert submissions.of(talk.bob.account_id) == []


def test_a_known_paper_is_led_to_by_title_and_abstract(
    talk: Talk, submissions: Submissions
) -> None:
    submissions.offer(talk.bob, by_hand())
    with pytest.raises(AlreadyHere) as raised:
        submissions.offer(talk.eve, by_hand(authors="Ada Wheel", link="https://other.example/x"))
    assert raised.value.key.startswith("~")
    assert submissions.of(talk.eve.account_id) == []


def test_a_known_title_with_other_white_space_adds_nothing(
    talk: Talk, submissions: Submissions
) -> None:
    paper = talk.paper
    copied = replace(BY_HAND, title=paper.title.upper(), abstract=paper.abstract)
    before = talk.services.store.count()
    with pytest.raises(AlreadyHere) as raised:
        submissions.offer(talk.bob, offer_by_hand(copied))
    assert (raised.value.key, talk.services.store.count()) == (KEY, before)
    assert talk.services.store.paper(KEY).sources == paper.sources


def test_an_id_for_a_paper_known_by_its_text_leads_to_where_that_stands(
    talk: Talk, submissions: Submissions
) -> None:
    first = submissions.offer(talk.bob, by_hand())
    known = found("2607.12345", title=BY_HAND.title, abstract=BY_HAND.abstract)
    with pytest.raises(AlreadyHere) as raised:
        submissions.offer(talk.eve, offer_of(known))
    assert raised.value.key == first.paper_key
    assert talk.services.store.paper(raised.value.key).arxiv_id is None


def test_accepting_what_is_known_by_its_text_leads_there_and_changes_nothing(
    talk: Talk, submissions: Submissions, edda: Account
) -> None:
    known = found("2607.12345", title=BY_HAND.title, abstract=BY_HAND.abstract)
    made = closed(submissions).offer(talk.eve, offer_of(known))
    first = submissions.offer(talk.bob, by_hand())
    granted = submissions.grant(edda, made.submission_id)
    assert granted.paper_key == first.paper_key
    assert talk.services.store.paper(first.paper_key or "").sources == ("submission",)


def test_a_double_submit_makes_one_paper(talk: Talk, submissions: Submissions) -> None:
    submissions.offer(talk.bob, offer())
    with pytest.raises(AlreadyHere):
        submissions.offer(talk.bob, offer())
    assert len(submissions.of(talk.bob.account_id)) == 1


def test_two_who_submit_at_once_make_one_paper(talk: Talk, submissions: Submissions) -> None:
    def bring(who: Account) -> bool:
        try:
            submissions.offer(who, offer())
        except AlreadyHere:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(bring, [talk.bob, talk.eve]))
    assert sorted(done) == [False, True]


def test_a_closed_instance_lets_submissions_wait(talk: Talk, submissions: Submissions) -> None:
    made = closed(submissions).offer(talk.bob, offer(), "Please.")
    assert (made.state, made.paper_id) == (Decision.PENDING, None)
    assert [one.submission_id for one in submissions.pending()] == [made.submission_id]
    with pytest.raises(NotFound):
        talk.services.store.paper("2607.12345")


def test_a_paper_that_waits_is_not_submitted_twice(talk: Talk, submissions: Submissions) -> None:
    closed(submissions).offer(talk.bob, offer())
    with pytest.raises(Conflict, match="waits for an editor"):
        submissions.offer(talk.eve, offer())


def test_an_editor_on_a_closed_instance_needs_no_approval(
    edda: Account, submissions: Submissions
) -> None:
    assert closed(submissions).offer(edda, offer()).state is Decision.GRANTED


def test_an_account_without_a_verified_address_waits(talk: Talk, submissions: Submissions) -> None:
    dan = person(talk.services, "dan", verified=False)
    assert submissions.offer(dan, offer()).state is Decision.PENDING


def test_an_id_that_no_service_confirmed_waits(talk: Talk, submissions: Submissions) -> None:
    made = submissions.offer(talk.bob, offer(), is_unchecked=True)
    assert made.state is Decision.PENDING


def test_an_accepted_submission_joins_the_edition_of_that_day(
    talk: Talk, submissions: Submissions, edda: Account
) -> None:
    made = closed(submissions).offer(talk.bob, offer(), "Please.")
    talk.clock.pass_(days=2)
    granted = submissions.grant(edda, made.submission_id)
    paper = talk.services.store.paper("2607.12345")
    assert paper.listed_on == date(2026, 8, 23)
    assert granted.paper_id == paper.paper_id
    assert paper.people_comments == 1
    assert any("was accepted" in text for text in news(talk, talk.bob))
    assert "accept-submission" in log(talk)


def test_a_paper_that_came_meanwhile_keeps_its_day(
    talk: Talk, submissions: Submissions, edda: Account
) -> None:
    made = closed(submissions).offer(talk.bob, offer())
    came = found(listed_on=date(2026, 8, 20))
    talk.services.store.ingest([came], now=talk.clock())
    talk.clock.pass_(days=1)
    granted = submissions.grant(edda, made.submission_id)
    paper = talk.services.store.paper("2607.12345")
    assert (granted.paper_id, paper.listed_on) == (paper.paper_id, date(2026, 8, 20))
    assert paper.sources == ("arxiv_query",)


def test_a_declined_submission_tells_why(
    talk: Talk, submissions: Submissions, edda: Account
) -> None:
    made = closed(submissions).offer(talk.bob, offer())
    declined = submissions.decline(edda, made.submission_id, "Not about mills.")
    assert (declined.state, declined.reason) == (Decision.DECLINED, "Not about mills.")
    assert any("Not about mills." in text for text in news(talk, talk.bob))
    [entry] = talk.services.community.log.entries(None, action="decline-submission")
    assert entry.actor == "edda"
    assert "Not about mills." in entry.text


def test_declining_needs_a_reason(talk: Talk, submissions: Submissions, edda: Account) -> None:
    made = closed(submissions).offer(talk.bob, offer())
    with pytest.raises(InputError) as raised:
        submissions.decline(edda, made.submission_id, " \n ")
    assert raised.value.field == "reason"
    assert submissions.find(edda, made.submission_id).state is Decision.PENDING


def test_a_paper_can_be_taken_out_and_brought_back(
    talk: Talk, submissions: Submissions, edda: Account
) -> None:
    made = submissions.offer(talk.bob, by_hand())
    submissions.decline(edda, made.submission_id, "This is an advertisement.")
    with pytest.raises(NotFound):
        talk.services.store.paper(made.paper_key or "")
    again = submissions.grant(edda, made.submission_id)
    assert talk.services.store.paper(again.paper_key or "").title == BY_HAND.title


def test_what_another_source_knows_stays_when_a_submission_is_taken_out(
    talk: Talk, submissions: Submissions, edda: Account
) -> None:
    made = submissions.offer(talk.bob, offer())
    talk.services.store.ingest(
        [found(source="arxiv_oai", listed_on=date(2026, 8, 19))], now=talk.clock()
    )
    submissions.decline(edda, made.submission_id, "Old news.")
    paper = talk.services.store.paper("2607.12345")
    assert (paper.sources, paper.listed_on) == (("arxiv_oai",), date(2026, 8, 19))


def test_a_submission_is_withdrawn_while_it_waits(talk: Talk, submissions: Submissions) -> None:
    made = closed(submissions).offer(talk.bob, offer())
    assert submissions.withdraw(talk.bob, made.submission_id).state is Decision.WITHDRAWN
    assert submissions.pending() == []
    with pytest.raises(Conflict):
        submissions.withdraw(talk.bob, made.submission_id)


def test_a_withdrawn_submission_is_not_accepted(
    talk: Talk, submissions: Submissions, edda: Account
) -> None:
    made = closed(submissions).offer(talk.bob, offer())
    submissions.withdraw(talk.bob, made.submission_id)
    with pytest.raises(Conflict, match="withdrawn"):
        submissions.grant(edda, made.submission_id)


def test_another_reader_neither_sees_nor_withdraws_a_submission(
    talk: Talk, submissions: Submissions
) -> None:
    made = closed(submissions).offer(talk.bob, offer())
    for act in (submissions.find, submissions.withdraw):
        with pytest.raises(NotFound):
            act(talk.eve, made.submission_id)


def test_readers_do_not_decide(talk: Talk, submissions: Submissions) -> None:
    made = closed(submissions).offer(talk.bob, offer())
    with pytest.raises(PermissionDenied):
        submissions.grant(talk.bob, made.submission_id)
    with pytest.raises(PermissionDenied):
        submissions.decline(talk.bob, made.submission_id, "I am no editor.")


def test_a_suspended_account_brings_nothing(talk: Talk, submissions: Submissions) -> None:
    suspended = replace(talk.bob, suspended_at=talk.clock())
    with pytest.raises(PermissionDenied):
        submissions.offer(suspended, offer())


def test_an_unknown_submission_is_not_found(submissions: Submissions, edda: Account) -> None:
    for act in (submissions.find, submissions.grant):
        with pytest.raises(NotFound):
            act(edda, 987_654)


def test_too_many_submissions_of_an_hour_are_refused(talk: Talk, submissions: Submissions) -> None:
    numbers = count(20_000)
    with pytest.raises(TooManyRequests) as raised:
        for _ in range(30):
            submissions.offer(talk.bob, offer(f"2607.{next(numbers)}"))
    assert 0 < raised.value.retry_after <= 3_600
    assert len(submissions.of(talk.bob.account_id)) == 10


def test_one_address_does_not_get_around_the_limit_with_more_accounts(
    talk: Talk, submissions: Submissions
) -> None:
    numbers = count(30_000)
    with pytest.raises(TooManyRequests):
        for place in range(30):
            who = (talk.bob, talk.eve, talk.alice)[place % 3]
            submissions.offer(who, offer(f"2607.{next(numbers)}"), address="192.0.2.7")


def test_a_submitted_paper_outlives_the_account_of_its_submitter(
    talk: Talk, submissions: Submissions, edda: Account
) -> None:
    made = submissions.offer(talk.bob, offer())
    talk.services.store.people.leaving.remove(
        talk.bob.account_id, with_comments=False, now=talk.clock()
    )
    kept = submissions.find(edda, made.submission_id)
    assert (kept.account_id, kept.name, kept.paper_key) == (None, "", "2607.12345")
    page = talk.services.ranking.page(Listing(ListingKind.DAY, TODAY))
    assert all(hit.brought_by is None for hit in page.hits)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "   "),
        ("title", "x" * 100_000),
        ("abstract", "y" * 100_000),
        ("authors", ""),
        ("authors", "z" * 100_000),
        ("authors", "\n".join(f"Author {number}" for number in range(600))),
        ("link", ""),
        ("link", "javascript:alert(1)"),
        ("link", "file:///etc/passwd"),
        ("link", "https://user:secret@mills.example/"),
        ("link", "https://mills.example/<script>"),
        ("link", "ftp://mills.example/paper"),
        ("link", "https://[::1"),
        ("link", "https://mills.example:99999/"),
        ("arxiv_id", "not an id"),
        ("doi", "not a doi"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: str) -> None:
    with pytest.raises(InputError) as raised:
        by_hand(**{field: value})
    assert raised.value.field == field


def test_control_characters_do_not_reach_the_library(talk: Talk, submissions: Submissions) -> None:
    made = submissions.offer(
        talk.bob,
        by_hand(title="Wind\x00mills \u202eof\x07 Glass\r\nand Iron", authors="Ada\x00 Wheel\x1b"),
        "Good\x00 paper",
    )
    paper = talk.services.store.paper(made.paper_key or "")
    assert (paper.title, paper.authors) == ("Windmills of Glass and Iron", ("Ada Wheel",))
    assert made.comment == "Good paper"


def test_a_comment_that_is_too_long_keeps_the_paper_out(
    talk: Talk, submissions: Submissions
) -> None:
    with pytest.raises(InputError) as raised:
        submissions.offer(talk.bob, offer(), "x" * 100_000)
    assert raised.value.field == "comment"
    assert talk.services.store.people.submissions.of_account(talk.bob.account_id, 9) == []


def test_the_submissions_of_a_merged_paper_lead_to_the_survivor(
    talk: Talk, submissions: Submissions
) -> None:
    made = submissions.offer(talk.bob, by_hand())
    known = talk.services.store.paper(made.paper_key or "")
    true = found("2608.77777", title=known.title, abstract=known.abstract, authors=known.authors)
    talk.services.store.ingest([true], now=talk.clock())
    [one] = submissions.of(talk.bob.account_id)
    assert one.paper_key == "2608.77777"


def test_the_setting_decides_what_waits() -> None:
    assert Settings(submissions="approval").submissions == "approval"
