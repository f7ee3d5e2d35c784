"""Votes on papers."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from broadsheet.delivery.access import (
    OPEN_TO_ALL,
    SIGNED_IN,
    account_of,
    paper_of,
    services_of,
)
from broadsheet.delivery.parameters import Key
from broadsheet.delivery.visitors import client_address
from broadsheet.doings import Tally

router = APIRouter(tags=["votes"])
CHANGE_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in; send a personal token."},
    403: {"description": "The token may only read, or the account may not act."},
    429: {"description": "Too often; `Retry-After` says when."},
}


class TallyShape(BaseModel):
    """A paper's votes after a change."""

    id: str = Field(description="Key of the paper; another than asked for where it was merged.")
    is_on: bool = Field(description="Whether the account votes for the paper now.")
    votes: int = Field(description="The largest count of a source and all votes here.")
    people_votes: int = Field(description="Votes of people here.")


class VoteDayShape(BaseModel):
    """The votes of one day."""

    day: date = Field(description="The day, UTC.")
    votes: int = Field(description="Votes cast here on that day that still stand.")
    counted: int = Field(description="Those of them that order lists.")
    names: list[str] = Field(description="Handles of those who vote in public.")


class VoteHistoryShape(BaseModel):
    """A paper's votes and where they come from."""

    id: str = Field(description="Key of the paper.")
    votes: int = Field(description="The largest count of a source and all votes here.")
    people_votes: int = Field(description="Votes of people here.")
    counted_votes: int = Field(description="Those of them that order lists.")
    days: list[VoteDayShape] = Field(description="Votes of people here by day, newest first.")


@router.put(
    "/papers/{key:path}/vote",
    summary="Vote for a paper",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def cast_vote(request: Request, key: Key) -> TallyShape:
    """One vote for an account and paper, however often it is put."""
    votes = services_of(request).community.votes
    return _shape(votes.cast(account_of(request), key, address=client_address(request)))


@router.delete(
    "/papers/{key:path}/vote",
    summary="Withdraw a vote",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def withdraw_vote(request: Request, key: Key) -> TallyShape:
    """Afterwards the account does not vote for the paper, whether it did or not."""
    votes = services_of(request).community.votes
    return _shape(votes.withdraw(account_of(request), key, address=client_address(request)))


@router.get("/papers/{key:path}/votes", summary="Votes by day", dependencies=[OPEN_TO_ALL])
def vote_history(request: Request, key: Key) -> VoteHistoryShape:
    """How many people here voted for a paper on which day; who votes in public is named.

    A former key of the paper will do.
    """
    paper = paper_of(request, key)
    days = services_of(request).community.votes.history(paper.paper_id)
    return VoteHistoryShape(
        id=paper.key,
        votes=paper.votes,
        people_votes=paper.people_votes,
        counted_votes=paper.counted_votes,
        days=[
            VoteDayShape(
                day=each.day, votes=each.votes, counted=each.counted, names=list(each.names)
            )
            for each in days
        ],
    )


def _shape(tally: Tally) -> TallyShape:
    return TallyShape(
        id=tally.key, is_on=tally.is_on, votes=tally.votes, people_votes=tally.people_votes
    )
