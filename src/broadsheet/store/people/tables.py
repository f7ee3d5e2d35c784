"""The doors to the rows of people, one per noun, opened together with the store."""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.store.database import Database
from broadsheet.store.people.accounts import AccountTable
from broadsheet.store.people.claims import ClaimTable
from broadsheet.store.people.collections import CollectionTable
from broadsheet.store.people.comments import CommentTable
from broadsheet.store.people.counters import CounterTable
from broadsheet.store.people.follows import FollowTable
from broadsheet.store.people.identities import IdentityTable
from broadsheet.store.people.leaving import LeavingTable
from broadsheet.store.people.links import LinkTable
from broadsheet.store.people.log import LogTable
from broadsheet.store.people.marks import MarkTable
from broadsheet.store.people.notifications import NotificationTable
from broadsheet.store.people.picks import PickTable
from broadsheet.store.people.private_feeds import PrivateFeedTable
from broadsheet.store.people.profile_lists import ProfileLists
from broadsheet.store.people.reports import ReportTable
from broadsheet.store.people.sessions import SessionTable
from broadsheet.store.people.submissions import SubmissionTable
from broadsheet.store.people.threads import ThreadTable
from broadsheet.store.people.throttles import ThrottleTable
from broadsheet.store.people.votes import VoteTable
from broadsheet.store.people.webhook_deliveries import DeliveryTable
from broadsheet.store.people.webhooks import WebhookTable


@dataclass(frozen=True, slots=True)
class PeopleTables:
    """Rows of people in one database; each member's methods are one transaction each."""

    accounts: AccountTable
    sessions: SessionTable
    throttles: ThrottleTable
    links: LinkTable
    identities: IdentityTable
    leaving: LeavingTable
    profiles: ProfileLists
    log: LogTable
    notifications: NotificationTable
    comments: CommentTable
    threads: ThreadTable
    reports: ReportTable
    votes: VoteTable
    marks: MarkTable
    counters: CounterTable
    submissions: SubmissionTable
    picks: PickTable
    claims: ClaimTable
    collections: CollectionTable
    follows: FollowTable
    private_feeds: PrivateFeedTable
    webhooks: WebhookTable
    deliveries: DeliveryTable

    @classmethod
    def of(cls, database: Database) -> PeopleTables:
        """The tables of a database."""
        return cls(
            accounts=AccountTable(database),
            sessions=SessionTable(database),
            throttles=ThrottleTable(database),
            links=LinkTable(database),
            identities=IdentityTable(database),
            leaving=LeavingTable(database),
            profiles=ProfileLists(database),
            log=LogTable(database),
            notifications=NotificationTable(database),
            comments=CommentTable(database),
            threads=ThreadTable(database),
            reports=ReportTable(database),
            votes=VoteTable(database),
            marks=MarkTable(database),
            counters=CounterTable(database),
            submissions=SubmissionTable(database),
            picks=PickTable(database),
            claims=ClaimTable(database),
            collections=CollectionTable(database),
            follows=FollowTable(database),
            private_feeds=PrivateFeedTable(database),
            webhooks=WebhookTable(database),
            deliveries=DeliveryTable(database),
        )
