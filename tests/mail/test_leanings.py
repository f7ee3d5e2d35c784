"""More and less like this: what it moves in the next digests, what is said of it, and taking it back."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from desks import DAY, Clock, Opened, a_day, invented, open_desk, subscribe
from sqlalchemy import event
from starlette.testclient import TestClient

from apps import app_around
from broadsheet.delivery.mail.joining import token_of
from broadsheet.delivery.mail.rounds import Desk, queue_due
from broadsheet.digests import Digest
from broadsheet.domain import Hit, PaperRecord
from broadsheet.mail import Preferences, Subscriber, Subscription, SubscriptionKind
from broadsheet.ranking.leanings import Liked, arranged
from broadsheet.services import Services
from broadsheet.subscriptions.links import Purpose

BEES = "We keep honey bees in glass hives, and count how the swarm of bees dances for nectar in spring."
ICE = (
    "We drill ice cores from a glacier, and read the climate of the past in layers of frozen snow."
)
BEE_PAPERS, ICE_PAPERS = (21, 22, 23), (31, 32, 33)


def records() -> list[PaperRecord]:
    def about(number: int, title: str, abstract: str) -> PaperRecord:
        return invented(
            number, title=f"{title}, Part {number}", abstract=f"{abstract} No. {number}."
        )

    bees = [about(number, "Dances of Honey Bees", BEES) for number in BEE_PAPERS]
    ice = [about(number, "Layers of Glacier Ice", ICE) for number in ICE_PAPERS]
    return [*a_day(DAY, papers=10), *bees, *ice]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with these papers and their index, to be copied."""
    folder = tmp_path_factory.mktemp("bees") / "data"
    open_desk(folder, records=records(), is_indexed=True).store.close()
    return folder


@pytest.fixture
def services(opened: Opened, indexed: Path, tmp_path: Path) -> Services:
    shutil.copytree(indexed, tmp_path / "data", dirs_exist_ok=True)
    return opened(records=[])


@pytest.fixture
def either(opened: Opened, store_url: str) -> Services:
    """The same on each kind of database."""
    return opened(database_url=store_url, records=records(), is_indexed=True)


def digest_of(services: Services, reader: Subscriber) -> Digest:
    desk = Desk(services, services.clock())
    found = desk.editor.digest_for(reader, DAY, desk.editor.batch([reader]))
    assert found is not None
    return found


def numbers(digest: Digest) -> list[int]:
    return [int(hit.paper.key.rpartition(".")[2]) for hit in digest.hits]


def lean(services: Services, reader: Subscriber, number: int, *, more: bool) -> int:
    paper = services.store.paper(f"2608.{number:05d}")
    services.store.mail.leanings.keep(
        reader.subscriber_id, paper.paper_id, services.clock(), wants_more=more
    )
    return paper.paper_id


def by_day(most: int, kind: SubscriptionKind = SubscriptionKind.DAY) -> Preferences:
    return Preferences(subscriptions=(Subscription(kind),), most_papers=most)


def test_papers_like_a_wanted_one_move_up_and_say_why(either: Services) -> None:
    services = either
    reader = subscribe(services, preferences=by_day(5))
    assert not set(BEE_PAPERS) & set(numbers(digest_of(services, reader)))
    lean(services, reader, 21, more=True)
    digest = digest_of(services, reader)
    assert set(BEE_PAPERS) <= set(numbers(digest))
    bee = next(hit for hit in digest.hits if hit.paper.title.endswith("Part 22"))
    assert bee.reasons[0].text == "Like “Dances of Honey Bees, Part 21”, of which you wanted more."


def test_papers_too_near_to_an_unwanted_one_leave_broad_lists(services: Services) -> None:
    reader = subscribe(services, preferences=by_day(30))
    assert set(ICE_PAPERS) <= set(numbers(digest_of(services, reader)))
    lean(services, reader, 31, more=False)
    assert not set(ICE_PAPERS) & set(numbers(digest_of(services, reader)))
    assert set(BEE_PAPERS) <= set(numbers(digest_of(services, reader)))


def test_search_asked_for_keeps_unwanted_papers_last(services: Services) -> None:
    search = Subscription(SubscriptionKind.AUTHOR, "Bo Writer")
    reader = subscribe(services, preferences=Preferences(subscriptions=(search,), most_papers=30))
    lean(services, reader, 31, more=False)
    digest = digest_of(services, reader)
    assert set(numbers(digest)[-3:]) == set(ICE_PAPERS)
    assert digest.hits[-1].reasons[0].text.endswith("of which you wanted less.")


def test_leaning_taken_back_leaves_no_trace(either: Services) -> None:
    services = either
    reader = subscribe(services, preferences=by_day(30))
    before = numbers(digest_of(services, reader))
    bee = lean(services, reader, 21, more=True)
    lean(services, reader, 31, more=False)
    assert numbers(digest_of(services, reader)) != before
    services.store.mail.leanings.drop(reader.subscriber_id, bee)
    services.store.mail.leanings.drop(reader.subscriber_id)
    assert numbers(digest_of(services, reader)) == before


