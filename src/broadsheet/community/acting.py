"""Whether an account may do something at all, with the sentence for when it may not.

Routes check this as well; here it holds for the command line and whatever else acts.
"""

from __future__ import annotations

from broadsheet.errors import PermissionDenied
from broadsheet.people import Account, Role


def may_act(account: Account, least: Role = Role.READER) -> None:
    """Raise PermissionDenied for an account that is suspended, waits, or has a lower role."""
    if account.is_suspended:
        raise PermissionDenied(f"The account {account.name} is suspended; it may only read.")
    if not account.is_approved:
        raise PermissionDenied(f"The account {account.name} waits for a moderator's approval.")
    if account.role < least:
        raise PermissionDenied(
            f"This needs the role of {least.label}; {account.name} is a {account.role.label}."
        )
