"""The words of the community: accounts and what they may do and have done, as frozen values.

What a paper is stands in `domain`; what the rules are, in `community`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class Role(IntEnum):
    """What an account may do; each role may do all that the lower ones may."""

    READER = 1
    EDITOR = 2
    MODERATOR = 3
    OWNER = 4

    @property
    def label(self) -> str:
        """The role's name in lower case, as rows and pages have it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. `name` is the public handle, lower case; an e-mail address is private.

    `verified_at` is when the address was shown to be the person's. `is_approved` is False while an
    instance that asks for approval has not given it.
    """

    account_id: int
    name: str
    role: Role
    created_at: datetime
    email: str | None = None
    verified_at: datetime | None = None
    has_password: bool = False
    full_name: str = ""
    affiliation: str = ""
    biography: str = ""
    orcid: str | None = None
    orcid_verified_at: datetime | None = None
    are_votes_public: bool = False
    is_approved: bool = True
    suspended_at: datetime | None = None
    suspended_reason: str = ""

    @property
    def shown_name(self) -> str:
        """The full name where given, else the handle."""
        return self.full_name or self.name

    @property
    def is_suspended(self) -> bool:
        """Whether a moderator has suspended the account."""
        return self.suspended_at is not None

    def may(self, least: Role) -> bool:
        """Whether the account has at least this role and may act at all."""
        return self.role >= least and not self.is_suspended and self.is_approved


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. `session_id` names it in lists; the secret is known to the browser."""

    session_id: str
    account_id: int
    client: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A personal token for programs; with `can_write` it may change what its account may."""

    token_id: str
    account_id: int
    name: str
    can_write: bool
    created_at: datetime
    used_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """An account at another service (OpenID Connect or OAuth2) that signs in here."""

    issuer: str
    subject: str
    account_id: int
    label: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What another service says of the person who signed in there.

    `email` is given only where the service has verified it; `orcid` only where the service is the
    one that issues ORCID iDs.
    """

    issuer: str
    subject: str
    label: str
    full_name: str = ""
    email: str = ""
    orcid: str = ""


class LinkPurpose(StrEnum):
    """What a one-time link does when it is used."""

    SIGN_IN = "sign-in"
    SIGN_UP = "sign-up"
    JOIN = "join"
    VERIFY = "verify"
    RESET = "reset"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """What a secret that works once stands for; `detail` is what was typed before, as JSON values.

    SIGN_UP makes an account with a password, JOIN one that signs in elsewhere; VERIFY makes `email`
    the account's address; AWAY is a sign-in that is under way at another service.
    """

    purpose: LinkPurpose
    account_id: int | None
    email: str
    detail: dict[str, str]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of a profile's lists: what the person did on which paper; `text` is its words."""

    paper_id: int
    text: str
    done_at: datetime
    comment_id: int | None = None
