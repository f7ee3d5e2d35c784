"""The public page of a person, and what they have brought and said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from broadsheet.delivery.access import OPEN_TO_ALL, services_of
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.visitors import visitor_of
from broadsheet.doings import FollowKind
from broadsheet.errors import NotFound
from broadsheet.people import Deed, Role
from broadsheet.store.people.profile_lists import LISTS

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

    from broadsheet.domain import Paper
    from broadsheet.people import Account
    from broadsheet.services import Services

router = APIRouter(include_in_schema=False)
PAGE = 30
_LARGEST_PAGE = 10_000
_EXCERPT = 280
_HEADINGS = {
    "submissions": "Submissions",
    "comments": "Comments",
    "papers": "Claimed papers",
    "votes": "Votes",
}


@dataclass(frozen=True, slots=True)
class DeedView:
    """A line of a list, with its paper."""

    paper: Paper
    title: str
    deed: Deed
    words: str


@router.get("/people/{name}", dependencies=[OPEN_TO_ALL])
def profile(request: Request, name: str, show: str = "", page: int = 1) -> Response:
    """A person's page with one of their lists."""
    services, viewer = services_of(request), visitor_of(request).account
    person = services.community.accounts.by_name(name)
    is_own = viewer is not None and viewer.account_id == person.account_id
    is_moderator = viewer is not None and viewer.may(Role.MODERATOR)
    if not (person.is_approved or is_own or is_moderator):
        raise NotFound(f"There is nobody called “{name:.40}” here.")
    is_hidden = person.is_suspended and not (is_own or is_moderator)
    lists = _lists(services, person, sees_votes=is_own or person.are_votes_public)
    chosen = show if show in lists else next((key for key, n in lists.items() if n), "submissions")
    page = min(max(page, 1), _LARGEST_PAGE)
    reply: HTMLResponse = request.app.state.pages.render(
        request,
        "people/profile.html",
        person=person,
        is_own=is_own,
        is_moderator=is_moderator,
        is_owner=viewer is not None and viewer.may(Role.OWNER),
        is_hidden=is_hidden,
        is_following=viewer is not None
        and services.community.follows.is_following(viewer, FollowKind.PERSON, person.name),
        roles=[role.label for role in Role],
        lists={key: (_HEADINGS[key], number) for key, number in lists.items()},
        chosen=chosen,
        lines=[] if is_hidden else _lines(services, person, chosen, page),
        page=page,
        has_more=lists.get(chosen, 0) > page * PAGE,
    )
    return reply


def _lists(services: Services, person: Account, *, sees_votes: bool) -> dict[str, int]:
    """The lists that the viewer may see, with their lengths."""
    counts = services.store.people.profiles.counts(person.account_id)
    return {key: counts[key] for key in LISTS if key != "votes" or sees_votes}


def _lines(services: Services, person: Account, chosen: str, page: int) -> list[DeedView]:
    deeds = services.store.people.profiles.deeds(
        person.account_id, chosen, limit=PAGE, offset=PAGE * (page - 1)
    )
    papers = {
        each.paper_id: each for each in services.store.papers([deed.paper_id for deed in deeds])
    }
    return [
        DeedView(papers[deed.paper_id], title_text(papers[deed.paper_id].title), deed, _short(deed))
        for deed in deeds
        if deed.paper_id in papers
    ]


def _short(deed: Deed) -> str:
    words = " ".join(deed.text.split())
    return words if len(words) <= _EXCERPT else words[:_EXCERPT].rsplit(" ", 1)[0] + " …"
