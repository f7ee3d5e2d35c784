"""The editor of digests: for one reader's preferences and day, the papers since the last one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from broadsheet.digests.choosing import choose
from broadsheet.digests.lists import DigestList, Lists, Span
from broadsheet.domain import Hit, Paper, SourceState
from broadsheet.mail import Preferences, Subscriber, Subscription
from broadsheet.ranking.listings import Ranking
from broadsheet.services import Services
from broadsheet.source_states import state_of
from broadsheet.store.mail.sent import SentPapers
from broadsheet.subscriptions.schedule import LONGEST_CATCH_UP, period_days

_VOTES_NEED_DAYS = 7
"""Where a reader asks for votes, papers of so many days may still gather them."""
_SLACK_DAYS = 3
_TROUBLED = (SourceState.STALLED, SourceState.FAILED)


@dataclass(frozen=True, slots=True)
class Section:
    """The papers of one list in a digest, best first."""

    subscription: Subscription
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """One edition for readers who want the same: `span` says which listing days it covers.

    `notes` are sentences about lists that could not be read in full. `also_in` names, by number of
    paper, the reader's further lists that hold it.
    """

    edition: date
    preferences: Preferences
    span: Span
    sections: tuple[Section, ...]
    is_catch_up: bool = False
    notes: tuple[str, ...] = ()
    also_in: tuple[tuple[int, tuple[Subscription, ...]], ...] = ()

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All hits in the order in which they stand."""
        return tuple(hit for section in self.sections for hit in section.hits)

    @property
    def paper_ids(self) -> tuple[int, ...]:
        """The numbers of all papers, in order."""
        return tuple(hit.paper.paper_id for hit in self.hits)

    @property
    def strongest(self) -> Paper:
        """The paper with the most votes and comments; the first of equals."""
        return max(
            (hit.paper for hit in self.hits), key=lambda paper: (paper.votes, paper.comments)
        )


class Sent:
    """What the readers of one batch were sent before, asked list by list, not reader by reader."""

    def __init__(self, table: SentPapers, subscriber_ids: Sequence[int]) -> None:
        self._table = table
        self._subscriber_ids = subscriber_ids
        self._asked: set[int] = set()
        self._found: dict[int, set[int]] = defaultdict(set)

    def load(self, paper_ids: Collection[int]) -> None:
        """Ask about papers that have not been asked about yet."""
        fresh = set(paper_ids) - self._asked
        if fresh:
            self._asked |= fresh
            for subscriber_id, found in self._table.among(self._subscriber_ids, fresh).items():
                self._found[subscriber_id] |= found

    def was_sent(self, subscriber_id: int) -> Callable[[Paper], bool]:
        """Whether a paper was sent to a reader before."""
        found = self._found[subscriber_id]
        return lambda paper: paper.paper_id in found


class Editor:
    """Makes the digests of one round; lists are shared by all readers of the round.

    `now` is the instant for which lists are asked, usually the present.
    """

    def __init__(self, services: Services, now: datetime) -> None:
        self._store = services.store
        self._now = now
        self._lists = Lists(Ranking(services.store, services.index, lambda: now).page)
        self.newest_on = services.store.newest_day()

    def sent(self, subscribers: Sequence[Subscriber]) -> Sent:
        """What these readers were sent before."""
        return Sent(self._store.mail.sent, [each.subscriber_id for each in subscribers])

    def digest_for(self, reader: Subscriber, edition: date, sent: Sent) -> Digest | None:
        """The reader's digest of an edition; None when there is nothing new to send."""
        return self.digest(
            reader.preferences,
            edition,
            covered_on=reader.covered_on,
            looked_at=reader.looked_at,
            load=sent.load,
            was_sent=sent.was_sent(reader.subscriber_id),
        )

    def digest(
        self,
        preferences: Preferences,
        edition: date,
        *,
        covered_on: date | None = None,
        looked_at: datetime | None = None,
        load: Callable[[Collection[int]], None] = lambda _: None,
        was_sent: Callable[[Paper], bool] = lambda _: False,
    ) -> Digest | None:
        """The digest of an edition for anybody with these preferences.

        `covered_on` and `looked_at` tell what the last digest saw; without them this is the first.
        `load` is told, list by list, which papers `was_sent` is going to be asked about.
        """
        span = self.span(preferences, edition, covered_on)
        if span is None:
            return None
        lists = [self._lists.of(each, span) for each in preferences.subscriptions]
        chosen = choose([_read(one, load) for one in lists], preferences, was_sent)
        if not any(_is_news(hit.paper, covered_on, looked_at) for part in chosen for hit in part):
            return None
        return Digest(
            edition=edition,
            preferences=preferences,
            span=span,
            sections=tuple(
                Section(subscription, tuple(hits))
                for subscription, hits in zip(preferences.subscriptions, chosen, strict=True)
                if hits
            ),
            is_catch_up=covered_on is not None
            and span.days > period_days(preferences) + _SLACK_DAYS,
            notes=tuple(dict.fromkeys(one.note for one in lists if one.note)),
            also_in=_also_in(preferences.subscriptions, lists, chosen),
        )

    def span(self, preferences: Preferences, edition: date, covered_on: date | None) -> Span | None:
        """The listing days that an edition covers; None for an empty library.

        From the last day that the digest before has seen, which may have gained papers since; the
        first digest covers one period.
        """
        if self.newest_on is None:
            return None
        end = min(self.newest_on, edition)
        period = timedelta(days=period_days(preferences) - 1)
        earliest = end - LONGEST_CATCH_UP if preferences.catches_up else end - period
        start = end - period if covered_on is None else min(max(covered_on, earliest), end)
        if preferences.least_votes:
            start = min(start, end - timedelta(days=_VOTES_NEED_DAYS - 1))
        return Span(start, end)

    def troubles(self) -> tuple[str, ...]:
        """A sentence for each source that is stalled or failed, so that silence is not quiet."""
        found = ((source.name, *state_of(source, self._now)) for source in self._store.sources())
        return tuple(
            f"{name} is {state.value}: {reason}"
            for name, state, reason in found
            if state in _TROUBLED
        )


def _read(hits: DigestList, load: Callable[[Collection[int]], None]) -> Iterator[Hit]:
    """The hits of a list; each part that has been read is announced before it is looked at."""
    announced = 0
    for place, hit in enumerate(hits):
        if place >= announced:
            load([each.paper.paper_id for each in hits.loaded[announced:]])
            announced = len(hits.loaded)
        yield hit


def _is_news(paper: Paper, covered_on: date | None, looked_at: datetime | None) -> bool:
    if covered_on is None or paper.listed_on > covered_on:
        return True
    return looked_at is not None and paper.added_at > looked_at


def _also_in(
    subscriptions: Sequence[Subscription],
    lists: Sequence[DigestList],
    chosen: Sequence[Iterable[Hit]],
) -> tuple[tuple[int, tuple[Subscription, ...]], ...]:
    if len(subscriptions) == 1:
        return ()
    members = [{hit.paper.paper_id for hit in one.loaded} for one in lists]
    found = []
    for place, hits in enumerate(chosen):
        for hit in hits:
            number = hit.paper.paper_id
            others = tuple(
                subscription
                for other, subscription in enumerate(subscriptions)
                if other != place and number in members[other]
            )
            if others:
                found.append((number, others))
    return tuple(found)
