"""Collections and follows."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from broadsheet.delivery.access import (
    OPEN_TO_ALL,
    SIGNED_IN,
    account_of,
    origin_of,
    paper_of,
    services_of,
)
from broadsheet.delivery.addresses import collection_path
from broadsheet.delivery.api.models import PageShape
from broadsheet.delivery.collecting import collection_page
from broadsheet.delivery.parameters import Key, QueryText
from broadsheet.delivery.visitors import visitor_of
from broadsheet.doings import Collection, FollowKind
from broadsheet.people import Account

router = APIRouter(tags=["collections"])
Share = Annotated[str, Query(max_length=100, description="The secret of a shared link.")]
Cursor = Annotated[str | None, Query(max_length=100, description="Where the last page ended.")]
Owner = Annotated[str, Path(description="The handle of the person whose it is.")]
Slug = Annotated[str, Path(description="The collection's part of its address.")]


class CollectionShape(BaseModel):
    """A reading list."""

    owner: str = Field(description="The handle of the person whose it is.")
    slug: str = Field(description="The part of its address that the name gives.")
    name: str = Field(description="What it is called.")
    description: str = Field(description="What it is about; may be empty.")
    is_public: bool = Field(description="Whether everybody can read it.")
    papers: int = Field(description="How many papers it holds.")
    created_at: datetime = Field(description="When it was made.")
    changed_at: datetime = Field(description="When it, or a paper's place in it, last changed.")
    url: str = Field(description="Its page.")


class CollectionInput(BaseModel):
    """What a collection is called, and who may read it."""

    name: str = Field(max_length=1_000, description="100 characters at most.")
    description: str = Field("", max_length=20_000, description="2,000 characters at most.")
    is_public: bool = Field(default=False, description="Whether everybody may read it.")


class PlaceInput(BaseModel):
    """A paper's note in a collection, and its place from 1."""

    note: str | None = Field(None, max_length=20_000, description="2,000 characters at most.")
    place: int | None = Field(None, ge=1, le=1_000_000, description="From 1; none is the end.")


class FollowShape(BaseModel):
    """Something that is followed: `subject` is a handle, author's name, category or query."""

    kind: FollowKind = Field(description="Person, author, category or search.")
    subject: str = Field(max_length=2_000, description="A handle, name, category or query.")
    label: str = Field("", max_length=2_000, description="What lists show; else the subject.")


@router.get("/collections", summary="Public collections", dependencies=[OPEN_TO_ALL])
def public_collections(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100, description="Collections on one page.")] = 25,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="How many to leave out.")] = 0,
) -> list[CollectionShape]:
    """Public collections that hold papers, last changed first."""
    found = services_of(request).store.people.collections.public(limit, offset)
    owners = services_of(request).store.people.accounts.by_ids({c.account_id for c in found})
    return [_shape(request, each, owners[each.account_id]) for each in found]


@router.post("/collections", summary="Make a collection", status_code=201, dependencies=[SIGNED_IN])
def create_collection(request: Request, given: CollectionInput) -> CollectionShape:
    """A new, empty collection of the account that asks."""
    actor = account_of(request)
    made = services_of(request).community.collections.create(
        actor, given.name, given.description, is_public=given.is_public
    )
    return _shape(request, made, actor)


@router.get(
    "/people/{owner}/collections", summary="A person's collections", dependencies=[OPEN_TO_ALL]
)
def collections_of(request: Request, owner: Owner) -> list[CollectionShape]:
    """Those that the asker may see, last changed first."""
    person = services_of(request).store.people.accounts.by_name(owner)
    viewer = visitor_of(request).account
    found = services_of(request).community.collections.of(viewer, person)
    return [_shape(request, each, person) for each in found]


@router.get(
    "/people/{owner}/collections/{slug}",
    summary="The papers of a collection",
    dependencies=[OPEN_TO_ALL],
)
def collection_papers(
    request: Request,
    owner: Owner,
    slug: Slug,
    *,
    q: QueryText = None,
    cursor: Cursor = None,
    link: Share = "",
) -> PageShape:
    """In their order, their notes as reasons; or those that a query finds among them."""
    rules, viewer = services_of(request).community.collections, visitor_of(request).account
    found = rules.see(viewer, owner.lower(), slug, share_token=link)
    page = collection_page(services_of(request), found, query=q or "", cursor=cursor)
    return PageShape.of(page, origin_of(request))


