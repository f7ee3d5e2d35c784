"""Reading lists: public, private, shared by link; export and import."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import (
    OPEN_TO_ALL,
    SIGNED_IN,
    account_of,
    paper_of,
    services_of,
)
from broadsheet.delivery.addresses import collection_path, paper_path, with_query
from broadsheet.delivery.citations.formats import FORMATS
from broadsheet.delivery.collecting import bring, collection_page
from broadsheet.delivery.lists.ways import FRONT_FEEDS
from broadsheet.delivery.parameters import QueryText
from broadsheet.delivery.private_addresses import OwnFeed, own_feed
from broadsheet.delivery.steering import Course
from broadsheet.delivery.visitors import visitor_of
from broadsheet.delivery.web.cards import card
from broadsheet.doings import Collection, CollectionPaper, FeedKind
from broadsheet.errors import BroadsheetError, InputError, NotFound
from broadsheet.people import Account
from broadsheet.ranking.listings import MOST_SEEDS
from broadsheet.services import Services

router = APIRouter(include_in_schema=False)
SHOWN = 50
_MOST_NUMBER = 10_000_000
Text = Annotated[str, Form(max_length=20_000)]
Link = Annotated[str, Query(max_length=100)]
Name = Annotated[str, Form(max_length=1_000)]
At = Annotated[int, Query(ge=0, le=_MOST_NUMBER)]


@router.get("/collections", dependencies=[OPEN_TO_ALL])
def collections_page(request: Request, at: At = 0) -> Response:
    """Public collections, last changed first, and the reader's own."""
    services, viewer = services_of(request), visitor_of(request).account
    public = services.store.people.collections.public(SHOWN + 1, at)
    return _render(
        request,
        "people/collections.html",
        own=_listed(request, services.community.collections.of(viewer, viewer)) if viewer else [],
        public=_listed(request, public[:SHOWN]),
        following=with_query("/collections", at=at + SHOWN) if len(public) > SHOWN else "",
        error=None,
        typed={"name": "", "description": "", "is_public": False},
    )


