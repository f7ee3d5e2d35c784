"""A reader's own library: marks that can be undone, private notes, and finding them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadsheet.community.library import LONGEST_NOTE
from broadsheet.delivery.lists.shelves import Asked, shelf_page
from broadsheet.doings import Mark, Shelf
from broadsheet.domain import PaperRecord
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied
from broadsheet.people import Account
from broadsheet.pipeline import sync_index
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from people_factories import person

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
LOOMS, KILNS, SAILS = "2608.00001", "2608.00002", "2608.00003"
_PAPERS = ((LOOMS, "Looms", "cs.LG"), (KILNS, "Kilns", "math.CO"), (SAILS, "Sails", "cs.LG"))


@pytest.fixture
def services(store_url: str, tmp_path: Path) -> Iterator[Services]:
    """Services with an owner, Alice, and three papers; the clock gains a second at every look."""
    instants = (NOW + timedelta(seconds=number) for number in range(10_000))
    opened = open_services(Settings(data=tmp_path, database_url=store_url), lambda: next(instants))
    opened.store.ingest(
        [
            PaperRecord("corpus", key, title, f"A study of {title.lower()} by the sea.",
                        authors=("Ada Wheel",), arxiv_id=key, categories=(category,))
            for key, title, category in _PAPERS
        ],
        now=NOW,
    )  # fmt: skip
    person(opened, "alice")
    yield opened
    opened.store.close()


@pytest.fixture
def bob(services: Services) -> Account:
    return person(services, "bob")


def keys(services: Services, account: Account, **asked: object) -> list[str]:
    page = shelf_page(services, account, Asked(**asked))  # type: ignore[arg-type]
    return [paper.key for paper, _ in page.papers]


@pytest.mark.parametrize("shelf", [Shelf.SAVED, Shelf.READ, Shelf.DISMISSED])
def test_a_mark_is_put_and_taken_back(services: Services, bob: Account, shelf: Shelf) -> None:
    library = services.community.library
    key, mark = library.put(bob, LOOMS, shelf)
    assert key == LOOMS
    assert mark.is_on(shelf)
    assert keys(services, bob, shelf=shelf) == [LOOMS]
    assert not library.take(bob, LOOMS, shelf)[1].is_on(shelf)
    assert keys(services, bob, shelf=shelf) == []
    assert services.store.people.marks.everything(bob.account_id) == []


def test_marking_again_keeps_the_first_instant(services: Services, bob: Account) -> None:
    _, first = services.community.library.put(bob, LOOMS, Shelf.SAVED)
    _, again = services.community.library.put(bob, LOOMS, Shelf.SAVED)
    assert first.saved_at == again.saved_at is not None


def test_marks_of_one_paper_do_not_touch_each_other(services: Services, bob: Account) -> None:
    library = services.community.library
    library.put(bob, LOOMS, Shelf.SAVED)
    library.write_note(bob, LOOMS, "warp and weft")
    library.put(bob, LOOMS, Shelf.READ)
    _, mark = library.take(bob, LOOMS, Shelf.SAVED)
    assert (mark.is_on(Shelf.SAVED), mark.is_on(Shelf.READ), mark.note) == (
        False, True, "warp and weft",
    )  # fmt: skip


def test_a_changed_note_can_be_undone_and_redone(services: Services, bob: Account) -> None:
    library, number = services.community.library, services.store.paper(LOOMS).paper_id
    with pytest.raises(Conflict):
        library.undo_note(bob, LOOMS, number)
    library.write_note(bob, LOOMS, "first\r\nline")
    library.write_note(bob, LOOMS, "")
    assert library.undo_note(bob, LOOMS, number)[1].note == "first\nline"
    assert library.undo_note(bob, LOOMS, number)[1].note == ""


def test_saving_the_same_note_twice_keeps_what_undoing_brings(
    services: Services, bob: Account
) -> None:
    library, number = services.community.library, services.store.paper(LOOMS).paper_id
    for note in ("one", "two", "two"):
        library.write_note(bob, LOOMS, note)
    assert library.undo_note(bob, LOOMS, number)[1].note == "one"


def test_a_note_that_is_too_long_is_refused_whole(services: Services, bob: Account) -> None:
    with pytest.raises(InputError, match="10,000 characters and this has 10,001"):
        services.community.library.write_note(bob, LOOMS, "x" * (LONGEST_NOTE + 1))
    assert keys(services, bob, shelf=Shelf.NOTED) == []


def test_nobody_sees_the_library_of_another(services: Services, bob: Account) -> None:
    eve = person(services, "eve")
    services.community.library.put(bob, LOOMS, Shelf.SAVED)
    assert keys(services, eve) == []
    number = services.store.paper(LOOMS).paper_id
    assert services.community.library.marks(eve, [number]) == {}


def test_a_shelf_is_narrowed_by_category_and_by_what_is_unread(
    services: Services, bob: Account
) -> None:
    library = services.community.library
    for key in (LOOMS, KILNS, SAILS):
        library.put(bob, key, Shelf.SAVED)
    library.put(bob, SAILS, Shelf.READ)
    assert keys(services, bob) == [SAILS, KILNS, LOOMS]
    assert keys(services, bob, category="cs") == [SAILS, LOOMS]
    assert keys(services, bob, category="cs.LG", is_unread=True) == [LOOMS]
    table = services.store.people.marks
    assert table.categories(bob.account_id, Shelf.SAVED, 5) == [("cs.LG", 2), ("math.CO", 1)]
    assert table.counts(bob.account_id) == {
        Shelf.SAVED: 3, Shelf.NOTED: 0, Shelf.READ: 1, Shelf.DISMISSED: 0,
    }  # fmt: skip


@pytest.mark.parametrize("has_index", [True, False])
def test_words_are_found_in_papers_and_in_notes(
    services: Services, bob: Account, has_index: bool
) -> None:
    if has_index:
        sync_index(services)
    library = services.community.library
    for key in (LOOMS, KILNS):
        library.put(bob, key, Shelf.SAVED)
    library.write_note(bob, KILNS, "Like the looms of the other town")
    assert keys(services, bob, words="looms") == [KILNS, LOOMS]
    assert keys(services, bob, words="kilns") == [KILNS]
    assert keys(services, bob, words="sails") == []
    if has_index:
        assert keys(services, bob, words="Wheel sea") == [KILNS, LOOMS]
    else:
        assert "titles" in shelf_page(services, bob, Asked(words="looms")).notes[0]


def test_a_library_is_paged(services: Services, bob: Account) -> None:
    for key in (LOOMS, KILNS, SAILS):
        services.community.library.put(bob, key, Shelf.SAVED)
    first = shelf_page(services, bob, Asked(limit=2))
    assert (first.total, first.next_offset, len(first.papers)) == (3, 2, 2)
    last = shelf_page(services, bob, Asked(limit=2, offset=2))
    assert (last.next_offset, [paper.key for paper, _ in last.papers]) == (None, [LOOMS])


def test_marks_follow_a_former_key(services: Services, bob: Account) -> None:
    services.store.ingest(
        [PaperRecord("journal", "10.5555/tides", "Tides", "Of moons.", doi="10.5555/tides")],
        now=NOW,
    )
    services.community.library.put(bob, "10.5555/tides", Shelf.SAVED)
    services.store.ingest(
        [PaperRecord("corpus", "2608.00009", "Tides", "Of moons.", doi="10.5555/tides",
                     arxiv_id="2608.00009")],
        now=NOW,
    )  # fmt: skip
    key, mark = services.community.library.put(bob, "10.5555/tides", Shelf.READ)
    assert key == "2608.00009"
    assert mark.is_on(Shelf.SAVED)


def test_nothing_is_marked_that_is_not_here_or_by_who_may_not(
    services: Services, bob: Account
) -> None:
    library = services.community.library
    with pytest.raises(NotFound):
        library.put(bob, "2608.99999", Shelf.SAVED)
    with pytest.raises(PermissionDenied, match="waits"):
        library.put(replace(bob, is_approved=False), LOOMS, Shelf.SAVED)
    assert library.marks(bob, [1, 2, 3]) == {}


def test_a_mark_says_on_which_shelves_it_stands() -> None:
    assert [shelf for shelf in Shelf if Mark(1, saved_at=NOW, note="x").is_on(shelf)] == [
        Shelf.SAVED, Shelf.NOTED,
    ]  # fmt: skip
