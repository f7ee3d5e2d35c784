"""Letters about accounts: writes what `community` wants said, and puts it into the outbox."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from broadsheet.delivery.mail.letters import letter
from broadsheet.delivery.mail.posting import can_send, host_of, mail_origin, post_letter

if TYPE_CHECKING:
    from broadsheet.community.signing_in import AccountLetter
    from broadsheet.delivery.mail.mime import Letter
    from broadsheet.services import Services

LINK_PATH = "/link/"
_LASTS = "The link works once, for 20 minutes."
_OTHERWISE = "If this was not you, sign in, change your password and end the other sessions."


def send_letter(services: Services, wanted: AccountLetter | None) -> None:
    """Queue a letter, if there is one and this instance sends mail."""
    if wanted is None or not can_send(services.settings):
        return
    distinct = wanted.token or f"{wanted.address}\0{services.clock().isoformat()}"
    digest = hashlib.sha256(distinct.encode()).hexdigest()[:32]
    post_letter(
        services,
        _written(services, wanted),
        wanted.address,
        kind="account",
        unique_key=f"account:{wanted.kind}:{digest}",
    )


def _written(services: Services, wanted: AccountLetter) -> Letter:
    origin, host = mail_origin(services.settings), host_of(services.settings)
    url = f"{origin}{LINK_PATH}{wanted.token}"
    if wanted.kind == "sign-up":
        said = [f"Somebody, probably you, wants an account at {host} with this address.", _LASTS]
        return letter("Finish your sign-up", said, button="Finish the sign-up", url=url)
    if wanted.kind == "known":
        said = [
            f"Somebody, probably you, gave this address for an account at {host}.",
            f"It has one already, called {wanted.name}.",
            "Sign in with it, or choose a new password there.",
        ]
        return letter(
            "You have an account already", said, button="Sign in", url=f"{origin}/sign-in"
        )
    if wanted.kind == "sign-in":
        said = [f"This link signs {wanted.name} in at {host}.", _LASTS]
        return letter("Your link to sign in", said, button="Sign in", url=url)
    if wanted.kind == "reset":
        said = [f"This link lets {wanted.name} choose a new password at {host}.", _LASTS]
        return letter("Choose a new password", said, button="Choose a password", url=url)
    if wanted.kind == "verify":
        said = [f"The account {wanted.name} at {host} names this address.", _LASTS]
        return letter("Confirm your e-mail address", said, button="Confirm the address", url=url)
    return _news(wanted, origin, host)


def _news(wanted: AccountLetter, origin: str, host: str) -> Letter:
    """A letter that asks for nothing, unless what it tells was somebody else's doing."""
    said = {
        "password-changed": ("Your password was changed", "has a new password"),
        "address-changed": ("Your e-mail address was changed", "has another e-mail address"),
        "approved": ("Your account is approved", "can vote, comment and submit from now on"),
        "left": ("Your account was deleted", "was deleted with everything private"),
    }
    subject, what = said[wanted.kind]
    paragraphs = [f"The account {wanted.name} at {host} {what}."]
    return letter(
        subject, paragraphs, button="Open the site", url=f"{origin}/sign-in",
        small_print=(_OTHERWISE,) if "changed" in wanted.kind else (),
    )  # fmt: skip
