"""Who calls a tool, and in whose name it acts: by a personal token, or as told at the start.

A cookie is never enough: pages of a reader's other programs may reach the tools too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.errors import NotFound, PermissionDenied, SignInRequired

if TYPE_CHECKING:
    from broadsheet.delivery.visitors import Visitor
    from broadsheet.people import Account
    from broadsheet.services import Services


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and where: `origin` starts addresses.

    `account_id` is None for somebody unknown, whom `sign_in` then tells what to do; `address` is
    where the call came from, if from a network.
    """

    services: Services
    origin: str
    account_id: int | None = None
    can_write: bool = True
    address: str = ""
    sign_in: str = "Start the server as `broadsheet mcp --as NAME`."

    def known(self) -> Account | None:
        """The account as it is now, or None for somebody unknown or gone."""
        if self.account_id is None:
            return None
        try:
            return self.services.store.people.accounts.by_id(self.account_id)
        except NotFound:
            return None

    def reader(self) -> Account:
        """The account that asks for what is its own. Raises SignInRequired."""
        account = self.known()
        if account is None:
            raise SignInRequired(f"This tool must know who you are. {self.sign_in}")
        return account

    def writer(self) -> Account:
        """The account that changes something. Raises SignInRequired and PermissionDenied."""
        account = self.reader()
        if not self.can_write:
            raise PermissionDenied("This token may read only. Make one that may write.")
        return account


def caller_over_http(services: Services, origin: str, visitor: Visitor, address: str) -> Caller:
    """The caller of a request; a visitor by cookie is nobody here."""
    is_by_cookie = visitor.visit is not None and not visitor.is_by_token
    account = None if is_by_cookie else visitor.account
    token = visitor.visit.token if visitor.visit else None
    return Caller(
        services,
        origin,
        account.account_id if account else None,
        can_write=token is None or token.can_write,
        address=address,
        sign_in=f"Make a personal token at {origin}/settings/tokens and let your program send it: "
        "`Authorization: Bearer bsk_…`.",
    )
