"""A fortnight of the worker: days come and go, services fail, and nothing is lost or doubled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from outside import Clock, hf_list, oai_answer, oai_record

from broadsheet import intake, worker
from broadsheet.domain import Listing, ListingKind, SourceState
from broadsheet.services import Services
from broadsheet.source_states import state_of
from broadsheet.sources.live.calendars import is_announcement_day
from loopback import CUT, Loopback

FIRST = date(2026, 8, 3)  # a Monday
DAYS = [FIRST + timedelta(days=number) for number in range(14)]
STEP = timedelta(hours=6)
THROTTLED, CUT_OFF, STALE, EXCUSED = DAYS[2], DAYS[4], DAYS[8], DAYS[10]


@dataclass
class World:
    """What the services publish on each day: four papers at each, on working days."""

    server: Loopback
    _turned: tuple[date, bool] | None = None

    def papers(self, day: date, first: int) -> list[int]:
        if day.weekday() >= 5:
            return []
        place = (day - FIRST).days
        return [first + place * 10 + number for number in range(4)]

    def turn(self, now: datetime) -> None:
        """Make the server answer as the services do at this moment."""
        turn = (now.date(), _is_out(now))
        if turn == self._turned:
            return
        self._turned = turn
        self.server.forget()
        self._lists(now.date())
        self._arxiv(now)

    def _lists(self, day: date) -> None:
        if day == THROTTLED:
            self.server.answer("/hf", status=429)
            return
        for each in DAYS:
            numbers = self.papers(each, 1000) if each <= day else []
            votes = 1 + (day - each).days
            fault = CUT if day == CUT_OFF else ""
            self.server.answer(
                "/hf", body=hf_list(numbers, each, votes), query={"date": str(each)}, fault=fault
            )
        self.server.answer("/hf", body="[]")

    def _arxiv(self, now: datetime) -> None:
        if now.date() == EXCUSED:
            self.server.answer("/oai", body="Rate exceeded.")
            return
        newest = now.date() if _is_out(now) else now.date() - timedelta(days=1)
        if now.date() == STALE:
            newest = STALE - timedelta(days=3)
        records = [
            oai_record(number, each)
            for each in DAYS
            if each <= newest and is_announcement_day(each - timedelta(days=1))
            for number in self.papers(each, 3000)
        ]
        self.server.answer("/oai", body=oai_answer(records, now))

    def everything(self) -> set[str]:
        return {
            f"2608.{number:05d}"
            for day in DAYS
            for first in (1000, 3000)
            for number in self.papers(day, first)
        }


def _is_out(now: datetime) -> bool:
    """Whether the evening's announcement, dated the day after, has reached OAI-PMH in the night."""
    return now.time() >= time(2, 30)


def states(services: Services) -> dict[str, SourceState]:
    now = services.clock()
    return {source.name: state_of(source, now)[0] for source in services.store.sources()}


def live_through(
    services: Services, moving: Clock, world: World
) -> dict[datetime, dict[str, SourceState]]:
    """Work every six hours for fourteen days; the states after each time."""
    told = {}
    moving.now = datetime.combine(FIRST, time(0, 30), UTC)
    for name, options in (("huggingface", {"days": "4"}), ("arxiv-oai", {})):
        path = "/hf" if name == "huggingface" else "/oai"
        intake.add_source(services, name, {"url": world.server.url + path, **options})
    while moving.now.date() <= DAYS[-1]:
        world.turn(moving.now)
        worker.work_once(services, lambda _: None)
        told[moving.now] = states(services)
        moving.now += STEP
    return told


def test_a_fortnight_ends_with_every_paper_once_and_true_states_each_day(
    services: Services, server: Loopback, moving: Clock
) -> None:
    world = World(server)
    told = live_through(services, moving, world)

    exported = list(services.store.every_paper())
    keys = [paper.key for paper, _ in exported]
    assert len(keys) == len(set(keys))
    assert set(keys) == world.everything()
    for paper, _ in exported:
        place = (int(paper.key[-5:]) % 1000) // 10
        assert paper.listed_on == DAYS[place]

    def on(day: date, hour: int, name: str) -> SourceState:
        return told[datetime.combine(day, time(hour, 30), UTC)][name]

    assert on(DAYS[1], 6, "huggingface") is SourceState.FRESH
    assert on(THROTTLED, 6, "huggingface") is SourceState.FAILED
    assert on(DAYS[3], 6, "huggingface") is SourceState.FRESH
    assert on(CUT_OFF, 6, "huggingface") is SourceState.FAILED
    assert on(DAYS[1], 6, "arxiv-oai") is SourceState.FRESH
    assert on(STALE, 6, "arxiv-oai") is SourceState.STALLED
    assert on(STALE + timedelta(days=1), 6, "arxiv-oai") is SourceState.FRESH
    assert on(EXCUSED, 6, "arxiv-oai") is SourceState.FAILED
    assert on(EXCUSED + timedelta(days=1), 18, "arxiv-oai") is SourceState.FRESH
    sunday = DAYS[6]
    assert on(sunday, 6, "arxiv-oai") is SourceState.WAITING

    last = services.store.paper(f"2608.{world.papers(DAYS[11], 1000)[0]:05d}")
    assert last.votes == 1 + 2  # Friday's list, asked for the last time on Sunday
    page = services.ranking.page(Listing(ListingKind.SEARCH, query=last.title))
    assert page.hits[0].paper.key == last.key
    assert services.store.pending(services.index.state().revision) == 0