def test_leaning_of_one_reader_moves_nothing_for_another(services: Services) -> None:
    ann = subscribe(services, preferences=by_day(5))
    bob = subscribe(services, "bob@example.org", by_day(5))
    lean(services, ann, 21, more=True)
    desk = Desk(services, services.clock())
    first, second = (edition.mail for edition in desk.editions([ann, bob]))
    assert first is not None
    assert second is not None
    assert b"wanted more" in first.message
    assert b"wanted more" not in second.message


def test_missing_index_leaves_the_lists_as_they_are(opened: Opened) -> None:
    services = opened()
    reader = subscribe(services, preferences=by_day(5))
    lean(services, reader, 3, more=True)
    assert numbers(digest_of(services, reader)) == [1, 2, 3, 4, 5]


def statements(services: Services, readers: list[Subscriber]) -> int:
    found: list[str] = []
    desk = Desk(services, services.clock())
    engine = services.store._database._engine
    event.listen(engine, "before_cursor_execute", lambda *given: found.append(given[2]))
    list(desk.editions(readers))
    return len(found)


def test_statements_do_not_grow_with_leanings_or_readers(services: Services) -> None:
    readers = [subscribe(services, f"r{number}@example.org", by_day(5)) for number in range(6)]
    plain = statements(services, readers[:1])
    lean(services, readers[0], 21, more=True)
    one = statements(services, readers[:1])
    for reader in readers:
        for number in (1, 2, 3, 4, 5, 22, 31):
            lean(services, reader, number, more=number % 2 == 0)
    assert statements(services, readers) == one
    assert one - plain <= 4


def test_what_was_pressed_stands_on_the_preferences_and_is_removed_there(
    services: Services,
) -> None:
    reader = subscribe(services)
    client = TestClient(app_around(services), follow_redirects=False)
    act = token_of(services, Purpose.ACT, reader, services.clock())
    client.post(f"/d/{act}/more/2608.00021")
    client.post(f"/d/{act}/less/2608.00031")
    path = f"/subscriptions/{token_of(services, Purpose.MANAGE, reader, services.clock())}"
    page = client.get(path).text
    assert re.findall(r"(More|Less) like</span>", page) == ["Less", "More"]
    paper = services.store.paper("2608.00031").paper_id
    assert client.post(f"{path}/leanings", data={"paper": str(paper)}).status_code == 303
    assert "Layers of Glacier Ice" not in client.get(path).text
    client.post(f"{path}/leanings", data={"paper": "no number"})
    assert "Dances of Honey Bees" in client.get(path).text
    client.post(f"{path}/leanings")
    assert services.store.mail.leanings.of([reader.subscriber_id]) == {}


def test_leanings_are_taken_back_with_the_readers_own_link_only(services: Services) -> None:
    reader = subscribe(services)
    lean(services, reader, 21, more=True)
    client = TestClient(app_around(services), follow_redirects=False)
    act = token_of(services, Purpose.ACT, reader, services.clock())
    for link in (act, "forged"):
        assert client.post(f"/subscriptions/{link}/leanings").status_code == 404
    assert services.store.mail.leanings.of([reader.subscriber_id])


def test_order_follows_nearness_and_equal_papers_keep_theirs(services: Services) -> None:
    papers = services.store.papers(list(range(1, 7)))
    angles = dict(zip([paper.paper_id for paper in papers], (90, 90, 90, 90, 30, 0), strict=True))

    def vectors(ids: object) -> dict[int, object]:
        return {
            number: np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))], np.float32)
            for number, angle in angles.items()
        }

    wanted = Liked("A Paper", np.array([1, 0], np.float32), wants_more=True)
    hits = [Hit(paper) for paper in papers]
    found = arranged(hits, [wanted], vectors, most=5, leaves_out=True)
    order = [hits.index(Hit(hit.paper)) for hit in found]
    assert order == [5, 4, 0, 1, 2, 3]


def test_sent_long_ago_is_forgotten_but_nothing_that_may_come_again(
    either: Services, moving: Clock
) -> None:
    services = either
    from broadsheet.delivery.mail.rounds import forget_old

    reader = subscribe(services, preferences=by_day(10))
    queue_due(services)
    moving.advance(days=420)
    assert forget_old(services) == 0  # the newest papers of the library are these
    services.store.ingest([invented(50, moving().date())], now=moving())
    assert forget_old(services) == 10
    assert services.store.mail.sent.count(reader.subscriber_id) == 0


def test_nothing_is_forgotten_of_a_reader_who_follows_a_collection(
    services: Services, moving: Clock
) -> None:
    from broadsheet.delivery.mail.rounds import forget_old

    followed = Subscription(SubscriptionKind.COLLECTION, "1 1 ada/mills - Mills")
    plain = Subscription(SubscriptionKind.DAY)
    reader = subscribe(services, preferences=Preferences(subscriptions=(plain, followed)))
    queue_due(services)
    moving.advance(days=420)
    services.store.ingest([invented(50, moving().date())], now=moving())
    assert forget_old(services) == 0
    assert services.store.mail.sent.count(reader.subscriber_id) == 10
