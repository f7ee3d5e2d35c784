"""Preferences as text and back, checked: what a form sends, and what a row keeps.

The text is canonical: equal preferences have equal texts, so that work is shared between readers
who want the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, NoReturn

import orjson

from broadsheet.mail import EVERY_DAY, Preferences, Subscription, SubscriptionKind
from broadsheet.subscriptions.references import read_reference
from broadsheet.subscriptions.schedule import zone_of

MOST_PAPERS = 30
"""A digest of so many papers stays below the 102 KB at which large providers cut mails."""
MOST_SUBSCRIPTIONS = 20
MOST_LEFT_OUT = 100
LONGEST_VALUE = 300
LONGEST_SAVED = 500
"""As long as the query of a search that an account may save."""
_LAST_MONTH_DAY = 28
_NOUNS = {SubscriptionKind.SAVED: "saved search"}
_CATEGORY = re.compile(r"[\w.+-]{1,60}")


def write_preferences(preferences: Preferences) -> str:
    """The preferences as canonical JSON."""
    return orjson.dumps(asdict(preferences), option=orjson.OPT_SORT_KEYS).decode()


def read_preferences(text: str) -> Preferences:
    """The preferences that `write_preferences` wrote."""
    values: dict[str, Any] = orjson.loads(text)
    given = values.pop("subscriptions")
    away_until = values.pop("away_until")
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Preferences(
        subscriptions=tuple(
            Subscription(SubscriptionKind(one["kind"]), one["value"]) for one in given
        ),
        away_until=date.fromisoformat(away_until) if away_until else None,
        **{**values, **lists},
    )


def checked(preferences: Preferences) -> Preferences:
    """The preferences tidied; raises ValueError with a sentence for what nobody can want."""
    zone_of(preferences.time_zone)
    if not 0 <= preferences.hour <= 23 or not 0 <= preferences.minute <= 59:  # noqa: PLR2004
        _refuse("A time of day runs from 00:00 to 23:59.")
    if preferences.month_day is not None and not 1 <= preferences.month_day <= _LAST_MONTH_DAY:
        _refuse("Choose a day of the month from 1 to 28, so that every month has it.")
    weekdays = tuple(sorted(set(preferences.weekdays)))
    if not weekdays or not set(weekdays) <= set(EVERY_DAY):
        _refuse("Choose at least one weekday.")
    if not 1 <= preferences.most_papers <= MOST_PAPERS:
        _refuse(f"A digest holds 1 to {MOST_PAPERS} papers.")
    if preferences.least_votes < 0 or not 0 <= preferences.least_score < float("inf"):
        _refuse("The fewest votes and the least score are 0 or more.")
    values = asdict(preferences)
    return Preferences(
        **{
            **values,
            "weekdays": weekdays,
            "subscriptions": _subscriptions(preferences.subscriptions),
            "without_words": tidy_list(preferences.without_words),
            "without_authors": tidy_list(preferences.without_authors),
            "without_categories": tidy_list(preferences.without_categories),
        }
    )


def _subscriptions(given: Iterable[Subscription]) -> tuple[Subscription, ...]:
    found = tuple(dict.fromkeys(map(_subscription, given)))
    if not found:
        _refuse("Choose at least one list: trending, the day’s papers, a category or a search.")
    if len(found) > MOST_SUBSCRIPTIONS:
        _refuse(f"One digest brings {MOST_SUBSCRIPTIONS} lists at most.")
    return found


def _subscription(given: Subscription) -> Subscription:
    value = " ".join(given.value.split())
    if given.kind in {SubscriptionKind.TRENDING, SubscriptionKind.DAY}:
        return Subscription(given.kind)
    is_kept = given.kind in {SubscriptionKind.SAVED, SubscriptionKind.COLLECTION}
    longest = LONGEST_SAVED if is_kept else LONGEST_VALUE
    if not value or len(value) > longest or not value.isprintable():
        _refuse(
            f"Say which {_NOUNS.get(given.kind, given.kind.value)} to follow, in {longest} "
            "characters at most."
        )
    if given.kind is SubscriptionKind.CATEGORY and not _CATEGORY.fullmatch(value):
        _refuse(f"“{value[:40]}” is no category. Write one as cs.CL, or an archive as cs.")
    if given.kind is SubscriptionKind.COLLECTION:
        read_reference(value)
    return Subscription(given.kind, value)


def tidy_list(texts: Iterable[str]) -> tuple[str, ...]:
    """Texts without blanks around them, each once, sorted; empty ones left out."""
    found = {" ".join(text.split())[:LONGEST_VALUE] for text in texts}
    kept = tuple(sorted(text for text in found if text and text.isprintable()))
    if len(kept) > MOST_LEFT_OUT:
        _refuse(f"At most {MOST_LEFT_OUT} words, authors or categories can be left out.")
    return kept


def _refuse(sentence: str) -> NoReturn:
    raise ValueError(sentence)


def changed(preferences: Preferences, values: Mapping[str, Any]) -> Preferences:
    """The preferences with some values replaced, checked as a whole."""
    known = {name: getattr(preferences, name) for name in Preferences.__slots__}
    return checked(Preferences(**{**known, **values}))
