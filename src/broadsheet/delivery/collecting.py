"""Collections as pages of papers, and the papers of reference files put into them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from broadsheet.delivery.access import services_of
from broadsheet.delivery.addresses import collection_path, with_query
from broadsheet.delivery.lists.places import Place
from broadsheet.delivery.visitors import visitor_of
from broadsheet.domain import Listing, ListingKind, Page, PaperRecord
from broadsheet.errors import InputError, NotFound, SourceError
from broadsheet.latex import readable
from broadsheet.people import Role
from broadsheet.sources.files import read_file

if TYPE_CHECKING:
    from datetime import date

    from fastapi import Request

    from broadsheet.doings import Collection
    from broadsheet.domain import Paper
    from broadsheet.people import Account
    from broadsheet.services import Services

_SHOWN = 10
_KIND = "collection"
_REFERENCES = frozenset(("bibtex", "ris", "csl_json"))
_COMPRESSED = (b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
MOST_REFERENCES = 2_000
"""Of one file; a larger library is imported by the operator."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a reference file came to: papers put into the collection, and titles not found here."""

    added: int
    known: int
    unknown: tuple[str, ...]
    unreadable: int


def collection_page(
    services: Services, collection: Collection, *, query: str = "", cursor: str | None = None
) -> Page:
    """The papers of a collection in its order, or those of it that a query finds.

    The caller has made sure that the asker may see the collection. Raises QueryError.
    """
    if not query:
        seed = str(collection.collection_id)
        return services.ranking.page(
            Listing(ListingKind.COLLECTION, seed=seed, limit=50, cursor=cursor)
        )
    held = services.store.people.collections.papers(collection.collection_id)
    within = tuple(sorted(each.paper_id for each in held))
    return services.ranking.page(
        Listing(ListingKind.SEARCH, query=query, within=within, limit=50, cursor=cursor)
    )


def collection_place(request: Request, name: str) -> Place | None:
    """The list `collection/OWNER/SLUG`, for a private one with its secret as `link`; else None.

    Raises NotFound for a collection that the asker may not see.
    """
    kind, _, rest = name.partition("/")
    owner, _, slug = rest.partition("/")
    if kind != _KIND:
        return None
    link = request.query_params.get("link", "")
    found = services_of(request).community.collections.see(
        visitor_of(request).account, owner.lower(), slug, share_token=link
    )
    listing = Listing(
        ListingKind.COLLECTION,
        seed=str(found.collection_id),
        cursor=request.query_params.get("cursor"),
    )
    return Place(listing, found.name, with_query(collection_path(owner, slug), link=link))


def bring(services: Services, actor: Account, collection: Collection, content: bytes) -> Brought:
    """Put the papers of a BibTeX, RIS or CSL-JSON file into a collection of the actor's.

    Papers that the library does not have are taken in for editors only; others are named, so that
    they can be submitted. Raises InputError for a file that holds no references, and Conflict for
    a collection that would grow too large.
    """
    records, unreadable = _references(content, services.clock().date())
    numbers = [_number(services, record) for record in records]
    unknown = [record for record, number in zip(records, numbers, strict=True) if number is None]
    if unknown and actor.may(Role.EDITOR):
        services.store.ingest(unknown, now=services.clock())
        numbers = [
            _number(services, record) if number is None else number
            for record, number in zip(records, numbers, strict=True)
        ]
    found = dict.fromkeys((number for number in numbers if number is not None), "")
    added = services.community.collections.add(actor, collection.slug, found)
    titles = tuple(
        readable(record.title)
        for record, number in zip(records, numbers, strict=True)
        if number is None
    )
    return Brought(added, len(found) - added, titles, unreadable)


def collecting(request: Request, paper: Paper) -> dict[str, object]:
    """What a paper's page says of collections: the reader's own, and the public ones it is in."""
    services, viewer = services_of(request), visitor_of(request).account
    table = services.store.people.collections
    public = table.holding(paper.paper_id, account_id=None)[:_SHOWN]
    owners = services.store.people.accounts.by_ids({each.account_id for each in public})
    held = table.holding(paper.paper_id, account_id=viewer.account_id) if viewer else []
    is_in = {each.collection_id for each in held}
    own = services.community.collections.of(viewer, viewer) if viewer else []
    return {
        "collections": [(each, each.collection_id in is_in) for each in own],
        "public_collections": [
            (each, collection_path(owners[each.account_id].name, each.slug))
            for each in public
            if each.account_id in owners
        ],
    }


def _references(content: bytes, today: date) -> tuple[list[PaperRecord], int]:
    """The references of a file and how many could not be read. Raises InputError."""
    if content.startswith(_COMPRESSED):
        raise InputError("Unpack the file first; compressed files are not read here.", "file")
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            items = list(islice(read_file(Path(file.name), today=today), MOST_REFERENCES + 1))
        except SourceError as error:
            raise InputError("This is no BibTeX, RIS or CSL-JSON file.", "file") from error
    if len(items) > MOST_REFERENCES:
        raise InputError(f"The file has more than {MOST_REFERENCES:,} references.", "file")
    read = [item.record for item in items if item.record is not None]
    records = [record for record in read if record.source in _REFERENCES]
    if not records:
        raise InputError("The file holds no references that can be read.", "file")
    return records, len(items) - len(records)


def _number(services: Services, record: PaperRecord) -> int | None:
    """The paper of a record: by its ids, else by its whole title."""
    for name in (record.arxiv_id, record.doi):
        if name:
            try:
                return services.store.paper(name).paper_id
            except NotFound:
                continue
    return services.store.number_of_title(record.title)
