"""Bringing a paper: what was found, a comment, and where it went; and the editors' desk for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.community.offers import Form as Typed
from broadsheet.community.offers import Offer, ids_of, offer_by_hand, offer_of
from broadsheet.community.submissions import PAGE
from broadsheet.delivery.access import EDITORS, SIGNED_IN, account_of, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.prose import excerpt, title_text
from broadsheet.delivery.visitors import client_address
from broadsheet.delivery.web.cards import authors_in_short
from broadsheet.doings import Decision, Submission
from broadsheet.domain import PaperRecord
from broadsheet.errors import AlreadyHere, Conflict, InputError, RecordError
from broadsheet.lookup import Found, Lookup
from broadsheet.people import Account
from broadsheet.record_json import record_from_json, record_to_json

router = APIRouter(include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form()]
_PURPOSE = "submission"
_EXCERPT = 600


@dataclass(frozen=True, slots=True)
class Preview:
    """What was found, as the page shows it and the form carries it."""

    title: str
    authors: str
    excerpt: str
    categories: tuple[str, ...]
    service: str
    name: str
    found: str
    signature: str


@router.get("/submit", dependencies=[SIGNED_IN])
def submit_page(request: Request, name: Annotated[str, Query(max_length=2_000)] = "") -> Response:
    """The form that takes an arXiv id, a DOI or an address."""
    return _page(request, name=name)


@router.post("/submit/find", dependencies=[SIGNED_IN])
def find(request: Request, name: Text = "") -> Response:
    """What is known of the paper, to be looked at before it is submitted."""
    try:
        found = _look_up(request, name)
    except InputError as error:
        return _page(request, name=name, error=error)
    preview = _preview(request, found) if found.record and not found.paper else None
    return _page(request, name=name, found=found, preview=preview)


@router.post("/submit", dependencies=[SIGNED_IN])
def submit(
    request: Request, name: Text = "", comment: Text = "", found: Text = "", signature: Text = ""
) -> Response:
    """Bring the paper that was found; one that is here already is shown."""
    try:
        record = _signed(request, found, signature)
        if record is None:
            looked = _look_up(request, name)
            if looked.paper is not None:
                return _to(paper_path(looked.paper.key))
            if looked.record is None:
                return _page(request, name=name, found=looked)
            record = looked.record
        return _offered(request, offer_of(record), comment)
    except (InputError, Conflict) as error:
        return _page(request, name=name, comment=comment, error=error)


@router.get("/submit/by-hand", dependencies=[SIGNED_IN])
def by_hand_page(
    request: Request,
    arxiv_id: Annotated[str, Query(max_length=200)] = "",
    doi: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The form for a paper that no service knows."""
    return _by_hand(request, Typed(arxiv_id=arxiv_id, doi=doi))


@router.post("/submit/by-hand", dependencies=[SIGNED_IN])
def submit_by_hand(
    request: Request,
    *,
    title: Text = "",
    abstract: Text = "",
    authors: Text = "",
    link: Text = "",
    arxiv_id: Text = "",
    doi: Text = "",
    comment: Text = "",
) -> Response:
    """Bring a paper by hand; ids are asked for first, and what a service says of them is shown."""
    typed = Typed(title, abstract, authors, link, arxiv_id, doi)
    try:
        offer = offer_by_hand(typed)
        found = _by_its_id(request, typed)
        if found and (found.paper or found.record):
            preview = None if found.paper else _preview(request, found)
            name = found.name.value
            return _page(request, name=name, comment=comment, found=found, preview=preview)
        return _offered(request, offer, comment, is_unchecked=found is not None)
    except (InputError, Conflict) as error:
        return _by_hand(request, typed, comment, error)


