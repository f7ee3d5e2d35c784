"""How readers come and go by mail: asked, confirmed by a signed link, changed, ended.

Whoever asks hears the same, whether the address is known, new, full of bounces or asked too often.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from broadsheet.delivery.mail.letters import already_subscribed, confirm_subscription
from broadsheet.delivery.mail.mime import Letter
from broadsheet.delivery.mail.posting import host_of, mail_origin, post_letter
from broadsheet.delivery.mail.wording import lists_in_words, schedule_in_words
from broadsheet.errors import InputError, NotFound, TooManyRequests
from broadsheet.mail import Preferences, Subscriber, SubscriberState, Subscription
from broadsheet.people import Account
from broadsheet.services import Services
from broadsheet.subscriptions.addresses import address_key
from broadsheet.subscriptions.links import Grant, Purpose, make_token, read_token
from broadsheet.subscriptions.preferences import changed
from broadsheet.subscriptions.schedule import next_due

PER_CLIENT = ((20, timedelta(minutes=10)), (100, timedelta(days=1)))
"""A whole institute may share an address."""
PER_ADDRESS = ((2, timedelta(minutes=10)), (5, timedelta(days=1)))


def ask(services: Services, address: str, preferences: Preferences, client: str) -> None:
    """Send a letter that asks, or one that says it is so already; at most a few for an address.

    Raises TooManyRequests for a client that asks for many, and ConfigurationError where this
    instance sends no mail.
    """
    throttle = services.community.throttle
    throttle.check_all([(f"subscribe:client:{client}", PER_CLIENT)])
    try:
        throttle.check_all([(f"subscribe:address:{address_key(address)}", PER_ADDRESS)])
    except TooManyRequests:
        return
    now = services.clock()
    reader = services.store.mail.subscribers.join(address, preferences, now)
    post_letter(
        services,
        _letter_to(services, reader, now),
        reader.address,
        kind="confirm",
        unique_key=f"confirm:{reader.subscriber_id}:{reader.link_version}:{now:%Y%m%d%H%M%S}",
    )


def _letter_to(services: Services, reader: Subscriber, now: datetime) -> Letter:
    origin, host = mail_origin(services.settings), host_of(services.settings)
    if reader.state is SubscriberState.PENDING:
        token = token_of(services, Purpose.CONFIRM, reader, now)
        # Only the times: a search is free text, and could be a message to somebody else.
        when = schedule_in_words(reader.preferences)
        return confirm_subscription(f"{origin}/subscriptions/confirm/{token}", when, host)
    token = token_of(services, Purpose.MANAGE, reader, now)
    what = in_words(reader.preferences)
    return already_subscribed(f"{origin}/subscriptions/{token}", what, host)


def in_words(preferences: Preferences) -> str:
    """What somebody subscribes to, in words."""
    return f"{lists_in_words(preferences)}, {schedule_in_words(preferences)}"


def token_of(services: Services, purpose: Purpose, reader: Subscriber, now: datetime) -> str:
    """A signed token of a reader."""
    return make_token(
        services.community.secrets, purpose, reader.subscriber_id, reader.link_version, now
    )


def join_as_account(services: Services, account: Account, preferences: Preferences) -> Subscriber:
    """Subscribe an account to its own, verified address, without a letter.

    One that gets mail already keeps its times, and gets these lists as well. Raises NotFound where
    the account has no verified address, InputError for more lists than one mail brings.
    """
    if account.email is None or account.verified_at is None:
        raise NotFound("Verify the address of your account first; then no other letter is needed.")
    now = services.clock()
    subscribers = services.store.mail.subscribers
    reader = subscribers.join(account.email, preferences, now, account.account_id)
    reader = subscribers.change(reader.subscriber_id, account_id=account.account_id)
    if reader.state is SubscriberState.ACTIVE:
        return add_lists(services, reader, preferences.subscriptions)
    return activate(services, reader)


def add_lists(
    services: Services, reader: Subscriber, wanted: tuple[Subscription, ...]
) -> Subscriber:
    """Add lists to those a reader has. Raises InputError for more than one mail brings."""
    preferences = reader.preferences
    try:
        more = changed(preferences, {"subscriptions": (*preferences.subscriptions, *wanted)})
    except ValueError as error:
        raise InputError(str(error)) from error
    return change_preferences(services, reader, more)


def leave_list(services: Services, reader: Subscriber, gone: Subscription) -> Subscriber:
    """Take one list away; with the last one, the reader leaves altogether."""
    left = tuple(each for each in reader.preferences.subscriptions if each != gone)
    if left:
        preferences = changed(reader.preferences, {"subscriptions": left})
        return change_preferences(services, reader, preferences)
    services.store.mail.subscribers.leave(reader.subscriber_id, services.clock())
    return services.store.mail.subscribers.by_id(reader.subscriber_id)


def readers_of(services: Services, account: Account) -> list[Subscriber]:
    """The subscriptions of an account: those it made, and that of its verified address."""
    address = account.email if account.verified_at is not None else None
    return services.store.mail.subscribers.of_account(account.account_id, address)


def account_of_reader(services: Services, reader: Subscriber) -> Account | None:
    """The account of a reader: the one they subscribed with, or that of their verified address."""
    accounts = services.store.people.accounts
    if reader.account_id is not None:
        try:
            return accounts.by_id(reader.account_id)
        except NotFound:
            return None
    found = accounts.by_email(reader.address)
    return found[0] if found and found[0].verified_at is not None else None


def activate(services: Services, reader: Subscriber) -> Subscriber:
    """Make a subscription that was confirmed begin; one that has begun stays as it is."""
    if reader.state is not SubscriberState.PENDING:
        return reader
    now = services.clock()
    return services.store.mail.subscribers.change(
        reader.subscriber_id,
        state=SubscriberState.ACTIVE,
        confirmed_at=now,
        due_at=next_due(reader.preferences, now),
        covered_on=None,
        looked_at=None,
        soft_bounces=0,
    )


def change_preferences(
    services: Services, reader: Subscriber, preferences: Preferences
) -> Subscriber:
    """Give a reader other preferences; their next digest is due by the new times.

    What only an account may read is read in the name of the one that has the reader's address.
    """
    values: dict[str, object] = {"preferences": preferences}
    account = account_of_reader(services, reader)
    if account is not None:
        values["account_id"] = account.account_id
    if reader.state is SubscriberState.ACTIVE:
        values["due_at"] = next_due(preferences, services.clock())
    return services.store.mail.subscribers.change(reader.subscriber_id, **values)


def reader_by_token(services: Services, purpose: Purpose, token: str) -> tuple[Subscriber, Grant]:
    """Whose link this is. Raises NotFound for a link that was not made here, or is void by now."""
    grant = read_token(services.community.secrets, purpose, token, services.clock())
    if grant is None:
        raise NotFound(
            "This link is not complete, or was not made here. Open it from the mail again, or copy "
            "all of it."
        )
    reader = services.store.mail.subscribers.by_id(grant.subscriber_id)
    is_void = grant.link_version != reader.link_version and purpose is not Purpose.LEAVE
    return reader, replace(grant, is_expired=grant.is_expired or is_void)
