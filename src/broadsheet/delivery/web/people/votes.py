"""Votes on papers, and who is behind the count, by day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import (
    OPEN_TO_ALL,
    SIGNED_IN,
    account_of,
    paper_of,
    services_of,
)
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.visitors import client_address
from broadsheet.delivery.web.counts import number
from broadsheet.delivery.web.people.acting import acted
from broadsheet.errors import NotFound
from broadsheet.ranking.votes_in_words import uncounted_in_words, votes_in_words

router = APIRouter(include_in_schema=False)
Wanted = Annotated[bool, Form(alias="is")]
Next = Annotated[str, Form(alias="next")]


@router.post("/papers/{key:path}/vote", dependencies=[SIGNED_IN])
def vote(request: Request, key: str, *, wanted: Wanted = True, next_: Next = "") -> Response:
    """Vote for a paper, or with `is=0` take the vote back."""
    votes = services_of(request).community.votes
    change = votes.cast if wanted else votes.withdraw
    tally = change(account_of(request), key, address=client_address(request))
    return acted(
        request,
        tally.key,
        next_,
        is_on=tally.is_on,
        label="Voted" if tally.is_on else "Vote",
        count=number(tally.votes) if tally.votes else "",
        said="You voted for this paper." if tally.is_on else "Your vote is withdrawn.",
    )


@router.get("/papers/{key:path}/votes", dependencies=[OPEN_TO_ALL])
def vote_history(request: Request, key: str) -> Response:
    """How many people voted for a paper on which day; who votes in public is named."""
    try:
        paper = paper_of(request, key)
    except NotFound:
        return _paper_so_called(request, f"{key}/votes")
    if paper.key != key:
        return RedirectResponse(f"{paper_path(paper.key)}/votes", 301)
    rendered: Response = request.app.state.pages.render(
        request,
        "people/votes.html",
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        days=services_of(request).community.votes.history(paper.paper_id),
        votes_in_words=votes_in_words(paper),
        uncounted=uncounted_in_words(paper),
    )
    return rendered


def _paper_so_called(request: Request, key: str) -> Response:
    """The page of a paper whose own key ends like this address. Raises NotFound."""
    from broadsheet.delivery.web.paper import paper_page

    return paper_page(request, key)
