"""Signing up and in: by password, by mailed link; resetting a password.

Replies are the same whether an address has an account or not. Letters are made here as facts
(`AccountLetter`); `delivery` writes and sends them, and wraps both in `same_time`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic, sleep

from broadsheet.community.accounts import Accounts
from broadsheet.community.handles import parse_handle
from broadsheet.community.links import OneTimeLinks
from broadsheet.community.passwords import Passwords, check_new
from broadsheet.community.throttling import Limit, Throttle
from broadsheet.errors import InputError, NotFound, PermissionDenied
from broadsheet.people import Account, Elsewhere, LinkPurpose
from broadsheet.settings import Settings
from broadsheet.store.people.tables import PeopleTables
from broadsheet.subscriptions.addresses import parse_address

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PER_LOGIN: tuple[Limit, ...] = (
    (5, _MINUTE), (10, 10 * _MINUTE), (20, _HOUR), (60, _DAY),
)  # fmt: skip
"""Attempts with one handle or address; the waits grow from a minute to a day."""
PER_CLIENT: tuple[Limit, ...] = ((30, _MINUTE), (100, 10 * _MINUTE), (300, _HOUR))
"""Attempts from one network address, behind which there may be a whole institute."""
LETTERS: tuple[Limit, ...] = ((3, 10 * _MINUTE), (10, _DAY))
"""Letters that strangers can have sent to one address."""
_SAME_SECONDS = 0.25
_WRONG = "This name or address and this password do not go together."
_CLOSED = "This instance takes no new accounts. Ask whoever runs it."


@dataclass(frozen=True, slots=True)
class AccountLetter:
    """A letter about an account: `kind` names its template, `token` is the secret of its link."""

    kind: str
    address: str
    name: str = ""
    token: str = ""


def sends_mail(settings: Settings) -> bool:
    """Whether this instance has a mail server, so that addresses can be shown to be somebody's."""
    return bool(settings.smtp_host)


