"""Collections: reading lists that are private, public, or open to whoever has their link."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadsheet.community.acting import may_act
from broadsheet.community.secrets import digest, new_token
from broadsheet.community.throttling import Throttle
from broadsheet.community.typed import line, paragraphs
from broadsheet.doings import Collection, CollectionPaper
from broadsheet.errors import Conflict, InputError, NotFound
from broadsheet.people import Account
from broadsheet.store.people.tables import PeopleTables

LONGEST_NAME = 100
LONGEST_DESCRIPTION = 2_000
LONGEST_NOTE = 2_000
MOST_COLLECTIONS = 500
MOST_PAPERS = 5_000
MADE_PER_HOUR = 60
_SLUG = 60
_NO_WORD = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Collections:
    """Makes, shows and changes collections; every function checks who asks."""

    tables: PeopleTables
    throttle: Throttle
    clock: Callable[[], datetime]

    def create(
        self, actor: Account, name: str, description: str = "", *, is_public: bool = False
    ) -> Collection:
        """A new, empty collection.

        Raises InputError for a name that is empty or too long, or has been used.
        """
        may_act(actor)
        name = _name(name)
        description = paragraphs(description, "description", LONGEST_DESCRIPTION)
        self.throttle.check(f"collection {actor.account_id}", MADE_PER_HOUR, timedelta(hours=1))
        own = self.tables.collections.of_account(actor.account_id, with_private=True)
        if len(own) >= MOST_COLLECTIONS:
            raise Conflict(f"You have {MOST_COLLECTIONS} collections; delete one first.")
        made = self.tables.collections.create(
            actor.account_id,
            name=name,
            slug=slug_of(name),
            description=description,
            is_public=is_public,
            now=self.clock(),
        )
        if made is None:
            raise _taken(name)
        return made

    def see(
        self, viewer: Account | None, owner: str, slug: str, *, share_token: str = ""
    ) -> Collection:
        """A collection that is public, or the viewer's own, or whose link the viewer has.

        Raises NotFound for every other, so that nobody learns which private ones there are.
        """
        found = self.tables.collections.find(owner, slug)
        is_own = viewer is not None and viewer.account_id == found.account_id
        is_shared = bool(share_token) and self._is_link_of(found, share_token)
        if not (found.is_public or is_own or is_shared):
            raise NotFound("There is no such collection, or it is private.")
        return found

    def _is_link_of(self, found: Collection, token: str) -> bool:
        try:
            return self.by_link(token).collection_id == found.collection_id
        except NotFound:
            return False

    def by_link(self, token: str) -> Collection:
        """The collection that a secret link leads to. Raises NotFound."""
        return self.tables.collections.by_share(digest(token))

    def own(self, actor: Account, slug: str) -> Collection:
        """A collection of the actor's own. Raises NotFound."""
        return self.tables.collections.find(actor.name, slug)

    def of(self, viewer: Account | None, owner: Account) -> list[Collection]:
        """The collections of a person that the viewer may see, last changed first."""
        is_own = viewer is not None and viewer.account_id == owner.account_id
        return self.tables.collections.of_account(owner.account_id, with_private=is_own)

    def change(
        self, actor: Account, slug: str, *, name: str, description: str, is_public: bool
    ) -> Collection:
        """Rename, describe, publish or withdraw. Raises InputError as `create`."""
        may_act(actor)
        found, name = self.own(actor, slug), _name(name)
        changed = self.tables.collections.change(
            found.collection_id,
            name=name,
            slug=slug_of(name),
            description=paragraphs(description, "description", LONGEST_DESCRIPTION),
            is_public=is_public,
            changed_at=self.clock(),
        )
        if changed is None:
            raise _taken(name)
        return changed

    def delete(self, actor: Account, slug: str) -> None:
        """Delete a collection of the actor's own."""
        self.tables.collections.delete(self.own(actor, slug).collection_id)

    def share(self, actor: Account, slug: str) -> Collection:
        """Make a secret link; a former one leads nowhere any more."""
        may_act(actor)
        token = new_token()
        return self._set_link(actor, slug, token)

    def unshare(self, actor: Account, slug: str) -> Collection:
        """Take the secret link back."""
        return self._set_link(actor, slug, None)

    def _set_link(self, actor: Account, slug: str, token: str | None) -> Collection:
        found = self.own(actor, slug)
        changed = self.tables.collections.change(
            found.collection_id,
            share_token=token,
            share_digest=digest(token) if token else None,
        )
        return changed or found

    def papers(self, collection: Collection) -> list[CollectionPaper]:
        """The papers of a collection, which the caller has been let see, in its order."""
        return self.tables.collections.papers(collection.collection_id)

    def add(self, actor: Account, slug: str, papers: Mapping[int, str]) -> int:
        """Put papers (number to note) at the end; how many are new there.

        Raises Conflict where the collection would grow beyond `MOST_PAPERS`.
        """
        may_act(actor)
        found = self.own(actor, slug)
        notes = {number: paragraphs(text, "note", LONGEST_NOTE) for number, text in papers.items()}
        added = self.tables.collections.add(
            found.collection_id, notes, most=MOST_PAPERS, now=self.clock()
        )
        if added is None:
            raise Conflict(f"A collection holds {MOST_PAPERS:,} papers at most.")
        return added

    def remove(self, actor: Account, slug: str, paper_id: int) -> None:
        """Take a paper out; one that is not there changes nothing."""
        found = self.own(actor, slug)
        self.tables.collections.remove(found.collection_id, paper_id, self.clock())

    def note(self, actor: Account, slug: str, paper_id: int, text: str) -> None:
        """Write the note of a paper. Raises NotFound where the paper is not in the collection."""
        may_act(actor)
        found = self.own(actor, slug)
        if not self.tables.collections.note(
            found.collection_id, paper_id, paragraphs(text, "note", LONGEST_NOTE), self.clock()
        ):
            raise NotFound("The paper is not in this collection.")

    def move(self, actor: Account, slug: str, paper_id: int, *, to: int) -> None:
        """Bring a paper to a place, counted from 1; beyond the end is the end."""
        found = self.own(actor, slug)
        order = [each.paper_id for each in self.papers(found) if each.paper_id != paper_id]
        if len(order) == found.papers:
            raise NotFound("The paper is not in this collection.")
        order.insert(max(to - 1, 0), paper_id)
        self.tables.collections.arrange(found.collection_id, order, self.clock())

    def arrange(self, actor: Account, slug: str, paper_ids: Iterable[int]) -> None:
        """Bring the papers into this order; those not named follow."""
        found = self.own(actor, slug)
        self.tables.collections.arrange(found.collection_id, paper_ids, self.clock())


def slug_of(name: str) -> str:
    """The part of an address that a name gives; names without letters give `collection`."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _NO_WORD.sub("-", folded).strip("-_")[:_SLUG].rstrip("-_") or "collection"


def _taken(name: str) -> InputError:
    return InputError(
        f"You have a collection called “{name}” already. Choose another name.", "name"
    )


def _name(text: str) -> str:
    name = line(text, "name", LONGEST_NAME)
    if not name:
        raise InputError("Give the collection a name.", "name")
    return name
