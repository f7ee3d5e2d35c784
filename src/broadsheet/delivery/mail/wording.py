"""What a reader chose, in words: lists and times, for mails, pages and the terminal."""

from __future__ import annotations

from broadsheet.delivery.addresses import collection_path, with_query
from broadsheet.digests.lists import author_query
from broadsheet.mail import EVERY_DAY, Preferences, Subscription, SubscriptionKind
from broadsheet.subscriptions.references import read_reference

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WORKING_DAYS = (1, 2, 3, 4, 5)


def list_name(subscription: Subscription) -> str:
    """A list as a heading: `Trending`, `cs.CL`, `Search: tidal energy`."""
    if subscription.kind is SubscriptionKind.COLLECTION:
        reference = read_reference(subscription.value)
        return f"{reference.name}, a collection by {reference.owner}"
    return {
        SubscriptionKind.TRENDING: "Trending",
        SubscriptionKind.DAY: "New papers",
        SubscriptionKind.CATEGORY: subscription.value,
        SubscriptionKind.SEARCH: f"Search: {subscription.value}",
        SubscriptionKind.AUTHOR: f"By {subscription.value}",
        SubscriptionKind.SAVED: f"Saved search: {subscription.value}",
    }[subscription.kind]


def list_path(subscription: Subscription) -> str:
    """The page of a list."""
    kind, value = subscription.kind, subscription.value
    if kind is SubscriptionKind.TRENDING:
        return "/papers/trending"
    if kind is SubscriptionKind.DAY:
        return "/papers"
    if kind is SubscriptionKind.COLLECTION:
        reference = read_reference(value)
        path = collection_path(reference.owner, reference.slug)
        return with_query(path, link=reference.link or None)
    queries = {
        SubscriptionKind.CATEGORY: f"cat:{value}",
        SubscriptionKind.SEARCH: value,
        SubscriptionKind.AUTHOR: author_query(value),
        SubscriptionKind.SAVED: value,
    }
    return with_query("/papers", q=queries[kind])


def schedule_in_words(preferences: Preferences) -> str:
    """`every day at 08:00 (UTC)`, `on Mondays and Thursdays at 07:30 (Europe/Berlin)`."""
    time = f"at {preferences.hour:02d}:{preferences.minute:02d} ({preferences.time_zone})"
    return f"{_days_in_words(preferences)} {time}"


def _days_in_words(preferences: Preferences) -> str:
    if preferences.month_day is not None:
        return f"on the {_ordinal(preferences.month_day)} of each month"
    if preferences.weekdays == EVERY_DAY:
        return "every day"
    if preferences.weekdays == _WORKING_DAYS:
        return "on working days"
    return f"on {joined([f'{WEEKDAYS[day - 1]}s' for day in preferences.weekdays])}"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}
    return f"{number}{endings.get(number, 'th')}"


def joined(words: list[str]) -> str:
    """`one`, `one and two`, `one, two and three`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def lists_in_words(preferences: Preferences) -> str:
    """The lists a reader follows, as part of a sentence."""
    return joined([_in_a_sentence(subscription) for subscription in preferences.subscriptions])


def _in_a_sentence(subscription: Subscription) -> str:
    if subscription.kind is SubscriptionKind.COLLECTION:
        return f"the collection “{read_reference(subscription.value).name}”"
    return {
        SubscriptionKind.TRENDING: "the trending list",
        SubscriptionKind.DAY: "the new papers",
        SubscriptionKind.CATEGORY: subscription.value,
        SubscriptionKind.SEARCH: f"the search “{subscription.value}”",
        SubscriptionKind.AUTHOR: f"papers by {subscription.value}",
        SubscriptionKind.SAVED: f"your saved search “{subscription.value}”",
    }[subscription.kind]
