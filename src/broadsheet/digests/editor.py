"""The editor of digests: for one reader's preferences and day, the papers since the last one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from broadsheet.digests.additions import Additions
from broadsheet.digests.batch import Batch, Meanings
from broadsheet.digests.choosing import Arrange, choose
from broadsheet.digests.lists import DigestList, Lists, Span
from broadsheet.digests.reach import Reach, Reaches
from broadsheet.domain import Hit, Paper, SourceState
from broadsheet.mail import Preferences, Subscriber, Subscription, SubscriptionKind
from broadsheet.ranking.leanings import Liked, arranged
from broadsheet.ranking.listings import Ranking
from broadsheet.services import Services
from broadsheet.source_states import state_of
from broadsheet.subscriptions.references import read_reference
from broadsheet.subscriptions.schedule import LONGEST_CATCH_UP, period_days

_VOTES_NEED_DAYS = 7
"""Where a reader asks for votes, papers of so many days may still gather them."""
_SLACK_DAYS = 3
_OVERLAP = timedelta(hours=1)
"""What was added while the digest before was made is looked at again; no paper comes twice."""
_BROAD = (SubscriptionKind.TRENDING, SubscriptionKind.DAY, SubscriptionKind.CATEGORY)
"""Lists that nobody asked for paper by paper: papers too near to unwanted ones leave them."""
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


@dataclass(frozen=True, slots=True)
class Past:
    """What a reader's digests have seen: up to which listing day, when, and which papers.

    `load` is told, list by list, which papers `was_sent` is going to be asked about.
    """

    covered_on: date | None = None
    looked_at: datetime | None = None
    load: Callable[[Collection[int]], None] = lambda _: None
    was_sent: Callable[[Paper], bool] = lambda _: False


class Editor:
    """Makes the digests of one round; lists are shared by all readers of the round.

    `now` is the instant for which lists are asked, usually the present.
    """

    def __init__(self, services: Services, now: datetime) -> None:
        self._store = services.store
        self._now = now
        self._lists = Lists(Ranking(services.store, services.index, lambda: now).page)
        self._additions = Additions(services.store, now)
        self._meanings = Meanings(services.index)
        self.newest_on = services.store.newest_day()

    def batch(self, readers: Sequence[Subscriber]) -> Batch:
        """What is known of these readers."""
        return Batch(self._store, self._meanings, readers)

    def digest_for(self, reader: Subscriber, edition: date, batch: Batch) -> Digest | None:
        """The reader's digest of an edition; None when there is nothing new to send."""
        past = Past(
            reader.covered_on,
            reader.looked_at,
            batch.sent.load,
            batch.sent.was_sent(reader.subscriber_id),
        )
        return self._digest(batch.reach(reader), edition, past, batch.liked(reader))

    def digest(
        self,
        preferences: Preferences,
        edition: date,
        past: Past = Past(),
        account_id: int | None = None,
    ) -> Digest | None:
        """The digest of an edition for anybody with these preferences, or for an account."""
        reaches = Reaches(self._store.mail.followed, [(account_id, preferences)])
        return self._digest(reaches.of(account_id, preferences), edition, past, ())

    def _digest(
        self, reach: Reach, edition: date, past: Past, liked: Sequence[Liked]
    ) -> Digest | None:
        preferences, covered_on = reach.preferences, past.covered_on
        span = self.span(preferences, edition, covered_on)
        if span is None:
            return None
        since = self._since(preferences, past.looked_at)
        lists = [self._list(each, span, since) for each in preferences.subscriptions]
        chosen = choose(
            [_read(one, past.load) for one in lists],
            preferences,
            past.was_sent,
            self._arrange(preferences, liked),
        )
        if not any(_has_news(*each, past) for each in zip(lists, chosen, strict=True)):
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
            notes=tuple(
                dict.fromkeys(
                    [*map(loss_in_words, reach.lost), *(one.note for one in lists if one.note)]
                )
            ),
            also_in=_also_in(preferences.subscriptions, lists, chosen),
        )

    def _list(self, subscription: Subscription, span: Span, since: datetime) -> DigestList:
        if subscription.kind is SubscriptionKind.COLLECTION:
            return self._additions.of(subscription, since)
        return self._lists.of(subscription, span)

    def _arrange(self, preferences: Preferences, liked: Sequence[Liked]) -> Arrange:
        """Puts what fits into the order that the reader's leanings ask for."""
        if not liked:
            return lambda _, hits: hits
        return lambda place, hits: arranged(
            hits,
            liked,
            self._meanings.of,
            most=preferences.most_papers,
            leaves_out=preferences.subscriptions[place].kind in _BROAD,
        )

    def _since(self, preferences: Preferences, looked_at: datetime | None) -> datetime:
        """After which instant what is added to a collection is new; at first, within a period."""
        period = timedelta(days=period_days(preferences))
        longest = LONGEST_CATCH_UP if preferences.catches_up and looked_at else period
        return max(looked_at or self._now - longest, self._now - longest) - _OVERLAP

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


def _has_news(one: DigestList, hits: Sequence[Hit], past: Past) -> bool:
    if one.is_all_new:
        return bool(hits)
    return any(_is_news(hit.paper, past) for hit in hits)


def _is_news(paper: Paper, past: Past) -> bool:
    if past.covered_on is None or paper.listed_on > past.covered_on:
        return True
    return past.looked_at is not None and paper.added_at > past.looked_at


def loss_in_words(lost: Subscription) -> str:
    """Why nothing comes of a subscription any more, and what to do."""
    if lost.kind is SubscriptionKind.SAVED:
        return f"The search “{lost.value}” is no longer saved in your account: it brings nothing."
    name = read_reference(lost.value).name
    return (
        f"The collection “{name}” can no longer be read: it became private, or was deleted. It "
        "brings nothing."
    )


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
