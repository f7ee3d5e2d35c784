"""The links of a digest: vote, save, more, less and open, for one paper, without signing in.

The link shows a page with a button; only the button's POST changes anything. Votes and saved papers
belong to an account; a reader without one is told so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import FROM_ANYWHERE, paper_of, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.mail.joining import account_of_reader, reader_by_token
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.web.mail.subscribing import PRIVATE
from broadsheet.doings import Shelf
from broadsheet.domain import Listing, ListingKind, Paper
from broadsheet.errors import NotFound
from broadsheet.mail import Subscriber, SubscriberState
from broadsheet.people import Account
from broadsheet.services import Services
from broadsheet.subscriptions.links import Purpose

SIMILAR_SHOWN = 8

router = APIRouter(include_in_schema=False, dependencies=[FROM_ANYWHERE])


@dataclass(frozen=True, slots=True)
class Action:
    """What a link of a digest offers: the button's words, and what is said when it was pressed."""

    button: str
    done: str
    needs_account: bool = False


ACTIONS = {
    "vote": Action("Vote for this paper", "Your vote counts.", needs_account=True),
    "save": Action("Save this paper", "Saved to your library.", needs_account=True),
    "more": Action(
        "More like this",
        "Noted: papers like it move up in your next digests. “Change what you get” in any digest "
        "takes it back. These are most like it.",
    ),
    "less": Action(
        "Less like this",
        "Noted: papers like it move down in your next digests, or out. “Change what you get” in "
        "any digest takes it back, and leaves out words, authors or categories altogether.",
    ),
}


@router.get("/d/{token}/open/{key:path}")
def open_paper(request: Request, token: str, key: str) -> Response:
    """Lead to a paper, counting the click where the operator asked for that; no reader is kept."""
    services = services_of(request)
    paper = paper_of(request, key)
    if services.settings.count_clicks:
        reader_by_token(services, Purpose.ACT, token)
        services.store.mail.sent.click(paper.paper_id, services.clock().date())
    return RedirectResponse(paper_path(paper.key), 303, PRIVATE)


@router.get("/d/{token}/{action}/{key:path}")
def ask_page(request: Request, token: str, action: str, key: str) -> Response:
    """The paper and a button; opening the link changes nothing."""
    return _answer(request, token, action, key, is_confirmed=False)


@router.post("/d/{token}/{action}/{key:path}")
def act(request: Request, token: str, action: str, key: str) -> Response:
    """Do what the link offers."""
    return _answer(request, token, action, key, is_confirmed=True)


def _answer(request: Request, token: str, action: str, key: str, *, is_confirmed: bool) -> Response:
    services = services_of(request)
    offer = ACTIONS.get(action)
    if offer is None:
        raise NotFound("There is nothing at this address.")
    paper = paper_of(request, key)
    reader, grant = reader_by_token(services, Purpose.ACT, token)
    account = account_of_reader(services, reader)
    problem = _problem(reader, offer, account, is_expired=grant.is_expired)
    if is_confirmed and not problem:
        _do(services, action, reader, account, paper)
    rendered: Response = request.app.state.pages.render(
        request,
        "mail/act.html",
        status=410 if grant.is_expired else 200,
        title=title_text(paper.title) or "Untitled",
        paper_path=paper_path(paper.key),
        offer=offer,
        problem=problem,
        is_done=is_confirmed and not problem,
        similar=_similar(services, paper) if is_confirmed and action == "more" else (),
        action=request.url.path,
    )
    rendered.headers.update(PRIVATE)
    return rendered


def _similar(services: Services, paper: Paper) -> list[tuple[str, str]]:
    """Title and address of the papers that are most like one."""
    listing = Listing(ListingKind.SIMILAR, seed=paper.key, limit=SIMILAR_SHOWN)
    found = [hit.paper for hit in services.ranking.page(listing).hits]
    return [(title_text(one.title) or "Untitled", paper_path(one.key)) for one in found]


def _problem(
    reader: Subscriber, offer: Action, account: Account | None, *, is_expired: bool
) -> str:
    if is_expired or reader.state is not SubscriberState.ACTIVE:
        return "This link has ended. Newer digests have newer links."
    if offer.needs_account and account is None:
        return (
            "Votes and saved papers belong to an account. Sign up with the address that gets the "
            "digest; from then on the links in it do this at once."
        )
    return ""


def _do(
    services: Services, action: str, reader: Subscriber, account: Account | None, paper: Paper
) -> None:
    doings: dict[str, Callable[[Account], object]] = {
        "vote": lambda who: services.community.votes.cast(who, paper.key),
        "save": lambda who: services.community.library.put(who, paper.key, Shelf.SAVED),
    }
    if action in doings and account is not None:
        doings[action](account)
        return
    services.store.mail.leanings.keep(
        reader.subscriber_id, paper.paper_id, services.clock(), wants_more=action == "more"
    )
