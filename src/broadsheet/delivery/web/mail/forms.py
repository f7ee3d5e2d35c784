"""What the form of preferences sends, as preferences, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from starlette.datastructures import FormData, QueryParams

from broadsheet.errors import InputError, QueryError
from broadsheet.mail import EVERY_DAY, Preferences, Subscription, SubscriptionKind
from broadsheet.ranking.query import parse
from broadsheet.subscriptions.preferences import changed
from broadsheet.subscriptions.references import CollectionReference, read_reference

Given = FormData | QueryParams
T = TypeVar("T")

_SEPARATORS = re.compile(r"[\r\n,;]+")
_LINES = re.compile(r"[\r\n]+")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_LONGEST_TEXT = 20_000
_LISTED = {
    "categories": (SubscriptionKind.CATEGORY, _SEPARATORS),
    "searches": (SubscriptionKind.SEARCH, _LINES),
    "authors": (SubscriptionKind.AUTHOR, _LINES),
    "collections": (SubscriptionKind.COLLECTION, _LINES),
    "saved": (SubscriptionKind.SAVED, _LINES),
}
_LEFT_OUT = {
    "without_words": _SEPARATORS,
    "without_authors": _LINES,
    "without_categories": _SEPARATORS,
}
_PLAIN = (SubscriptionKind.TRENDING, SubscriptionKind.DAY)


class Readable(Protocol):
    """What whoever fills the form in may read."""

    def collection(self, text: str) -> CollectionReference:
        """The collection that was typed. Raises InputError."""

    def saved_search(self, query: str) -> str:
        """The query of a search that their account has saved. Raises InputError."""


@dataclass(frozen=True, slots=True)
class PreferencesForm:
    """The preferences as the fields of a form show them."""

    lists: frozenset[str]
    categories: str
    searches: str
    authors: str
    collections: str
    saved: frozenset[str]
    weekdays: frozenset[int]
    month_day: int | None
    time: str
    time_zone: str
    most_papers: int
    least_votes: int
    least_score: float
    without_words: str
    without_authors: str
    without_categories: str
    catches_up: bool
    away_until: str


def shown(preferences: Preferences) -> PreferencesForm:
    """The form filled in."""

    def values(kind: SubscriptionKind, between: str) -> str:
        return between.join(each.value for each in preferences.subscriptions if each.kind is kind)

    collections = (
        read_reference(each.value).typed
        for each in preferences.subscriptions
        if each.kind is SubscriptionKind.COLLECTION
    )
    return PreferencesForm(
        lists=frozenset(each.kind.value for each in preferences.subscriptions),
        categories=values(SubscriptionKind.CATEGORY, ", "),
        searches=values(SubscriptionKind.SEARCH, "\n"),
        authors=values(SubscriptionKind.AUTHOR, "\n"),
        collections="\n".join(collections),
        saved=frozenset(values(SubscriptionKind.SAVED, "\n").split("\n")),
        weekdays=frozenset(preferences.weekdays),
        month_day=preferences.month_day,
        time=f"{preferences.hour:02d}:{preferences.minute:02d}",
        time_zone=preferences.time_zone,
        most_papers=preferences.most_papers,
        least_votes=preferences.least_votes,
        least_score=preferences.least_score,
        without_words=", ".join(preferences.without_words),
        without_authors="\n".join(preferences.without_authors),
        without_categories=", ".join(preferences.without_categories),
        catches_up=preferences.catches_up,
        away_until=preferences.away_until.isoformat() if preferences.away_until else "",
    )


def preferences_of(given: Given, before: Preferences, readable: Readable) -> Preferences:
    """The preferences that a form asks for; fields that it does not send stay as before.

    Raises InputError with a sentence and the field's name.
    """
    values = {**_what(given, readable), **_when(given), **_how_much(given), **_left_out(given)}
    try:
        return changed(before, values)
    except ValueError as error:
        raise InputError(str(error)) from error


def names_lists(given: Given) -> bool:
    """Whether a form, or an address that leads to one, says which lists are wanted."""
    return any(name in given for name in ("lists", *_LISTED))


def _what(given: Given, readable: Readable) -> dict[str, Any]:
    return {"subscriptions": _subscriptions(given, readable)} if names_lists(given) else {}


def _when(given: Given) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "schedule" in given:  # the mark of the whole form: absent boxes are unchecked ones
        values["catches_up"] = "catches_up" in given
    if "weekdays" in given or "schedule" in given:
        values["weekdays"] = _weekdays(given)
    if "month_day" in given:
        values["month_day"] = _number(given, "month_day", int)
    if text := _text(given, "time"):
        values["hour"], values["minute"] = _time(text)
    if text := _text(given, "time_zone"):
        values["time_zone"] = text
    if "away_until" in given:
        values["away_until"] = _day(_text(given, "away_until"))
    return values


def _how_much(given: Given) -> dict[str, Any]:
    numbers: dict[str, float | None] = {
        "most_papers": _number(given, "most_papers", int),
        "least_votes": _number(given, "least_votes", int),
        "least_score": _number(given, "least_score", float),
    }
    return {name: number for name, number in numbers.items() if number is not None}


def _left_out(given: Given) -> dict[str, Any]:
    return {
        name: tuple(between.split(_text(given, name)))
        for name, between in _LEFT_OUT.items()
        if name in given
    }


def _subscriptions(given: Given, readable: Readable) -> tuple[Subscription, ...]:
    plain = set(map(str, given.getlist("lists")))
    found = [Subscription(kind) for kind in _PLAIN if kind.value in plain]
    for name, (kind, between) in _LISTED.items():
        found += [
            Subscription(kind, _value(kind, text.strip(), readable))
            for text in _parts(given, name, between)
        ]
    return tuple(found)


def _value(kind: SubscriptionKind, text: str, readable: Readable) -> str:
    """What is kept of what was typed. Raises InputError."""
    if kind is SubscriptionKind.COLLECTION:
        return readable.collection(text).write()
    if kind is SubscriptionKind.SAVED:
        return readable.saved_search(text)
    if kind is SubscriptionKind.SEARCH:
        _check_query(text)
    return text


def _parts(given: Given, name: str, between: re.Pattern[str]) -> Iterable[str]:
    for text in given.getlist(name):
        if isinstance(text, str):
            yield from filter(str.strip, between.split(text[:_LONGEST_TEXT]))


def _check_query(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        message = f"The search “{text[:60]}” cannot be read: {error}"
        raise InputError(message, "searches") from error


def _weekdays(given: Given) -> tuple[int, ...]:
    found = {str(value) for value in given.getlist("weekdays")}
    return tuple(day for day in EVERY_DAY if str(day) in found)


def _text(given: Given, name: str) -> str:
    value = given.get(name, "")
    return value.strip()[:_LONGEST_TEXT] if isinstance(value, str) else ""


def _number(given: Given, name: str, kind: type[T]) -> T | None:
    text = _text(given, name)
    if not text:
        return None
    try:
        return kind(text)  # type: ignore[call-arg]
    except (ValueError, OverflowError) as error:
        message = f"“{text[:20]}” is no number."
        raise InputError(message, name) from error


def _time(text: str) -> tuple[int, int]:
    found = _TIME.fullmatch(text)
    if found is None:
        message = f"“{text[:20]}” is no time of day. Write it as 08:00."
        raise InputError(message, "time")
    return int(found[1]), int(found[2])


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"“{text[:20]}” is no day. Write it as 2026-08-21."
        raise InputError(message, "away_until") from error
