"""Submissions and picks."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from broadsheet.community.offers import Form, Offer, ids_of, offer_by_hand, offer_of
from broadsheet.delivery.access import (
    EDITORS,
    OPEN_TO_ALL,
    SIGNED_IN,
    account_of,
    origin_of,
    paper_of,
    services_of,
)
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.bringing import looked_up, offer_by_name
from broadsheet.delivery.parameters import Key
from broadsheet.delivery.visitors import client_address
from broadsheet.doings import Decision, Pick, Submission
from broadsheet.errors import InputError
from broadsheet.people import Role

router = APIRouter()
Refusals = dict[int | str, dict[str, Any]]
CHANGE_REFUSALS: Refusals = {
    401: {"description": "Nobody is signed in; send a personal token."},
    403: {"description": "The token may only read, or the account may not do this."},
    404: {"description": "There is no such thing, or it is not yours."},
    409: {"description": "It is in another state by now, or here already (`key` is the paper's)."},
    422: {"description": "A field cannot be used; `field` names it."},
    429: {"description": "Too often; `Retry-After` says when."},
}
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the submission.")]
DecisionName = Literal["granted", "declined"]


class NewSubmission(BaseModel):
    """A paper to bring: by `id` alone, or filled in by hand."""

    id: str = Field("", description="arXiv id, DOI, or an address that holds one.")
    title: str = Field("", description="By hand: the title.")
    abstract: str = Field("", description="By hand: the abstract.")
    authors: list[str] = Field([], description="By hand: the authors in order.")
    link: str = Field("", description="By hand: where it can be read; never fetched.")
    arxiv_id: str = Field("", description="By hand: its arXiv id, which arXiv is asked for.")
    doi: str = Field("", description="By hand: its DOI, which its service is asked for.")
    comment: str = Field("", description="Opens the discussion under the paper.")


class SubmissionShape(BaseModel):
    """A submission and how it stands."""

    number: int = Field(description="Number of the submission.")
    state: str = Field(description="pending, granted, declined or withdrawn.")
    title: str = Field(description="Title of the paper as brought.")
    paper: str | None = Field(description="Key of the paper; null while it is not here.")
    url: str | None = Field(description="Address of its page; null while it is not here.")
    comment: str = Field(description="What the submitter says of it.")
    reason: str = Field(description="Why it was declined.")
    name: str = Field(description="Handle of the submitter; empty for one who has left.")
    submitted_at: datetime = Field(description="When it was brought, UTC.")
    decided_at: datetime | None = Field(description="When it was decided or withdrawn, UTC.")

    @classmethod
    def of(cls, found: Submission, origin: str) -> Self:
        """The shape of a submission; `origin` starts addresses."""
        return cls(
            number=found.submission_id,
            state=found.state.value,
            title=found.title,
            paper=found.paper_key,
            url=origin + paper_path(found.paper_key) if found.paper_key else None,
            comment=found.comment,
            reason=found.reason,
            name=found.name,
            submitted_at=found.submitted_at,
            decided_at=found.decided_at,
        )


class DecisionBody(BaseModel):
    """A decision; declining needs a reason."""

    decision: DecisionName = Field(description="granted or declined.")
    reason: str = Field("", description="What the person is told.")


@router.post(
    "/submissions",
    tags=["submissions"],
    summary="Submit a paper",
    status_code=HTTPStatus.CREATED,
    dependencies=[SIGNED_IN],
    responses={
        **CHANGE_REFUSALS,
        502: {"description": "The service that knows the paper did not answer; nothing was kept."},
    },
)
def submit(request: Request, body: NewSubmission) -> SubmissionShape:
    """Bring a paper by its id, or by hand; it joins today's edition or waits for an editor."""
    submissions, account = services_of(request).community.submissions, account_of(request)
    by_hand = _by_hand(request, body) if body.title else None
    offer, is_unchecked = by_hand or (offer_by_name(request, body.id), False)
    made = submissions.offer(
        account,
        offer,
        body.comment,
        address=client_address(request),
        is_unchecked=is_unchecked,
    )
    return SubmissionShape.of(made, origin_of(request))


def _by_hand(request: Request, body: NewSubmission) -> tuple[Offer, bool]:
    form = Form(
        body.title, body.abstract, "\n".join(body.authors), body.link, body.arxiv_id, body.doi
    )
    offer = offer_by_hand(form)
    name = next(filter(None, ids_of(form)), None)
    if name is None:
        return offer, False
    found = looked_up(request, name)
    if found.record is not None:
        return offer_of(found.record), False
    if not found.is_unanswered:
        raise InputError(found.trouble, "arxiv_id" if body.arxiv_id else "doi")
    return offer, True