@router.put(
    "/people/{owner}/collections/{slug}", summary="Change a collection", dependencies=[SIGNED_IN]
)
def change_collection(
    request: Request, owner: Owner, slug: Slug, given: CollectionInput
) -> CollectionShape:
    """Rename, describe, publish or withdraw a collection of one's own."""
    actor = _owner(request, owner, slug)
    changed = services_of(request).community.collections.change(
        actor, slug, name=given.name, description=given.description, is_public=given.is_public
    )
    return _shape(request, changed, actor)


@router.delete(
    "/people/{owner}/collections/{slug}",
    summary="Delete a collection",
    status_code=204,
    dependencies=[SIGNED_IN],
)
def delete_collection(request: Request, owner: Owner, slug: Slug) -> Response:
    """Delete a collection of one's own; its papers stay in the library."""
    actor = _owner(request, owner, slug)
    services_of(request).community.collections.delete(actor, slug)
    return Response(status_code=204)


@router.put(
    "/people/{owner}/collections/{slug}/papers/{key:path}",
    summary="Put a paper into a collection",
    status_code=204,
    dependencies=[SIGNED_IN],
)
def put_paper(request: Request, owner: Owner, slug: Slug, key: Key, given: PlaceInput) -> Response:
    """Put it at the end, or give one that is there another note or place."""
    actor, paper = _owner(request, owner, slug), paper_of(request, key)
    rules = services_of(request).community.collections
    if not rules.add(actor, slug, {paper.paper_id: given.note or ""}) and given.note is not None:
        rules.note(actor, slug, paper.paper_id, given.note)
    if given.place is not None:
        rules.move(actor, slug, paper.paper_id, to=given.place)
    return Response(status_code=204)


@router.delete(
    "/people/{owner}/collections/{slug}/papers/{key:path}",
    summary="Take a paper out of a collection",
    status_code=204,
    dependencies=[SIGNED_IN],
)
def remove_paper(request: Request, owner: Owner, slug: Slug, key: Key) -> Response:
    """Take it out; one that is not there changes nothing."""
    actor, paper = _owner(request, owner, slug), paper_of(request, key)
    services_of(request).community.collections.remove(actor, slug, paper.paper_id)
    return Response(status_code=204)


@router.get("/me/following", summary="What one follows", dependencies=[SIGNED_IN])
def following(request: Request) -> list[FollowShape]:
    """Categories, authors, people and saved searches of the account that asks."""
    found = services_of(request).community.follows.of(account_of(request))
    return [FollowShape(kind=f.kind, subject=f.subject, label=f.label) for f in found]


@router.put("/me/following", summary="Follow something", dependencies=[SIGNED_IN])
def follow(request: Request, given: FollowShape) -> FollowShape:
    """Follow a category, an author, a person here or a search; twice is once."""
    made = services_of(request).community.follows.follow(
        account_of(request), given.kind, given.subject, given.label
    )
    return FollowShape(kind=made.kind, subject=made.subject, label=made.label)


@router.delete("/me/following", summary="Stop following", status_code=204, dependencies=[SIGNED_IN])
def leave(
    request: Request,
    kind: Annotated[FollowKind, Query(description="What kind of thing it is.")],
    subject: Annotated[str, Query(max_length=2_000, description="Which one.")],
) -> Response:
    """Follow something no longer; what is not followed changes nothing."""
    services_of(request).community.follows.leave(account_of(request), kind, subject)
    return Response(status_code=204)


def _owner(request: Request, owner: str, slug: str) -> Account:
    """The account that asks. Raises NotFound for a collection of somebody else."""
    actor = account_of(request)
    rules = services_of(request).community.collections
    rules.own(actor, slug if actor.name == owner.lower() else "")
    return actor


def _shape(request: Request, found: Collection, owner: Account) -> CollectionShape:
    return CollectionShape(
        owner=owner.name,
        slug=found.slug,
        name=found.name,
        description=found.description,
        is_public=found.is_public,
        papers=found.papers,
        created_at=found.created_at,
        changed_at=found.changed_at,
        url=origin_of(request) + collection_path(owner.name, found.slug),
    )
