"""The Hugging Face Papers API for changes: comment, answer, submit, index.

Who may, and how often, are the community's rules, as on our pages; who asks is told by a personal
token of ours. Hugging Face has no address for votes of programs, so there is none here.
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from broadsheet.delivery.access import SIGNED_IN, account_of, paper_of, services_of
from broadsheet.delivery.bringing import offer_by_name
from broadsheet.delivery.protocols.huggingface_people import JSON, comment_shape
from broadsheet.delivery.protocols.huggingface_replies import HuggingFaceRoute, json_reply
from broadsheet.delivery.visitors import client_address
from broadsheet.doings import Decision, Submission
from broadsheet.domain import Paper
from broadsheet.errors import InputError, NotFound
from broadsheet.identifiers import parse_arxiv_id

router = APIRouter(route_class=HuggingFaceRoute, include_in_schema=False, dependencies=[SIGNED_IN])
_LARGEST = 2**31 - 1


class NewComment(BaseModel):
    """A comment to be written."""

    comment: str


class NewSubmission(BaseModel):
    """A paper for the daily list; names are those of Hugging Face."""

    paper_id: Annotated[str, Field(alias="paperId")]
    comment: str | None = None
    media_urls: list[str] | None = None


class NewPaper(BaseModel):
    """A paper of arXiv that should be here."""

    arxiv_id: Annotated[str, Field(alias="arxivId")]


@router.post("/api/papers/index")
def index_paper(request: Request, new: NewPaper) -> Response:
    """Bring a paper of arXiv; here, every paper belongs to a day, so it is listed as well."""
    found = parse_arxiv_id(new.arxiv_id)
    if found is None:
        raise InputError("arxivId: this is no arXiv id; one looks like 2401.01234.", "arxivId")
    made = _brought(request, found[0])
    return json_reply({}, _status(made))


@router.post("/api/papers/submit")
def submit_paper(request: Request, new: NewSubmission) -> Response:
    """Bring a paper to today's list, or to the editors where they look at it first (202)."""
    made = _brought(request, new.paper_id, new.comment or "", tuple(new.media_urls or ()))
    return json_reply(
        {"paperId": made.paper_key or made.key, "state": made.state.value}, _status(made)
    )


@router.post("/api/papers/{key:path}/comment/{number}/reply")
def answer_comment(request: Request, key: str, number: str, new: NewComment) -> Response:
    """Answer a comment on the paper."""
    paper = paper_of(request, key)
    rules = services_of(request).community.comments
    parent_id = int(number) if number.isascii() and number.isdigit() and len(number) <= 10 else 0  # noqa: PLR2004 - digits of the largest
    if not 0 < parent_id <= _LARGEST:
        raise NotFound("There is no such comment.")
    parent = rules.find(parent_id, account_of(request))
    if parent.paper_key != paper.key:
        raise NotFound("There is no such comment on this paper.")
    return _written(request, paper, new.comment, parent_id)


@router.post("/api/papers/{key:path}/comment")
def write_comment(request: Request, key: str, new: NewComment) -> Response:
    """Comment on a paper; the same words sent again are the same comment."""
    return _written(request, paper_of(request, key), new.comment, None)


def _written(request: Request, paper: Paper, body: str, parent_id: int | None) -> Response:
    """The new comment, as reading tells it and, where clients of discussions look, once more."""
    account, rules = account_of(request), services_of(request).community.comments
    written, _ = rules.write(
        account, paper, body, parent_id=parent_id, address=client_address(request)
    )
    shape: JSON = comment_shape(rules.find(written.comment_id, account))
    return json_reply({**shape, "newMessage": shape}, HTTPStatus.CREATED)


def _brought(
    request: Request, name: str, comment: str = "", media: tuple[str, ...] = ()
) -> Submission:
    made: Submission = services_of(request).community.submissions.offer(
        account_of(request),
        offer_by_name(request, name, media),
        comment,
        address=client_address(request),
    )
    return made


def _status(made: Submission) -> int:
    return HTTPStatus.OK if made.state is Decision.GRANTED else HTTPStatus.ACCEPTED
