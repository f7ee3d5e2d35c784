"""What whoever fills in a form of preferences may read: collections by their address, and the
searches that their account has saved.
"""

from __future__ import annotations

from dataclasses import dataclass

from broadsheet.digests.reach import reference_to
from broadsheet.doings import FollowKind
from broadsheet.errors import InputError, NotFound
from broadsheet.people import Account
from broadsheet.services import Services
from broadsheet.subscriptions.references import CollectionReference, typed_collection


@dataclass(frozen=True, slots=True)
class ReadableBy:
    """What an account may read; with None, what everybody may.

    With `may_try_any`, any query may stand for a saved search: for forms that are only tried.
    """

    services: Services
    account: Account | None
    may_try_any: bool = False

    def collection(self, text: str) -> CollectionReference:
        """The collection that was typed. Raises InputError where it may not be read."""
        try:
            owner, slug, link = typed_collection(text)
        except ValueError as error:
            raise InputError(str(error), "collections") from error
        try:
            seen = self.services.community.collections.see(
                self.account, owner, slug, share_token=link
            )
        except NotFound as error:
            message = f"There is no collection “{owner}/{slug}”, or it is private."
            raise InputError(message, "collections") from error
        found = self.services.store.mail.followed.collections([seen.collection_id])
        own_link = link if link and link == seen.share_token else ""
        return reference_to(found[seen.collection_id], own_link)

    def saved_search(self, query: str) -> str:
        """The query of a search that the account has saved. Raises InputError."""
        if not self.may_try_any and query not in self.saved_searches():
            message = f"The search “{query[:60]}” is not saved in your account."
            raise InputError(message, "saved")
        return query

    def saved_searches(self) -> list[str]:
        """The queries of all searches that the account has saved."""
        if self.account is None:
            return []
        followed = self.services.community.follows.of(self.account)
        return [each.subject for each in followed if each.kind is FollowKind.SEARCH]
