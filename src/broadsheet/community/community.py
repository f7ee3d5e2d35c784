"""The one object that holds the rules of the community, built once with the services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from broadsheet.community.accounts import Accounts
from broadsheet.community.claims import Claims
from broadsheet.community.collections import Collections
from broadsheet.community.comments import Comments
from broadsheet.community.follows import Follows
from broadsheet.community.identities import Identities
from broadsheet.community.leaving import Leaving
from broadsheet.community.library import Library
from broadsheet.community.links import OneTimeLinks
from broadsheet.community.log import Log
from broadsheet.community.moderation import Moderation
from broadsheet.community.notifications import Notifications
from broadsheet.community.own_account import OwnAccount
from broadsheet.community.passwords import Passwords
from broadsheet.community.picks import Picks
from broadsheet.community.private_feeds import PrivateFeeds
from broadsheet.community.records import Records
from broadsheet.community.secrets import Secrets
from broadsheet.community.sessions import Sessions
from broadsheet.community.signing_in import SigningIn
from broadsheet.community.submissions import Submissions
from broadsheet.community.throttling import Throttle
from broadsheet.community.votes import Votes
from broadsheet.community.webhooks import Webhooks
from broadsheet.settings import Settings
from broadsheet.store.store import Store


@dataclass(frozen=True, slots=True)
class Community:
    """What people may do; every member checks who asks."""

    secrets: Secrets
    throttle: Throttle
    sessions: Sessions
    accounts: Accounts
    signing_in: SigningIn
    own_account: OwnAccount
    identities: Identities
    leaving: Leaving
    log: Log
    notifications: Notifications
    comments: Comments
    moderation: Moderation
    votes: Votes
    library: Library
    records: Records
    submissions: Submissions
    picks: Picks
    claims: Claims
    collections: Collections
    follows: Follows
    private_feeds: PrivateFeeds
    webhooks: Webhooks


def open_community(store: Store, settings: Settings, clock: Callable[[], datetime]) -> Community:
    """The community of a store. Raises ConfigurationError for a secret key that cannot be kept."""
    people = store.people
    secrets = Secrets.load(settings)
    throttle = Throttle(people.throttles, secrets, clock)
    log = Log(people, clock)
    accounts = Accounts(people, settings, clock)
    sessions = Sessions(people, clock)
    links = OneTimeLinks(people, clock)
    passwords = Passwords()
    comments = Comments(people, throttle, clock)
    signing_in = SigningIn(people, settings, accounts, passwords, links, throttle, clock)
    return Community(
        secrets=secrets,
        throttle=throttle,
        sessions=sessions,
        accounts=accounts,
        signing_in=signing_in,
        own_account=OwnAccount(people, settings, signing_in, passwords, links, sessions, clock),
        identities=Identities(people, settings, links, clock),
        leaving=Leaving(people, signing_in, clock),
        log=log,
        notifications=Notifications(people, clock),
        comments=comments,
        moderation=Moderation(people, clock),
        votes=Votes(people, throttle, clock),
        library=Library(people, throttle, clock),
        records=Records(store, log, clock),
        submissions=Submissions(store, comments, settings, throttle, clock),
        picks=Picks(people, clock),
        claims=Claims(store, throttle, clock),
        collections=Collections(people, throttle, clock),
        follows=Follows(people, throttle, clock),
        private_feeds=PrivateFeeds(people, secrets, throttle, clock),
        webhooks=Webhooks(people, settings, secrets, throttle, clock),
    )