@router.get(
    "/submissions",
    tags=["submissions"],
    summary="Submissions",
    dependencies=[SIGNED_IN],
    responses={401: CHANGE_REFUSALS[401]},
)
def list_submissions(
    request: Request,
    *,
    waiting: Annotated[
        bool, Query(description="For editors: those of everybody that wait, oldest first.")
    ] = False,
    before: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Only those with a smaller number.")
    ] = None,
) -> list[SubmissionShape]:
    """Your own submissions, newest first, 50 at a time; for editors, what waits."""
    submissions, account = services_of(request).community.submissions, account_of(request)
    is_desk = waiting and account.may(Role.EDITOR)
    found = submissions.pending() if is_desk else submissions.of(account.account_id, before)
    if waiting and not is_desk:
        found = [one for one in found if one.state is Decision.PENDING]
    return [SubmissionShape.of(one, origin_of(request)) for one in found]


@router.get(
    "/submissions/{number}",
    tags=["submissions"],
    summary="One submission",
    dependencies=[SIGNED_IN],
    responses={401: CHANGE_REFUSALS[401], 404: CHANGE_REFUSALS[404]},
)
def one_submission(request: Request, number: Number) -> SubmissionShape:
    """One submission, for its submitter and for editors."""
    found = services_of(request).community.submissions.find(account_of(request), number)
    return SubmissionShape.of(found, origin_of(request))


@router.delete(
    "/submissions/{number}",
    tags=["submissions"],
    summary="Withdraw a submission",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def withdraw(request: Request, number: Number) -> SubmissionShape:
    """Take your own submission back while it waits."""
    found = services_of(request).community.submissions.withdraw(account_of(request), number)
    return SubmissionShape.of(found, origin_of(request))


@router.post(
    "/submissions/{number}/decision",
    tags=["submissions"],
    summary="Decide a submission",
    dependencies=[EDITORS],
    responses=CHANGE_REFUSALS,
)
def decide(request: Request, number: Number, body: DecisionBody) -> SubmissionShape:
    """For editors: let a submission join today's edition, or decline it (also afterwards)."""
    submissions, editor = services_of(request).community.submissions, account_of(request)
    if body.decision == "granted":
        found = submissions.grant(editor, number)
    else:
        found = submissions.decline(editor, number, body.reason)
    return SubmissionShape.of(found, origin_of(request))


class PickBody(BaseModel):
    """A pick: the note, the day, and the place among the day's picks."""

    note: str = Field("", description="The editor's note, shown on the card.")
    day: date | None = Field(None, description="Front page of this day; else the paper's own.")
    place: int | None = Field(None, ge=1, le=1_000, description="From 1; else last, or as it is.")


class PickShape(BaseModel):
    """An editors' pick."""

    paper: str = Field(description="Key of the paper.")
    day: date = Field(description="The day whose front page it opens.")
    place: int = Field(description="Place among the day's picks, from 1.")
    note: str = Field(description="The editor's note.")
    name: str = Field(description="Handle of the editor; empty for one who has left.")

    @classmethod
    def of(cls, found: Pick, key: str) -> Self:
        """The shape of a pick of the paper of this key."""
        return cls(
            paper=key, day=found.picked_on, place=found.position, note=found.note, name=found.name
        )


@router.get("/picks", tags=["picks"], summary="Editors' picks", dependencies=[OPEN_TO_ALL])
def list_picks(
    request: Request,
    before: Annotated[date | None, Query(description="Only days before this one.")] = None,
) -> list[PickShape]:
    """The picks of the fourteen newest days that have some, by day and place."""
    services = services_of(request)
    picks = [one for _, of_day in services.community.picks.days(before) for one in of_day]
    papers = services.store.papers([one.paper_id for one in picks])
    keys = {paper.paper_id: paper.key for paper in papers}
    return [PickShape.of(one, keys[one.paper_id]) for one in picks if one.paper_id in keys]


@router.put(
    "/papers/{key:path}/pick",
    tags=["picks"],
    summary="Pick a paper",
    dependencies=[EDITORS],
    responses=CHANGE_REFUSALS,
)
def pick(request: Request, key: Key, body: PickBody) -> PickShape:
    """For editors: pick a paper for a front page, or change its note, day or place."""
    paper, editor = paper_of(request, key), account_of(request)
    picks = services_of(request).community.picks
    found = picks.pick(editor, paper, body.note, body.day)
    if body.place is not None and body.place != found.position:
        found = picks.move(editor, paper, body.place)
    return PickShape.of(found, paper.key)


@router.delete(
    "/papers/{key:path}/pick",
    tags=["picks"],
    summary="Unpick a paper",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[EDITORS],
    responses=CHANGE_REFUSALS,
)
def unpick(request: Request, key: Key) -> Response:
    """For editors: take a pick back."""
    services_of(request).community.picks.unpick(account_of(request), paper_of(request, key))
    return Response(status_code=HTTPStatus.NO_CONTENT)
