"""What people change about their own account: profile, password, address, tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.links import OneTimeLinks
from broadsheet.community.orcid import parse_orcid
from broadsheet.community.passwords import Passwords, check_new
from broadsheet.community.sessions import Sessions
from broadsheet.community.signing_in import LETTERS, AccountLetter, SigningIn, sends_mail
from broadsheet.community.typed import line, paragraphs
from broadsheet.errors import Conflict, InputError, NotFound
from broadsheet.people import Account, ApiToken, LinkPurpose, Session
from broadsheet.settings import Settings
from broadsheet.store.people.accounts import email_key
from broadsheet.store.people.tables import PeopleTables
from broadsheet.subscriptions.addresses import parse_address

LONGEST_NAME, LONGEST_AFFILIATION, LONGEST_BIOGRAPHY = 100, 200, 2_000
LONGEST_TOKEN_NAME = 60
MOST_TOKENS = 50
_LONGEST_DAYS = 3_650


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person says about themselves, as typed."""

    full_name: str = ""
    affiliation: str = ""
    biography: str = ""
    orcid: str = ""
    are_votes_public: bool = False


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The rules of what people change about themselves; every function takes who asks."""

    tables: PeopleTables
    settings: Settings
    signing_in: SigningIn
    passwords: Passwords
    links: OneTimeLinks
    sessions: Sessions
    clock: Callable[[], datetime]

    def change_profile(self, account: Account, typed: Profile) -> Account:
        """Keep what a person says about themselves. Raises InputError with the field.

        An ORCID iD that was shown to be theirs stays so until it is changed.
        """
        orcid = parse_orcid(typed.orcid) if typed.orcid.strip() else None
        is_same = orcid is not None and orcid == account.orcid
        changed = self.tables.accounts.change(
            account.account_id,
            full_name=line(typed.full_name, "full_name", LONGEST_NAME),
            affiliation=line(typed.affiliation, "affiliation", LONGEST_AFFILIATION),
            biography=paragraphs(typed.biography, "biography", LONGEST_BIOGRAPHY),
            are_votes_public=typed.are_votes_public,
            orcid=orcid,
            orcid_verified_at=account.orcid_verified_at if is_same else None,
        )
        return changed or account

    def set_password(
        self, account: Account, session: Session | None, current: str, new: str, client: str
    ) -> AccountLetter | None:
        """Change or set the password; all other sessions and all open links end.

        Gives the letter that tells the person so, where there is an address to write to.
        """
        if account.has_password:
            self.signing_in.check_password(account, current, client, "current")
        check_new(new, account.name, account.email or "")
        self.tables.accounts.change(account.account_id, password_hash=self.passwords.hashed(new))
        self.tables.links.end_all(account.account_id)
        self.sessions.end_all(account, but=session)
        return self._letter_to(account, "password-changed")

    def set_address(
        self, account: Account, email: str, password: str, client: str
    ) -> AccountLetter | None:
        """Ask for an address to become the account's: the letter with the link that shows it is.

        Without mail it is kept unverified. An address of somebody else gets a letter that says so,
        and the reply is the same.
        """
        if account.has_password:
            self.signing_in.check_password(account, password, client, "password")
        try:
            address = parse_address(email)
        except ValueError as error:
            raise InputError(str(error), "email") from error
        if not sends_mail(self.settings):
            if account.verified_at and email_key(address) == email_key(account.email or ""):
                return None
            self.tables.accounts.change(account.account_id, email=address, verified_at=None)
            return None
        self.signing_in.throttle.check_all([(f"letter:{address.casefold()}", LETTERS)])
        known = self.tables.accounts.by_email(address)
        token = self.links.make(LinkPurpose.VERIFY, account=account, email=address)
        if known is not None and known[0].account_id != account.account_id:
            return AccountLetter("known", address, known[0].name)
        return AccountLetter("verify", address, account.name, token)

    def verify(self, token: str) -> tuple[Account, AccountLetter | None]:
        """Make the address of a link the account's; the letter that tells the former address.

        Raises Conflict where somebody else has shown it to be theirs meanwhile.
        """
        link = self.links.use(token, [LinkPurpose.VERIFY])
        if link.account_id is None:
            raise NotFound("This link belongs to no account.")
        before = self.tables.accounts.by_id(link.account_id)
        changed = self.tables.accounts.change(
            before.account_id, email=link.email, verified_at=self.clock()
        )
        if changed is None:
            raise Conflict("This address belongs to another account by now.")
        has_moved = before.verified_at is not None and before.email != changed.email
        return changed, self._letter_to(before, "address-changed") if has_moved else None

    def make_token(
        self, account: Account, name: str, *, can_write: bool, days: int | None
    ) -> tuple[str, ApiToken]:
        """A new personal token and its secret, which is shown once. `days` None is for ever."""
        label = line(name, "name", LONGEST_TOKEN_NAME)
        if not label:
            raise InputError("Give the token a name, such as what will use it.", "name")
        if days is not None and not 1 <= days <= _LONGEST_DAYS:
            raise InputError(f"A token lasts 1 to {_LONGEST_DAYS:,} days.", "days")
        if len(self.sessions.tokens(account)) >= MOST_TOKENS:
            raise Conflict(f"You have {MOST_TOKENS} tokens. Revoke one first.")
        lasts = timedelta(days=days) if days else None
        return self.sessions.make_token(account, label, can_write=can_write, lasts=lasts)

    def _letter_to(self, account: Account, kind: str) -> AccountLetter | None:
        if not account.email or account.verified_at is None:
            return None
        return AccountLetter(kind, account.email, account.name)
