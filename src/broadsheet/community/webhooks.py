"""Webhooks: addresses of programs that get the new papers of a list, signed.

A secret is made of a salt and the instance's key, so that the database alone signs nothing; it is
given when it is made and never again.
"""

from __future__ import annotations

import base64
import hmac
import secrets as random_secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.acting import may_act
from broadsheet.community.secrets import Secrets, digest
from broadsheet.community.throttling import Throttle
from broadsheet.community.typed import line
from broadsheet.community.webhook_addresses import parse_webhook_url
from broadsheet.domain import Window
from broadsheet.errors import Conflict, InputError, NotFound
from broadsheet.people import Account
from broadsheet.settings import Settings
from broadsheet.store.people.tables import PeopleTables
from broadsheet.webhooks import Delivery, ListKind, NewWebhook, Webhook, WebhookState

SECRET_MARK = "whsec_"  # noqa: S105 - the beginning of every secret, as Standard Webhooks has it
MADE_PER_HOUR = 30
TESTED_PER_HOUR = 60
LONGEST_SUBJECT = 500
_PURPOSE = "webhook"
_SAY_WHICH = {
    ListKind.CATEGORY: "Say which category, such as cs.LG.",
    ListKind.SEARCH: "Say what to search for.",
    ListKind.AUTHOR: "Say whose papers.",
    ListKind.COLLECTION: "Say which collection, as in its address: PERSON/COLLECTION.",
}