@dataclass(frozen=True, slots=True)
class SigningIn:
    """The rules of getting in; `client` is the network address of who tries."""

    tables: PeopleTables
    settings: Settings
    accounts: Accounts
    passwords: Passwords
    links: OneTimeLinks
    throttle: Throttle
    clock: Callable[[], datetime]

    def by_password(self, login: str, password: str, client: str) -> Account:
        """The account of a handle or address and its password. Raises InputError for any other."""
        self._count(login, client)
        found = self.tables.accounts.by_login(
            login[:300].replace("\0", ""), even_unverified=not sends_mail(self.settings)
        )
        account, kept = found or (None, None)
        if not self.passwords.is_right(kept, password) or account is None or kept is None:
            raise InputError(_WRONG, "password")
        if self.passwords.is_outdated(kept):
            self.tables.accounts.change(
                account.account_id, password_hash=self.passwords.hashed(password)
            )
        self.throttle.forget(_login_name(login), PER_LOGIN)
        return account

    def check_password(self, account: Account, password: str, client: str, field: str) -> None:
        """Raise InputError unless this is the password of somebody who is signed in."""
        self._count(account.name, client)
        kept = self.tables.accounts.password_hash(account.account_id)
        if not self.passwords.is_right(kept, password):
            raise InputError("This is not your password.", field)
        self.throttle.forget(_login_name(account.name), PER_LOGIN)

    def join_at_once(self, name: str, email: str, password: str, client: str) -> Account:
        """A new account on an instance that sends no mail; its address stays unverified."""
        name, address = self._check_typed(name, email, password, client)
        return self.accounts.join(
            name, email=address, password_hash=self.passwords.hashed(password)
        )

    def ask_to_join(self, name: str, email: str, password: str, client: str) -> AccountLetter:
        """The letter that finishes a sign-up; one that says so where the address has an account."""
        name, address = self._check_typed(name, email, password, client)
        if not address:
            raise InputError("Give an address; the letter with the link goes there.", "email")
        self.throttle.check_all([(f"letter:{address.casefold()}", LETTERS)])
        known = self.tables.accounts.by_email(address)
        detail = {"name": name, "password": self.passwords.hashed(password)}
        token = self.links.make(LinkPurpose.SIGN_UP, email=address, detail=detail)
        if known is not None:
            return AccountLetter("known", address, known[0].name)
        return AccountLetter("sign-up", address, name, token)

    def finish_joining(self, token: str, name: str) -> Account:
        """The account of a sign-up's link, under a handle that may be chosen anew.

        The link works again where the handle is taken (InputError).
        """
        link = self.links.look(token)
        handle = parse_handle(name or link.detail.get("name", ""))
        if link.purpose is LinkPurpose.SIGN_UP:
            account = self.accounts.join(
                handle,
                email=link.email,
                password_hash=link.detail["password"],
                is_verified=True,
            )
        elif link.purpose is LinkPurpose.JOIN:
            account = self._join_from_elsewhere(handle, Elsewhere(**link.detail))
        else:
            raise NotFound("This link does not make an account.")
        self.links.use(token, [link.purpose])
        return account

    def _join_from_elsewhere(self, handle: str, elsewhere: Elsewhere) -> Account:
        return self.accounts.join(
            handle, email=elsewhere.email, is_verified=bool(elsewhere.email), elsewhere=elsewhere
        )

    def ask_for_link(self, purpose: LinkPurpose, email: str, client: str) -> AccountLetter | None:
        """The letter with a link to sign in or to reset; None for nobody (see `same_time`)."""
        self.throttle.check_all([(f"letters:{client}", PER_CLIENT)])
        try:
            address = parse_address(email)
        except ValueError as error:
            raise InputError(str(error), "email") from error
        self.throttle.check_all([(f"letter:{address.casefold()}", LETTERS)])
        found = self.tables.accounts.by_email(address)
        if found is None:
            return None
        account = found[0]
        token = self.links.make(purpose, account=account, email=address)
        return AccountLetter(purpose.value, address, account.name, token)

    def by_link(self, token: str) -> Account:
        """The account of a link to sign in, which is then used up. Raises NotFound."""
        link = self.links.use(token, [LinkPurpose.SIGN_IN])
        return self._owner_of(link.account_id)

    def reset(self, token: str, password: str) -> Account:
        """Give the account of a reset link a new password; all its sessions and links end."""
        account = self._owner_of(self.links.look(token).account_id)
        check_new(password, account.name, account.email or "")
        self.links.use(token, [LinkPurpose.RESET])
        self.tables.accounts.change(
            account.account_id, password_hash=self.passwords.hashed(password)
        )
        self.tables.links.end_all(account.account_id)
        self.tables.sessions.end(account.account_id)
        return account

    def count_departure(self, client: str) -> None:
        """Count a sign-in that begins at another service. Raises TooManyRequests."""
        self.throttle.check_all([(f"departure:{client}", PER_CLIENT)])

    def link_for(self, name: str, *, is_reset: bool = False) -> str:
        """A link's secret that the operator hands over; the account signs in or resets with it."""
        purpose = LinkPurpose.RESET if is_reset else LinkPurpose.SIGN_IN
        return self.links.make(purpose, account=self.accounts.by_name(name))

    def _owner_of(self, account_id: int | None) -> Account:
        if account_id is None:
            raise NotFound("This link belongs to no account.")
        return self.tables.accounts.by_id(account_id)

    def _check_typed(
        self, name: str, email: str, password: str, client: str
    ) -> tuple[str, str | None]:
        """Handle and address as they are kept; what is wrong is told before anything is made."""
        self.throttle.check_all([(f"sign-up:{client}", PER_CLIENT)])
        if not self.accounts.is_open():
            raise PermissionDenied(_CLOSED)
        handle = parse_handle(name)
        try:
            address = parse_address(email) if email.strip() else None
        except ValueError as error:
            raise InputError(str(error), "email") from error
        check_new(password, handle, address or "")
        try:
            self.accounts.by_name(handle)
        except NotFound:
            return handle, address
        raise InputError(f"The name “{handle}” is taken. Choose another.", "name")

    def _count(self, login: str, client: str) -> None:
        self.throttle.check_all(
            [(_login_name(login), PER_LOGIN), (f"sign-in:client:{client}", PER_CLIENT)]
        )


def _login_name(login: str) -> str:
    return f"sign-in:login:{login.strip().casefold()[:300]}"


@contextmanager
def same_time() -> Iterator[None]:
    """Make what is done in the block take the same time, longer than any of it needs."""
    end = monotonic() + _SAME_SECONDS
    try:
        yield
    finally:
        sleep(max(0.0, end - monotonic()))
