"""The tools of one person: their lists, and what they save, vote for and collect.

Every one goes by the rules of the community, as pages and API do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broadsheet.delivery.addresses import collection_path, paper_path
from broadsheet.delivery.lists.followed import followed_page
from broadsheet.delivery.lists.shelves import Asked, shelf_page
from broadsheet.delivery.mcp.arguments import named_key
from broadsheet.delivery.mcp.results import NOTICE, hits_result, page_result
from broadsheet.doings import Shelf
from broadsheet.domain import Hit, Listing, ListingKind, Reason
from broadsheet.errors import Conflict, InputError, NotFound

if TYPE_CHECKING:
    from broadsheet.delivery.mcp.arguments import CollectArguments, MineArguments, TurnArguments
    from broadsheet.delivery.mcp.callers import Caller
    from broadsheet.doings import Collection

_LONGEST_OFFSET = 7


def mine(caller: Caller, asked: MineArguments) -> dict[str, Any]:
    """The caller's own lists; a public collection is shown to everybody."""
    if asked.collection and asked.list != "collection":
        raise InputError("collection: this goes with list=collection only.", "collection")
    if asked.list == "collection":
        return _collection(caller, asked) if asked.collection else _collections(caller)
    return _saved(caller, asked) if asked.list == "saved" else _followed(caller, asked)


def _followed(caller: Caller, asked: MineArguments) -> dict[str, Any]:
    page = followed_page(
        caller.services,
        caller.reader(),
        days=asked.days,
        limit=asked.limit,
        offset=_offset(asked.cursor),
    )
    return hits_result(page.hits, page.total, _cursor(page.next_offset), page.notes, caller.origin)


def _saved(caller: Caller, asked: MineArguments) -> dict[str, Any]:
    wanted = Asked(Shelf.SAVED, offset=_offset(asked.cursor), limit=asked.limit)
    page = shelf_page(caller.services, caller.reader(), wanted)
    hits = [
        Hit(paper, reasons=(Reason("note", 0.0, f"Your note: {mark.note}"),) if mark.note else ())
        for paper, mark in page.papers
    ]
    return hits_result(hits, page.total, _cursor(page.next_offset), page.notes, caller.origin)


def _collections(caller: Caller) -> dict[str, Any]:
    account = caller.reader()
    found = caller.services.community.collections.of(account, account)
    listed = [_listed(caller, account.name, each) for each in found]
    return {**hits_result((), 0, None, (), caller.origin), "collections": listed}


def _listed(caller: Caller, owner: str, found: Collection) -> dict[str, Any]:
    return {
        "collection": found.slug,
        "name": found.name,
        "description": found.description,
        "papers": found.papers,
        "is_public": found.is_public,
        "url": caller.origin + collection_path(owner, found.slug),
    }


def _collection(caller: Caller, asked: MineArguments) -> dict[str, Any]:
    owner, slash, slug = asked.collection.strip().rpartition("/")
    owner = owner.lower() if slash else caller.reader().name
    found = caller.services.community.collections.see(caller.known(), owner, slug)
    listing = Listing(
        ListingKind.COLLECTION,
        seed=str(found.collection_id),
        limit=asked.limit,
        cursor=asked.cursor or None,
    )
    page = page_result(caller.services.ranking.page(listing), caller.origin)
    return {**page, "collections": [_listed(caller, owner, found)]}


def save(caller: Caller, asked: TurnArguments) -> dict[str, Any]:
    """Put a paper on the caller's shelf of saved papers, or take it off."""
    account, library = caller.writer(), caller.services.community.library
    change = library.take if asked.undo else library.put
    key, mark = change(account, named_key(asked.id), Shelf.SAVED)
    return {"id": key, "saved": mark.is_on(Shelf.SAVED), "url": caller.origin + paper_path(key)}


def vote(caller: Caller, asked: TurnArguments) -> dict[str, Any]:
    """Cast the caller's vote for a paper, or take it back."""
    account, votes = caller.writer(), caller.services.community.votes
    change = votes.withdraw if asked.undo else votes.cast
    tally = change(account, named_key(asked.id), address=caller.address)
    url = caller.origin + paper_path(tally.key)
    return {"id": tally.key, "voted": tally.is_on, "votes": tally.votes, "url": url}


def collect(caller: Caller, asked: CollectArguments) -> dict[str, Any]:
    """Put a paper into a collection of the caller's, which is made where there is none."""
    account, rules = caller.writer(), caller.services.community.collections
    paper = caller.services.store.paper(named_key(asked.id))
    found = _own(caller, asked.collection)
    if found is None:
        if not asked.create:
            raise NotFound(
                f"You have no collection “{asked.collection:.100}”. my_papers with list=collection "
                "names yours; create=true makes this one, private."
            )
        found = rules.create(account, asked.collection)
    added = rules.add(account, found.slug, {paper.paper_id: asked.note})
    if not added and asked.note.strip():
        _add_note(caller, found, paper.paper_id, asked.note)
    return {
        "notice": NOTICE,
        "id": paper.key,
        "is_new": bool(added),
        "collection": _listed(caller, account.name, rules.own(account, found.slug)),
    }


def _add_note(caller: Caller, found: Collection, paper_id: int, note: str) -> None:
    """Write a note where there is none; agents add and never replace what a person wrote."""
    account, rules = caller.writer(), caller.services.community.collections
    there = {each.paper_id: each.note for each in rules.papers(found)}
    if not there.get(paper_id):
        rules.note(account, found.slug, paper_id, note)
    elif there[paper_id] != note.strip():
        raise Conflict("This paper has a note there already. Change it on the collection’s page.")


def _own(caller: Caller, called: str) -> Collection | None:
    """The caller's collection of a name, or of its part of the address."""
    account = caller.reader()
    owner, slash, slug = called.strip().rpartition("/")
    if slash and owner.lower() == account.name:
        called = slug
    found = caller.services.community.collections.of(account, account)
    wanted = (called.strip(), called.strip().casefold())
    return next(
        (each for each in found if each.slug == wanted[0] or each.name.casefold() == wanted[1]),
        None,
    )


def _cursor(offset: int | None) -> str | None:
    return None if offset is None else str(offset)


def _offset(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _LONGEST_OFFSET):
        raise InputError("cursor: this is no cursor of this list. Begin without one.", "cursor")
    return int(cursor)