@router.get("/submissions", dependencies=[SIGNED_IN])
def own_submissions(
    request: Request, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> Response:
    """What the reader has brought, with its state."""
    account = account_of(request)
    listed = services_of(request).community.submissions.of(account.account_id, before)
    more = f"/submissions?before={listed[-1].submission_id}" if len(listed) == PAGE else ""
    return _render(
        request, "people/submissions.html", submissions=listed, more=more, title_text=title_text
    )


@router.post("/submissions/{number}/withdraw", dependencies=[SIGNED_IN])
def withdraw(request: Request, number: Number) -> Response:
    """Take one's own submission back while it waits."""
    services_of(request).community.submissions.withdraw(account_of(request), number)
    return _to("/submissions")


@router.get("/moderation/submissions", dependencies=[EDITORS])
def desk(request: Request) -> Response:
    """What waits for an editor, and what was decided last."""
    return _desk(request)


@router.post("/moderation/submissions/{number}/accept", dependencies=[EDITORS])
def accept(request: Request, number: Number) -> Response:
    """Let a submission join today's edition."""
    try:
        services_of(request).community.submissions.grant(account_of(request), number)
    except InputError as error:
        return _desk(request, number, error)
    return _to("/moderation/submissions")


@router.post("/moderation/submissions/{number}/decline", dependencies=[EDITORS])
def decline(request: Request, number: Number, reason: Text = "") -> Response:
    """Decline a submission, or take it out again, with a reason."""
    try:
        services_of(request).community.submissions.decline(account_of(request), number, reason)
    except InputError as error:
        return _desk(request, number, error, reason)
    return _to("/moderation/submissions")


def _look_up(request: Request, name: str) -> Found:
    submissions, account = services_of(request).community.submissions, account_of(request)
    return Lookup(services_of(request)).find(
        name, lambda: submissions.note_look_up(account, client_address(request))
    )


def _by_its_id(request: Request, typed: Typed) -> Found | None:
    """What a service says of the id in a form, None without one.

    Raises InputError for an id that its service does not know: it could keep the true paper of
    that id out.
    """
    arxiv_id, doi = ids_of(typed)
    name = arxiv_id or doi
    if name is None:
        return None
    found = _look_up(request, name)
    if not (found.paper or found.record or found.is_unanswered):
        raise InputError(
            f"{found.service} does not know {found.name}. Correct it, or leave it out.",
            "arxiv_id" if arxiv_id else "doi",
        )
    return found


def _preview(request: Request, found: Found) -> Preview:
    record = found.record
    assert record is not None  # noqa: S101 - both callers have looked
    body = orjson.dumps(record_to_json(record)).decode()
    secrets = services_of(request).community.secrets
    return Preview(
        title=title_text(record.title),
        authors=authors_in_short(record.authors),
        excerpt=excerpt(record.abstract, _EXCERPT),
        categories=record.categories,
        service=found.service,
        name=found.name.value,
        found=body,
        signature=secrets.signature(_PURPOSE, _owned(account_of(request), body)),
    )


def _owned(account: Account, body: str) -> str:
    return f"{account.account_id}\0{body}"


def _signed(request: Request, body: str, signature: str) -> PaperRecord | None:
    """The record that this server has found for this account; None where it found none such."""
    if not body:
        return None
    owned = _owned(account_of(request), body)
    if not services_of(request).community.secrets.is_signature(_PURPOSE, owned, signature):
        return None
    try:
        return record_from_json(orjson.loads(body))
    except (RecordError, orjson.JSONDecodeError):
        return None


def _offered(
    request: Request, offer: Offer, comment: str, *, is_unchecked: bool = False
) -> Response:
    try:
        made = services_of(request).community.submissions.offer(
            account_of(request),
            offer,
            comment,
            address=client_address(request),
            is_unchecked=is_unchecked,
        )
    except AlreadyHere as found:
        return _to(paper_path(found.key))
    return _to(paper_path(made.paper_key) if made.paper_key else "/submissions")


def _page(
    request: Request,
    *,
    name: str = "",
    comment: str = "",
    found: Found | None = None,
    preview: Preview | None = None,
    error: InputError | Conflict | None = None,
) -> Response:
    account = account_of(request)
    return _render(
        request,
        "people/submit.html",
        _status(error),
        name=name,
        comment=comment,
        found=found,
        known=found.paper if found else None,
        preview=preview,
        error=str(error or ""),
        field=_field(error, "name"),
        joins_at_once=services_of(request).community.submissions.joins_at_once(account),
        title_text=title_text,
    )


def _by_hand(
    request: Request,
    typed: Typed,
    comment: str = "",
    error: InputError | Conflict | None = None,
) -> Response:
    account = account_of(request)
    return _render(
        request,
        "people/submit_by_hand.html",
        _status(error),
        values={**asdict(typed), "comment": comment},
        error=str(error or ""),
        field=_field(error, "title"),
        joins_at_once=services_of(request).community.submissions.joins_at_once(account),
    )


def _desk(
    request: Request, number: int = 0, error: InputError | None = None, reason: str = ""
) -> Response:
    submissions = services_of(request).community.submissions
    decided = [*submissions.decided(Decision.GRANTED), *submissions.decided(Decision.DECLINED)]
    decided.sort(key=_last_at, reverse=True)
    return _render(
        request,
        "people/submission_desk.html",
        _status(error),
        pending=submissions.pending(),
        decided=decided[:PAGE],
        wrong=number,
        error=str(error or ""),
        reason=reason,
        title_text=title_text,
        excerpt=lambda text: excerpt(text, _EXCERPT),
        authors_in_short=authors_in_short,
    )


def _last_at(one: Submission) -> float:
    return (one.decided_at or one.submitted_at).timestamp()


def _status(error: InputError | Conflict | None) -> int:
    if error is None:
        return HTTPStatus.OK
    is_conflict = isinstance(error, Conflict)
    return HTTPStatus.CONFLICT if is_conflict else HTTPStatus.UNPROCESSABLE_ENTITY


def _field(error: InputError | Conflict | None, otherwise: str) -> str:
    return (error.field if isinstance(error, InputError) else "") or otherwise


def _to(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def _render(
    request: Request, template: str, status: int = HTTPStatus.OK, **context: object
) -> Response:
    rendered: Response = request.app.state.pages.render(request, template, status=status, **context)
    return rendered
