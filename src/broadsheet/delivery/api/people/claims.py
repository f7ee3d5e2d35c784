"""Claims of authors, and what authors add to their papers."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from broadsheet.delivery.access import (
    MODERATORS,
    OPEN_TO_ALL,
    SIGNED_IN,
    account_of,
    paper_of,
    services_of,
)
from broadsheet.delivery.api.people.submissions import CHANGE_REFUSALS, DecisionBody
from broadsheet.delivery.parameters import Key
from broadsheet.doings import Claim, Decision
from broadsheet.errors import PermissionDenied
from broadsheet.people import Role

router = APIRouter(tags=["claims"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the claim.")]


class NewClaim(BaseModel):
    """A claim to be an author of a paper."""

    author: str = Field(description="Which of the paper's authors you are.")
    message: str = Field("", description="For the moderators; needed unless a source confirms it.")


class AppealBody(BaseModel):
    """An appeal against a decision."""

    text: str = Field(description="Why the decision should be another.")


class AuthorShape(BaseModel):
    """An author of a paper who is here."""

    author: str = Field(description="The author's name as the paper gives it.")
    name: str = Field(description="Handle of the account.")
    shown_name: str = Field(description="The account's full name where given, else the handle.")


class ClaimShape(AuthorShape):
    """A claim and how it stands."""

    number: int = Field(description="Number of the claim.")
    paper: str = Field(description="Key of the paper.")
    state: str = Field(description="pending, granted, declined, appealed or withdrawn.")
    evidence: str = Field(description="What a source says for it, in a sentence.")
    message: str = Field(description="What the claimant wrote.")
    reason: str = Field(description="Why it was decided so.")
    appeal: str = Field(description="The appeal, if there was one.")
    claimed_at: datetime = Field(description="When it was made, UTC.")
    decided_at: datetime | None = Field(description="When it was decided or withdrawn, UTC.")

    @classmethod
    def of(cls, found: Claim) -> Self:
        """The shape of a claim."""
        return cls(
            number=found.claim_id,
            paper=found.paper_key,
            author=found.author,
            name=found.name,
            shown_name=found.shown_name,
            state=found.state.value,
            evidence=found.evidence,
            message=found.message,
            reason=found.reason,
            appeal=found.appeal,
            claimed_at=found.claimed_at,
            decided_at=found.decided_at,
        )


class AdditionsShape(BaseModel):
    """Addresses that an author adds to a paper; empty ones are none."""

    project: str = Field("", description="Project page; https.")
    code: str = Field("", description="Code; https.")
    model: str = Field("", description="Models; https.")
    data: str = Field("", description="Data; https.")
    media: str = Field("", description="An image or video; https. Shown as a link only.")


@router.get(
    "/papers/{key:path}/authors", summary="Authors who are here", dependencies=[OPEN_TO_ALL]
)
def authors(request: Request, key: Key) -> list[AuthorShape]:
    """Which accounts are which authors of a paper, by granted claims."""
    found = services_of(request).community.claims.authors([paper_of(request, key).paper_id])
    return [
        AuthorShape(author=one.author, name=one.name, shown_name=one.shown_name) for one in found
    ]


@router.post(
    "/papers/{key:path}/claims",
    summary="Claim a paper",
    status_code=HTTPStatus.CREATED,
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def claim(request: Request, key: Key, body: NewClaim) -> ClaimShape:
    """Claim to be an author: granted or declined at once by what sources say, else pending."""
    paper = paper_of(request, key)
    made = services_of(request).community.claims.claim(
        account_of(request), paper, body.author, body.message
    )
    return ClaimShape.of(made)


@router.get(
    "/claims",
    summary="Claims",
    dependencies=[SIGNED_IN],
    responses={401: CHANGE_REFUSALS[401], 403: CHANGE_REFUSALS[403]},
)
def list_claims(
    request: Request,
    *,
    waiting: Annotated[
        bool, Query(description="For moderators: those of everybody that wait, oldest first.")
    ] = False,
) -> list[ClaimShape]:
    """Your own claims, newest first; for moderators, what waits."""
    claims, account = services_of(request).community.claims, account_of(request)
    if waiting and not account.may(Role.MODERATOR):
        raise PermissionDenied("Only moderators see the claims of others.")
    return [
        ClaimShape.of(one)
        for one in (claims.pending() if waiting else claims.of(account.account_id))
    ]


@router.delete(
    "/claims/{number}",
    summary="Withdraw a claim",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def withdraw(request: Request, number: Number) -> ClaimShape:
    """Take your own claim back, with what you added by it."""
    return ClaimShape.of(
        services_of(request).community.claims.withdraw(account_of(request), number)
    )


@router.post(
    "/claims/{number}/appeal",
    summary="Appeal",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def appeal(request: Request, number: Number, body: AppealBody) -> ClaimShape:
    """Ask once for another decision on your declined claim."""
    claims = services_of(request).community.claims
    return ClaimShape.of(claims.appeal(account_of(request), number, body.text))


@router.post(
    "/claims/{number}/decision",
    summary="Decide a claim",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def decide(request: Request, number: Number, body: DecisionBody) -> ClaimShape:
    """For moderators: grant or decline a claim or an appeal; declining a granted one revokes it."""
    claims, moderator = services_of(request).community.claims, account_of(request)
    if body.decision == "granted":
        return ClaimShape.of(claims.grant(moderator, number, body.reason))
    is_granted = claims.find(moderator, number).state is Decision.GRANTED
    act = claims.revoke if is_granted else claims.decline
    return ClaimShape.of(act(moderator, number, body.reason))


@router.put(
    "/papers/{key:path}/additions",
    summary="Add to a paper",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def change_additions(request: Request, key: Key, body: AdditionsShape) -> AdditionsShape:
    """For its authors: replace the addresses that you add to a paper."""
    kept = services_of(request).community.claims.change_additions(
        account_of(request), paper_of(request, key), body.model_dump()
    )
    return AdditionsShape(**kept)
