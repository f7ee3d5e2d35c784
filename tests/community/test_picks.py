"""Editors' picks on both databases, and the front page that they make."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from bringing import crossref, found

from broadsheet.community.picks import Picks
from broadsheet.domain import Listing, ListingKind, Page, Sort
from broadsheet.errors import InputError, NotFound, PermissionDenied
from broadsheet.people import Account, Role
from people_factories import person
from talk import KEY, Talk

TODAY = date(2026, 8, 21)
YESTERDAY = TODAY - timedelta(days=1)
DAY = Listing(ListingKind.DAY, TODAY, limit=3)


@pytest.fixture
def picks(talk: Talk) -> Picks:
    """Eight papers of the day with 0 to 7 votes, besides the one of the talk with 5."""
    records = [
        found(
            f"2608.5000{number}",
            listed_on=TODAY,
            votes=number,
            categories=("cs.LG",) if number % 2 else ("cs.CL",),
        )
        for number in range(8)
    ]
    early = found("2608.60001", listed_on=YESTERDAY, votes=90)
    talk.services.store.ingest([*records, early], now=talk.clock())
    return talk.services.community.picks


@pytest.fixture
def edda(talk: Talk) -> Account:
    return person(talk.services, "edda", Role.EDITOR)


def keys(talk: Talk, listing: Listing = DAY) -> list[str]:
    """All papers of a listing, page by page."""
    seen: list[str] = []
    while True:
        page = talk.services.ranking.page(listing)
        seen += [hit.paper.key for hit in page.hits]
        if page.next_cursor is None:
            return seen
        listing = replace(listing, cursor=page.next_cursor)


def pick(talk: Talk, edda: Account, key: str, note: str = "", day: date | None = None) -> None:
    talk.services.community.picks.pick(edda, talk.services.store.paper(key), note, day)


def first_page(talk: Talk) -> Page:
    return talk.services.ranking.page(DAY)


def test_picks_stand_first_in_their_order(talk: Talk, picks: Picks, edda: Account) -> None:
    pick(talk, edda, "2608.50001")
    pick(talk, edda, "2608.50000")
    assert keys(talk)[:4] == ["2608.50001", "2608.50000", "2608.50007", "2608.50006"]


def test_paging_a_front_page_shows_each_paper_once(talk: Talk, picks: Picks, edda: Account) -> None:
    before = keys(talk)
    for number in (0, 3, 2, 5):
        pick(talk, edda, f"2608.5000{number}")
    after = keys(talk)
    assert len(after) == len(set(after)) == len(before)
    assert set(after) == set(before)
    assert first_page(talk).total == len(before) == 9


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 100])
def test_pages_of_every_size_follow_each_other(
    talk: Talk, picks: Picks, edda: Account, limit: int
) -> None:
    for number in (0, 3, 2, 5):
        pick(talk, edda, f"2608.5000{number}")
    assert keys(talk, replace(DAY, limit=limit)) == keys(talk)


def test_the_card_has_the_note_and_the_reason_names_the_pick(
    talk: Talk, picks: Picks, edda: Account
) -> None:
    pick(talk, edda, "2608.50002", "Look at the third figure.")
    pick(talk, edda, "2608.50001")
    first, second, third = first_page(talk).hits
    assert (first.pick, second.pick, third.pick) == ("Look at the third figure.", "", None)
    assert first.reasons[0].signal == "pick"
    assert first.reasons[0].text.startswith("Editors' pick for 2026-08-21, number 1 of 2.")
    assert "Look at the third figure." in first.reasons[0].text
    assert [reason.signal for reason in third.reasons] == ["votes"]


@pytest.mark.parametrize(
    "listing",
    [
        replace(DAY, category="cs.LG", limit=9),
        replace(DAY, sort=Sort.VOTES),
        replace(DAY, sort=Sort.DATE),
        Listing(ListingKind.WEEK, TODAY - timedelta(days=4), TODAY + timedelta(days=2)),
        Listing(ListingKind.MONTH, date(2026, 8, 1), date(2026, 8, 31)),
        Listing(ListingKind.TRENDING),
    ],
)
def test_other_listings_are_as_they_were(
    talk: Talk, picks: Picks, edda: Account, listing: Listing
) -> None:
    before = keys(talk, listing)
    pick(talk, edda, "2608.50001", "Not here.")
    assert keys(talk, listing) == before
    assert all(hit.pick is None for hit in talk.services.ranking.page(listing).hits)


def test_the_newest_day_without_a_name_is_a_front_page(
    talk: Talk, picks: Picks, edda: Account
) -> None:
    pick(talk, edda, "2608.50000")
    page = talk.services.ranking.page(Listing(ListingKind.DAY))
    assert (page.hits[0].paper.key, page.picks) == ("2608.50000", 1)


def test_a_day_in_another_order_knows_that_it_has_picks(
    talk: Talk, picks: Picks, edda: Account
) -> None:
    pick(talk, edda, "2608.50000")
    assert talk.services.ranking.page(replace(DAY, sort=Sort.VOTES)).picks == 1


def test_a_paper_of_yesterday_can_open_todays_front_page(
    talk: Talk, picks: Picks, edda: Account
) -> None:
    pick(talk, edda, "2608.60001", day=TODAY)
    page = first_page(talk)
    assert (page.hits[0].paper.key, page.total) == ("2608.60001", 10)
    assert talk.services.ranking.page(replace(DAY, start=YESTERDAY)).picks == 0


def test_picks_are_put_in_another_order(talk: Talk, picks: Picks, edda: Account) -> None:
    for number in (1, 2, 3):
        pick(talk, edda, f"2608.5000{number}")
    picks.move(edda, talk.services.store.paper("2608.50003"), 1)
    assert keys(talk)[:3] == ["2608.50003", "2608.50001", "2608.50002"]
    picks.move(edda, talk.services.store.paper("2608.50003"), 99)
    assert keys(talk)[:3] == ["2608.50001", "2608.50002", "2608.50003"]
    assert [one.position for one in picks.day(TODAY)] == [1, 2, 3]


def test_picking_again_changes_the_note_and_keeps_the_place(
    talk: Talk, picks: Picks, edda: Account
) -> None:
    pick(talk, edda, "2608.50001", "First words.")
    pick(talk, edda, "2608.50002")
    pick(talk, edda, "2608.50001", "Better words.")
    assert [(one.position, one.note) for one in picks.day(TODAY)] == [(1, "Better words."), (2, "")]


def test_a_pick_can_go_to_another_day(talk: Talk, picks: Picks, edda: Account) -> None:
    pick(talk, edda, "2608.50001")
    pick(talk, edda, "2608.50002")
    pick(talk, edda, "2608.50001", day=TODAY + timedelta(days=1))
    assert [one.position for one in picks.day(TODAY)] == [1]
    assert [one.position for one in picks.day(TODAY + timedelta(days=1))] == [1]


def test_an_unpicked_paper_goes_back_to_its_place(talk: Talk, picks: Picks, edda: Account) -> None:
    before = keys(talk)
    pick(talk, edda, "2608.50001")
    picks.unpick(edda, talk.services.store.paper("2608.50001"))
    assert keys(talk) == before
    with pytest.raises(NotFound):
        picks.unpick(edda, talk.services.store.paper("2608.50001"))


@pytest.mark.parametrize("days", [-1, 8])
def test_a_day_that_cannot_be_is_refused(
    talk: Talk, picks: Picks, edda: Account, days: int
) -> None:
    with pytest.raises(InputError) as raised:
        pick(talk, edda, KEY, day=TODAY + timedelta(days=days))
    assert raised.value.field == "day"


def test_a_note_that_is_too_long_is_refused(talk: Talk, picks: Picks, edda: Account) -> None:
    with pytest.raises(InputError) as raised:
        pick(talk, edda, KEY, "x" * 100_000)
    assert (raised.value.field, picks.day(TODAY)) == ("note", [])


def test_readers_pick_nothing(talk: Talk, picks: Picks) -> None:
    for act in (picks.pick, picks.unpick):
        with pytest.raises(PermissionDenied):
            act(talk.bob, talk.paper)
    with pytest.raises(PermissionDenied):
        picks.move(talk.bob, talk.paper, 1)


def test_everything_an_editor_does_is_in_the_public_log(
    talk: Talk, picks: Picks, edda: Account
) -> None:
    pick(talk, edda, KEY, "A note.")
    pick(talk, edda, KEY, "Another.")
    picks.move(edda, talk.paper, 1)
    picks.unpick(edda, talk.paper)
    entries = talk.services.community.log.entries(None, subject=f"paper:{KEY}")
    assert [entry.action for entry in entries] == ["unpick", "move-pick", "change-pick", "pick"]
    assert {entry.actor for entry in entries} == {"edda"}


def test_the_pick_of_a_merged_paper_stands_for_the_survivor(
    talk: Talk, picks: Picks, edda: Account
) -> None:
    title, abstract = "A Barometer That Hears the Rain Before It Falls", "We listen to rain. " * 9
    listed = crossref(None, source="listing_page", record_id="1", title=title,
                      abstract=abstract, listed_on=TODAY)  # fmt: skip
    talk.services.store.ingest([listed], now=talk.clock())
    paper = next(
        hit.paper
        for hit in talk.services.ranking.page(replace(DAY, limit=50)).hits
        if hit.paper.title == title
    )
    picks.pick(edda, paper, "Listen.")
    known = found("2608.70001", title=title, abstract=abstract, authors=listed.authors)
    talk.services.store.ingest([known], now=talk.clock())
    page = first_page(talk)
    assert (page.hits[0].paper.key, page.hits[0].pick) == ("2608.70001", "Listen.")


def test_the_archive_lists_days_newest_first_and_goes_on(
    talk: Talk, picks: Picks, edda: Account
) -> None:
    pick(talk, edda, "2608.60001")
    pick(talk, edda, "2608.50001")
    assert [day for day, _ in picks.days()] == [TODAY, YESTERDAY]
    assert [day for day, _ in picks.days(TODAY)] == [YESTERDAY]