Present = Callable[[Account, ListKind, str], Collection[int]]
"""The papers that stand in a list now. Raises QueryError and IndexUnavailable."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Makes, changes and shows webhooks; an account sees its own only."""

    tables: PeopleTables
    settings: Settings
    secrets: Secrets
    throttle: Throttle
    clock: Callable[[], datetime]

    def make(
        self, actor: Account, url: str, kind: ListKind, subject: str, present: Present
    ) -> tuple[str, Webhook]:
        """A new webhook and its secret, which is shown once; what is in the list counts as known.

        Raises InputError for an address or list that cannot be, Conflict for too many.
        """
        may_act(actor)
        self._check_number(actor)
        url = parse_webhook_url(url, allows_private=self.settings.webhook_private)
        subject, label = self._list(actor, kind, line(subject, "subject", LONGEST_SUBJECT))
        self.throttle.check(f"webhook {actor.account_id}", MADE_PER_HOUR, timedelta(hours=1))
        known = present(actor, kind, subject)
        salt = random_secrets.token_urlsafe(12)
        secret = self._secret(salt)
        wanted = NewWebhook(actor.account_id, url, kind, subject, label, salt, digest(secret))
        most, now = self.settings.webhooks_per_account, self.clock()
        made = self.tables.webhooks.add(wanted, known, most=most, now=now)
        if made is None:
            raise self._too_many()
        return secret, made

    def _check_number(self, actor: Account) -> None:
        if self.settings.webhooks_per_account == 0:
            raise Conflict("This Broadsheet sends no webhooks; its operator has closed them.")
        if len(self.of(actor)) >= self.settings.webhooks_per_account:
            raise self._too_many()

    def _too_many(self) -> Conflict:
        most = self.settings.webhooks_per_account
        return Conflict(f"You have {most} webhook{'s' if most > 1 else ''}. Delete one first.")

    def _list(self, actor: Account, kind: ListKind, subject: str) -> tuple[str, str]:
        """The subject as it is kept, and the list's name for people."""
        if not subject and kind in _SAY_WHICH:
            raise InputError(_SAY_WHICH[kind], "subject")
        if kind is ListKind.DAY:
            return "", "All new papers"
        if kind is ListKind.TRENDING:
            return _window(subject)
        if kind is ListKind.COLLECTION:
            return self._collection(actor, subject)
        names = {
            ListKind.CATEGORY: f"New in {subject}",
            ListKind.SEARCH: f"Search: {subject}",
            ListKind.AUTHOR: f"Papers by {subject}",
        }
        return subject, names[kind]

    def _collection(self, actor: Account, subject: str) -> tuple[str, str]:
        path = subject.partition("/people/")[2] or subject
        owner, _, rest = path.partition("/")
        slug = rest.removeprefix("collections/").partition("?")[0]
        try:
            found = self.tables.collections.find(owner.lower(), slug)
        except NotFound as error:
            raise InputError(str(error), "subject") from error
        if not (found.is_public or found.account_id == actor.account_id):
            raise InputError("There is no such collection, or it is private.", "subject")
        return str(found.collection_id), f"Collection: {found.name}"

    def of(self, actor: Account) -> list[Webhook]:
        """The webhooks of an account, oldest first."""
        return self.tables.webhooks.of_account(actor.account_id)

    def own(self, actor: Account, webhook_id: int) -> Webhook:
        """A webhook of the actor's. Raises NotFound."""
        return self.tables.webhooks.find(actor.account_id, webhook_id)

    def deliveries(self, actor: Account, webhook_id: int) -> list[Delivery]:
        """The last deliveries of a webhook of the actor's, newest first."""
        return self.tables.deliveries.recent(self.own(actor, webhook_id).webhook_id)

    def pause(self, actor: Account, webhook_id: int) -> Webhook:
        """Send nothing until it is resumed. Raises Conflict where it is stopped."""
        may_act(actor)
        found = self.own(actor, webhook_id)
        if found.state is WebhookState.STOPPED:
            raise Conflict("This webhook is stopped already. Resume it, or delete it.")
        self.tables.webhooks.change(webhook_id, state=WebhookState.PAUSED.value)
        return self.own(actor, webhook_id)

    def resume(self, actor: Account, webhook_id: int) -> Webhook:
        """Send again, what waits first; one that was stopped gets a new start."""
        may_act(actor)
        if self.own(actor, webhook_id).state is not WebhookState.ACTIVE:
            self.tables.webhooks.resume(webhook_id, self.clock())
        return self.own(actor, webhook_id)

    def delete(self, actor: Account, webhook_id: int) -> Webhook:
        """Delete a webhook with its deliveries; what it was."""
        found = self.own(actor, webhook_id)
        self.tables.webhooks.delete(found.webhook_id)
        return found

    def renew_secret(self, actor: Account, webhook_id: int) -> str:
        """A new secret, shown once; from now on deliveries are signed with it."""
        may_act(actor)
        found = self.own(actor, webhook_id)
        salt = random_secrets.token_urlsafe(12)
        secret = self._secret(salt)
        self.tables.webhooks.change(found.webhook_id, salt=salt, digest=digest(secret))
        return secret

    def check_test(self, actor: Account, webhook_id: int) -> Webhook:
        """A webhook of the actor's that may be tested now. Raises TooManyRequests."""
        may_act(actor)
        found = self.own(actor, webhook_id)
        self.throttle.check(f"webhook-test {actor.account_id}", TESTED_PER_HOUR, timedelta(hours=1))
        return found

    def secret_of(self, webhook: Webhook) -> str | None:
        """The secret that signs deliveries; None where the instance's key is another by now."""
        secret = self._secret(webhook.salt)
        return secret if hmac.compare_digest(digest(secret), webhook.digest) else None

    def _secret(self, salt: str) -> str:
        """256 bits as Standard Webhooks writes them: `whsec_` and Base64."""
        mac = hmac.digest(self.secrets.key, f"{_PURPOSE}\0{salt}".encode(), "sha256")
        return SECRET_MARK + base64.b64encode(mac).decode()


def _window(subject: str) -> tuple[str, str]:
    try:
        window = Window(subject.lower() or Window.WEEK.value)
    except ValueError:
        names = ", ".join(each.value for each in Window)
        raise InputError(f"Trending looks back over one of: {names}.", "subject") from None
    return window.value, "Trending" if window is Window.ALL else f"Trending, {window.value}"