@router.post("/collections", dependencies=[SIGNED_IN])
def create(
    request: Request,
    name: Name = "",
    description: Text = "",
    is_public: Annotated[bool, Form()] = False,  # noqa: FBT002 - a check box of the form
    paper: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """A new collection, with a first paper if one is named."""
    actor, rules = account_of(request), services_of(request).community.collections
    try:
        made = rules.create(actor, name, description, is_public=is_public)
    except InputError as error:
        own = _listed(request, rules.of(actor, actor))
        return _render(
            request,
            "people/collections.html",
            status=422,
            own=own,
            public=[],
            following="",
            error=error,
            typed={"name": name, "description": description, "is_public": is_public},
        )
    if paper:
        rules.add(actor, made.slug, {paper_of(request, paper).paper_id: ""})
    return _to(collection_path(actor.name, made.slug))


@router.get("/people/{owner}/collections/{slug}", dependencies=[OPEN_TO_ALL])
def collection(
    request: Request,
    owner: str,
    slug: str,
    *,
    q: QueryText = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    link: Link = "",
) -> Response:
    """One collection, with a search within it."""
    found = _see(request, owner, slug, link)
    return _collection_page(request, found, owner, q=q or "", cursor=cursor, link=link)


@router.get("/people/{owner}/collections/{slug}/export.{ending}", dependencies=[OPEN_TO_ALL])
def export(request: Request, owner: str, slug: str, ending: str, link: Link = "") -> Response:
    """All papers of a collection in a citation format."""
    form = FORMATS.get(ending)
    if form is None:
        raise NotFound(f"There is no such format. There are {', '.join(FORMATS)}.")
    found = _see(request, owner, slug, link)
    services = services_of(request)
    held = services.community.collections.papers(found)
    papers = services.store.papers([each.paper_id for each in held])
    name = f"{found.slug}.{ending}".encode("ascii", "ignore").decode() or f"collection.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(form.write(papers), media_type=form.media_type, headers=headers)


@router.post("/people/{owner}/collections/{slug}/edit", dependencies=[SIGNED_IN])
def edit(
    request: Request,
    owner: str,
    slug: str,
    *,
    name: Name = "",
    description: Text = "",
    is_public: Annotated[bool, Form()] = False,
) -> Response:
    """Rename, describe, publish or withdraw."""
    actor = _owner(request, owner)
    rules = services_of(request).community.collections
    try:
        changed = rules.change(actor, slug, name=name, description=description, is_public=is_public)
    except InputError as error:
        return _collection_page(request, rules.own(actor, slug), owner, error=error)
    return _to(collection_path(owner, changed.slug))


@router.post("/people/{owner}/collections/{slug}/delete", dependencies=[SIGNED_IN])
def delete(request: Request, owner: str, slug: str, name: Name = "") -> Response:
    """Delete a collection whose name was typed to confirm it."""
    actor = _owner(request, owner)
    rules = services_of(request).community.collections
    found = rules.own(actor, slug)
    if name.strip() != found.name:
        error = InputError("Type the name of the collection to delete it.", "delete")
        return _collection_page(request, found, owner, error=error)
    rules.delete(actor, slug)
    return _to("/collections")


@router.post("/people/{owner}/collections/{slug}/link", dependencies=[SIGNED_IN])
def link(request: Request, owner: str, slug: str, act: Annotated[str, Form()] = "") -> Response:
    """Make a secret link, or take it back."""
    actor, rules = _owner(request, owner), services_of(request).community.collections
    if act == "end":
        rules.unshare(actor, slug)
    else:
        rules.share(actor, slug)
    return _to(f"{collection_path(owner, slug)}#sharing")


@router.post("/people/{owner}/collections/{slug}/papers", dependencies=[SIGNED_IN])
def add(request: Request, owner: str, slug: str, paper: Name = "", note: Text = "") -> Response:
    """Put a paper into a collection: by key, arXiv id, DOI or the address of its page here."""
    actor = _owner(request, owner)
    rules = services_of(request).community.collections
    found = rules.own(actor, slug)
    key = paper.strip().rpartition("/papers/")[2] or paper.strip()
    try:
        rules.add(actor, slug, {paper_of(request, key).paper_id: note})
    except (NotFound, InputError) as error:
        return _collection_page(
            request, found, owner, error=InputError(f"{error}", "paper"), typed=paper
        )
    return _to(collection_path(owner, slug))


@router.post("/people/{owner}/collections/{slug}/place", dependencies=[SIGNED_IN])
def place(
    request: Request,
    owner: str,
    slug: str,
    *,
    paper: Name = "",
    act: Annotated[str, Form(max_length=20)] = "",
    note: Text = "",
    to: Annotated[int, Form(ge=1, le=_MOST_NUMBER)] = 1,
) -> Response:
    """Change a paper's place or note in a collection, or take it out."""
    actor, found = _owner(request, owner), paper_of(request, paper)
    rules = services_of(request).community.collections
    if act == "remove":
        rules.remove(actor, slug, found.paper_id)
    elif act == "move":
        rules.move(actor, slug, found.paper_id, to=to)
    else:
        rules.note(actor, slug, found.paper_id, note)
    return _to(collection_path(owner, slug))


@router.post("/people/{owner}/collections/{slug}/import", dependencies=[SIGNED_IN])
def import_references(
    request: Request, owner: str, slug: str, file: Annotated[UploadFile, File()]
) -> Response:
    """Put the papers of a BibTeX, RIS or CSL-JSON file into a collection."""
    actor = _owner(request, owner)
    services = services_of(request)
    found = services.community.collections.own(actor, slug)
    try:
        brought = bring(services, actor, found, file.file.read())
    except BroadsheetError as error:
        failed = InputError(f"{error}", "file")
        return _collection_page(request, found, owner, error=failed)
    return _collection_page(
        request, services.community.collections.own(actor, slug), owner, brought=brought
    )


@router.post("/papers/{key:path}/collect", dependencies=[SIGNED_IN])
def collect(
    request: Request, key: str, slug: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Put a paper into one of the reader's collections, or take it out where it is in."""
    actor, paper = account_of(request), paper_of(request, key)
    rules = services_of(request).community.collections
    if not rules.add(actor, slug, {paper.paper_id: ""}):
        rules.remove(actor, slug, paper.paper_id)
    return _to(f"{paper_path(paper.key)}#collect")


def _see(request: Request, owner: str, slug: str, link: str) -> Collection:
    viewer = visitor_of(request).account
    rules = services_of(request).community.collections
    return rules.see(viewer, owner.lower(), slug, share_token=link)


def _owner(request: Request, owner: str) -> Account:
    """The account that asks, on addresses below its own name. Raises NotFound on others'."""
    actor = account_of(request)
    if actor.name != owner.lower():
        raise NotFound("There is no such collection, or it is somebody else's.")
    return actor


def _listed(request: Request, found: list[Collection]) -> list[tuple[Collection, Account, str]]:
    """Collections with their owners and addresses."""
    owners = services_of(request).store.people.accounts.by_ids({c.account_id for c in found})
    return [
        (each, owners[each.account_id], collection_path(owners[each.account_id].name, each.slug))
        for each in found
        if each.account_id in owners
    ]


def _collection_page(
    request: Request,
    found: Collection,
    owner: str,
    *,
    q: str = "",
    cursor: str | None = None,
    link: str = "",
    error: InputError | None = None,
    typed: str = "",
    brought: object = None,
) -> Response:
    services, viewer = services_of(request), visitor_of(request).account
    page = collection_page(services, found, query=q, cursor=cursor)
    today = services.clock().date()
    held = {each.paper_id: each for each in services.community.collections.papers(found)}
    path = collection_path(owner, found.slug)
    feed = _own_feed(services, viewer, found)
    return _render(
        request,
        "people/collection.html",
        status=422 if error else 200,
        collection=found,
        person=services.store.people.accounts.by_id(found.account_id),
        is_own=viewer is not None and viewer.account_id == found.account_id,
        cards=[
            # A note stands on the page itself, not as the reason of a place.
            (card(shown, today=today), held.get(shown.paper.paper_id))
            for shown in (hit if q else replace(hit, reasons=()) for hit in page.hits)
        ],
        page=page,
        own_feed=feed,
        feeds=feed.links if feed else FRONT_FEEDS,
        notes=page.notes,
        place=path,
        link=link,
        q=q,
        following=with_query(path, q=q or None, cursor=page.next_cursor, link=link or None)
        if page.next_cursor
        else "",
        formats=[(form.name, with_query(f"{path}/export.{end}", link=link or None))
                 for end, form in FORMATS.items()],
        like_these=_like_these(services, held),
        error=error,
        typed=typed,
        brought=brought,
    )  # fmt: skip


def _like_these(services: Services, held: dict[int, CollectionPaper]) -> str:
    """Papers like the first ones of a collection, by its order."""
    papers = services.store.papers(list(held)[:MOST_SEEDS])
    return Course(tuple(paper.key for paper in papers)).path() if papers else ""


def _own_feed(services: Services, viewer: Account | None, found: Collection) -> OwnFeed | None:
    """The private feed of a collection, for its owner."""
    if viewer is None or viewer.account_id != found.account_id:
        return None
    return own_feed(services, viewer, FeedKind.COLLECTION, str(found.collection_id))


def _render(request: Request, template: str, **context: object) -> Response:
    rendered: Response = request.app.state.pages.render(request, template, **context)
    return rendered


def _to(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
