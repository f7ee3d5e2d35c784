"""When digests are due, what may be asked for, which addresses there are, what links grant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from broadsheet.community.secrets import Secrets
from broadsheet.delivery.mail.wording import schedule_in_words
from broadsheet.mail import EVERY_DAY, Preferences, Subscription, SubscriptionKind
from broadsheet.subscriptions.addresses import address_key, masked, parse_address
from broadsheet.subscriptions.links import LIFETIMES, Purpose, make_token, read_token
from broadsheet.subscriptions.preferences import (
    changed,
    checked,
    read_preferences,
    write_preferences,
)
from broadsheet.subscriptions.schedule import edition_of, next_due, period_days, zone_names, zone_of

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
BERLIN = Preferences(time_zone="Europe/Berlin", hour=8)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("preferences", "after", "due"),
    [
        (BERLIN, "2026-03-27T12:00", "2026-03-28T07:00"),
        (BERLIN, "2026-03-28T12:00", "2026-03-29T06:00"),  # the clocks went forward that night
        (BERLIN, "2026-10-24T12:00", "2026-10-25T07:00"),  # and back
        (replace(BERLIN, hour=2, minute=30), "2026-03-28T12:00", "2026-03-29T01:30"),  # skipped
        (replace(BERLIN, hour=2, minute=30), "2026-10-24T12:00", "2026-10-25T00:30"),  # twice
        (replace(BERLIN, hour=2, minute=30), "2026-10-25T00:30", "2026-10-26T01:30"),  # once
        (replace(BERLIN, weekdays=(1,)), "2026-08-21T12:00", "2026-08-24T06:00"),
        (replace(BERLIN, month_day=1), "2026-12-01T08:00", "2027-01-01T07:00"),
        (Preferences(time_zone="Pacific/Auckland"), "2026-08-21T12:00", "2026-08-21T20:00"),
        (Preferences(time_zone="Asia/Kathmandu"), "2026-08-21T02:00", "2026-08-21T02:15"),
        (replace(BERLIN, away_until=date(2026, 9, 10)), "2026-08-21T12:00", "2026-09-10T06:00"),
    ],
)
def test_digest_is_due_at_the_readers_own_time(
    preferences: Preferences, after: str, due: str
) -> None:
    assert next_due(preferences, utc(after)) == utc(due)


@given(
    zone=some.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    hour=some.integers(0, 23),
    minute=some.integers(0, 59),
    days=some.floats(0, 730),
)
def test_each_day_has_one_digest_whatever_the_clocks_do(
    zone: str, hour: int, minute: int, days: float
) -> None:
    preferences = Preferences(time_zone=zone, hour=hour, minute=minute)
    due = next_due(preferences, NOW + timedelta(days=days))
    editions = []
    for _ in range(5):
        editions.append(edition_of(preferences, due))
        following = next_due(preferences, due)
        assert timedelta(hours=22) < following - due < timedelta(hours=26)
        due = following
    assert editions == [editions[0] + timedelta(days=number) for number in range(5)]


@pytest.mark.parametrize(
    ("weekdays", "month_day", "days"),
    [(EVERY_DAY, None, 1), ((1, 2, 3, 4, 5), None, 3), ((3,), None, 7), ((1,), 15, 31)],
)
def test_period_is_the_longest_time_between_two_digests(
    weekdays: tuple[int, ...], month_day: int | None, days: int
) -> None:
    assert period_days(Preferences(weekdays=weekdays, month_day=month_day)) == days


@pytest.mark.parametrize(
    "name", ["Mars/One", "", "../../etc/passwd", "/etc/passwd", "UTC\x00", "Europe", "a" * 500]
)
def test_time_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        zone_of(name)


def test_every_zone_that_is_offered_can_be_chosen() -> None:
    names = zone_names()
    assert "Europe/Berlin" in names
    assert all(zone_of(name) for name in names)


def test_schedule_is_said_in_words() -> None:
    assert schedule_in_words(BERLIN) == "every day at 08:00 (Europe/Berlin)"
    assert "on Mondays and Thursdays at" in schedule_in_words(replace(BERLIN, weekdays=(1, 4)))
    assert "on the 22nd of each month" in schedule_in_words(replace(BERLIN, month_day=22))


FULL = Preferences(
    subscriptions=(
        Subscription(SubscriptionKind.CATEGORY, "cs.CL"),
        Subscription(SubscriptionKind.SEARCH, 'tides "long waves"'),
    ),
    weekdays=(1, 5),
    month_day=3,
    without_words=("covid", "quantum computing"),
    away_until=date(2026, 9, 1),
)


def test_preferences_come_back_from_their_text() -> None:
    assert read_preferences(write_preferences(FULL)) == FULL


def test_equal_wishes_have_equal_texts() -> None:
    one = changed(Preferences(), {"without_words": ["b ", "a", "a"], "weekdays": (5, 1, 5)})
    two = changed(Preferences(), {"without_words": ("a", " b"), "weekdays": (1, 5)})
    assert write_preferences(one) == write_preferences(two)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hour": 24}, {"minute": -1}, {"weekdays": ()}, {"weekdays": (0,)}, {"weekdays": (8,)},
        {"month_day": 0}, {"month_day": 29}, {"most_papers": 0}, {"most_papers": 31},
        {"least_votes": -1}, {"least_score": float("nan")}, {"least_score": float("inf")},
        {"subscriptions": ()}, {"time_zone": "Nowhere"},
        {"subscriptions": (Subscription(SubscriptionKind.CATEGORY, "not one"),)},
        {"subscriptions": (Subscription(SubscriptionKind.SEARCH, ""),)},
        {"subscriptions": (Subscription(SubscriptionKind.AUTHOR, "a\x00b"),)},
        {"subscriptions": (Subscription(SubscriptionKind.AUTHOR, "a" * 400),)},
        {"subscriptions": tuple(Subscription(SubscriptionKind.AUTHOR, f"A{n}") for n in range(21))},
        {"without_words": tuple(f"w{number}" for number in range(101))},
    ],
)  # fmt: skip
def test_wishes_that_nobody_can_have_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        checked(replace(Preferences(), **wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ann@Example.ORG ", "Ann@example.org"),
        ("ann+papers@sub.example.co.uk", "ann+papers@sub.example.co.uk"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
        ("o'brien_x-1@example.org", "o'brien_x-1@example.org"),
    ],
)
def test_address_is_read(text: str, address: str) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "ann", "@example.org", "ann@", "ann@localhost", "ann@example", "a b@example.org",
        "ann@exa mple.org", "ann@-a.org", "ann@a..org", "ann@.org", "ann@[127.0.0.1]",
        '"a b"@example.org', "ann@example.org\r\nBcc: x@y.org", "ann\n@example.org",
        "ann@example.org,bob@example.org", "Ann <ann@example.org>", "a" * 65 + "@example.org",
        "ann@" + "a" * 250 + ".org", "ann@example.123", ".ann@example.org", "ann.@example.org",
        "a..b@example.org", "ann\x00@example.org", "ann\u202e@example.org", "a@b@example.org",
        "ann@example.org\u2028x",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        parse_address(text)


@given(some.text(max_size=60))
def test_address_that_is_taken_can_break_no_header(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert address.isprintable()
    assert not set(address) & set(' \r\n\t<>,;:"()')


def test_addresses_that_differ_in_case_are_one() -> None:
    assert address_key("Ann@Example.org") == address_key("ann@example.ORG")


def test_masked_address_tells_nobody_who_it_is() -> None:
    assert masked("ann.lee@example.org") == "a…@example.org"


SECRETS = Secrets(b"k" * 40)


@pytest.mark.parametrize("purpose", Purpose)
def test_link_grants_what_it_was_made_for(purpose: Purpose) -> None:
    grant = read_token(SECRETS, purpose, make_token(SECRETS, purpose, 7, 3, NOW), NOW)
    assert grant is not None
    assert (grant.subscriber_id, grant.link_version, grant.is_expired) == (7, 3, False)


@pytest.mark.parametrize("purpose", Purpose)
def test_link_grants_nothing_else(purpose: Purpose) -> None:
    token = make_token(SECRETS, purpose, 7, 3, NOW)
    others = [other for other in Purpose if other is not purpose]
    assert [read_token(SECRETS, other, token, NOW) for other in others] == [None] * 3


def test_link_ends_after_its_time() -> None:
    token = make_token(SECRETS, Purpose.ACT, 7, 3, NOW)
    grant = read_token(SECRETS, Purpose.ACT, token, NOW + LIFETIMES[Purpose.ACT])
    assert grant is not None
    assert grant.is_expired


def test_link_of_another_instance_grants_nothing() -> None:
    token = make_token(Secrets(b"x" * 40), Purpose.ACT, 7, 3, NOW)
    assert read_token(SECRETS, Purpose.ACT, token, NOW) is None


@given(some.integers(0, 60), some.sampled_from("abz019.-_"))
def test_link_with_one_character_changed_grants_nothing(place: int, character: str) -> None:
    token = make_token(SECRETS, Purpose.LEAVE, 123456, 1, NOW)
    place %= len(token)
    forged = token[:place] + character + token[place + 1 :]
    if forged != token:
        # The last character of a signature holds bits that mean nothing; it must still match.
        assert read_token(SECRETS, Purpose.LEAVE, forged, NOW) is None


@pytest.mark.parametrize(
    "token", ["", "x", "1.1.1", "1.1.1." + "a" * 43, "é" * 50, "." * 60, "a" * 9999]
)
def test_what_is_no_link_grants_nothing(token: str) -> None:
    assert read_token(SECRETS, Purpose.ACT, token, NOW) is None
