"""Claiming a paper as its author, what authors add to it, and the moderators' desk for it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.community.claims import ADDED
from broadsheet.community.evidence import Weight, is_same_name
from broadsheet.delivery.access import MODERATORS, SIGNED_IN, account_of, paper_of, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.prose import title_text
from broadsheet.doings import Claim, Decision
from broadsheet.errors import Conflict, InputError, NotFound, PermissionDenied

if TYPE_CHECKING:
    from broadsheet.community.claims import Claims
    from broadsheet.domain import Paper

router = APIRouter(include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form()]
_FIELDS = {
    "project": "Project page",
    "code": "Code",
    "model": "Models",
    "data": "Data",
    "media": "Image or video",
}


@router.get("/papers/{key:path}/claim", dependencies=[SIGNED_IN])
def claim_page(request: Request, key: str) -> Response:
    """The form of a claim; a claim that stands is shown in its place."""
    if _is_paper(request, f"{key}/claim"):
        return _paper_page(request, f"{key}/claim")
    return _claim(request, paper_of(request, key))


@router.post("/papers/{key:path}/claim", dependencies=[SIGNED_IN])
def claim(request: Request, key: str, author: Text = "", message: Text = "") -> Response:
    """Claim the paper: granted at once, declined at once, or left to a moderator."""
    paper = paper_of(request, key)
    try:
        made = _claims(request).claim(account_of(request), paper, author, message)
    except (InputError, Conflict) as error:
        return _claim(request, paper, author, message, error)
    is_granted = made.state is Decision.GRANTED
    return _to(f"{paper_path(paper.key)}/additions" if is_granted else "/claims")


@router.get("/papers/{key:path}/additions", dependencies=[SIGNED_IN])
def additions_page(request: Request, key: str) -> Response:
    """What the author has added to the paper, in a form."""
    if _is_paper(request, f"{key}/additions"):
        return _paper_page(request, f"{key}/additions")
    paper = paper_of(request, key)
    return _additions(request, paper, _claims(request).additions(_granted(request, paper)))


@router.post("/papers/{key:path}/additions", dependencies=[SIGNED_IN])
def change_additions(
    request: Request,
    key: str,
    *,
    project: Text = "",
    code: Text = "",
    model: Text = "",
    data: Text = "",
    media: Text = "",
) -> Response:
    """Replace what the author has added."""
    paper = paper_of(request, key)
    values = {"project": project, "code": code, "model": model, "data": data, "media": media}
    try:
        _claims(request).change_additions(account_of(request), paper, values)
    except InputError as error:
        return _additions(request, paper, values, error)
    return _to(paper_path(paper_of(request, key).key))


@router.get("/claims", dependencies=[SIGNED_IN])
def own_claims(request: Request) -> Response:
    """The reader's claims, and how each stands."""
    return _own(request)


@router.post("/claims/{number}/appeal", dependencies=[SIGNED_IN])
def appeal(request: Request, number: Number, appeal: Text = "") -> Response:
    """Ask once for another decision."""
    try:
        _claims(request).appeal(account_of(request), number, appeal)
    except InputError as error:
        return _own(request, number, error, appeal)
    return _to("/claims")


@router.post("/claims/{number}/withdraw", dependencies=[SIGNED_IN])
def withdraw(request: Request, number: Number) -> Response:
    """Take one's own claim back."""
    _claims(request).withdraw(account_of(request), number)
    return _to("/claims")


@router.get("/moderation/claims", dependencies=[MODERATORS])
def desk(request: Request) -> Response:
    """Claims and appeals that wait, and those decided last."""
    return _desk(request)


@router.post("/moderation/claims/{number}/grant", dependencies=[MODERATORS])
def grant(request: Request, number: Number, reason: Text = "") -> Response:
    """Grant a claim or an appeal."""
    try:
        _claims(request).grant(account_of(request), number, reason)
    except InputError as error:
        return _desk(request, number, error, reason)
    return _to("/moderation/claims")


@router.post("/moderation/claims/{number}/decline", dependencies=[MODERATORS])
def decline(request: Request, number: Number, reason: Text = "") -> Response:
    """Decline a claim or an appeal, with a reason."""
    try:
        _claims(request).decline(account_of(request), number, reason)
    except InputError as error:
        return _desk(request, number, error, reason)
    return _to("/moderation/claims")


@router.post("/moderation/claims/{number}/revoke", dependencies=[MODERATORS])
def revoke(request: Request, number: Number, reason: Text = "") -> Response:
    """Take a granted claim back, with a reason."""
    try:
        _claims(request).revoke(account_of(request), number, reason)
    except InputError as error:
        return _desk(request, number, error, reason)
    return _to("/moderation/claims")


def _claims(request: Request) -> Claims:
    found: Claims = services_of(request).community.claims
    return found


def _is_paper(request: Request, key: str) -> bool:
    """Whether a paper's own key ends as one of our addresses does."""
    try:
        return paper_of(request, key).key == key
    except NotFound:
        return False


def _paper_page(request: Request, key: str) -> Response:
    from broadsheet.delivery.web.paper import paper_page  # it shows what this package has made

    return paper_page(request, key)


def _granted(request: Request, paper: Paper) -> Claim:
    found = _claims(request).between(account_of(request), paper)
    if found is None or found.state is not Decision.GRANTED:
        raise PermissionDenied("Only its authors can add to a paper. Claim it first.")
    return found


def _claim(
    request: Request,
    paper: Paper,
    author: str = "",
    message: str = "",
    error: InputError | Conflict | None = None,
) -> Response:
    account, claims = account_of(request), _claims(request)
    alike = [name for name in paper.authors if is_same_name(account.full_name, name)]
    likely = author or (alike[0] if len(alike) == 1 else "")
    proven = bool(likely) and claims.evidence(account, paper, likely).weight is Weight.PROVEN
    status = 200 if error is None else 409 if isinstance(error, Conflict) else 422
    return _render(
        request,
        "people/claim.html",
        status,
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        authors=paper.authors,
        taken={one.author: one for one in claims.authors([paper.paper_id])},
        own=claims.between(account, paper),
        author=likely,
        message=message,
        is_proven=proven,
        error=str(error or ""),
        field=(error.field if isinstance(error, InputError) else "") or "author",
    )


def _additions(
    request: Request, paper: Paper, values: dict[str, str], error: InputError | None = None
) -> Response:
    return _render(
        request,
        "people/additions.html",
        422 if error else 200,
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        fields=[(name, _FIELDS[name], values.get(name, "")) for name in ADDED],
        has_any=any(values.values()),
        error=str(error or ""),
        field=error.field if error else "",
    )


def _own(
    request: Request, number: int = 0, error: InputError | None = None, appeal: str = ""
) -> Response:
    claims = _claims(request).of(account_of(request).account_id)
    return _render(
        request,
        "people/claims.html",
        422 if error else 200,
        claims=claims,
        titles=_titles(request, claims),
        wrong=number,
        error=str(error or ""),
        appeal=appeal,
    )


def _desk(
    request: Request, number: int = 0, error: InputError | None = None, reason: str = ""
) -> Response:
    pending, decided = _claims(request).pending(), _claims(request).decided()
    return _render(
        request,
        "people/claim_desk.html",
        422 if error else 200,
        pending=pending,
        decided=decided,
        titles=_titles(request, [*pending, *decided]),
        wrong=number,
        error=str(error or ""),
        reason=reason,
    )


def _titles(request: Request, claims: list[Claim]) -> dict[int, str]:
    papers = services_of(request).store.papers([one.paper_id for one in claims])
    return {paper.paper_id: title_text(paper.title) or "Untitled" for paper in papers}


def _to(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def _render(request: Request, template: str, status: int = 200, **context: object) -> Response:
    rendered: Response = request.app.state.pages.render(request, template, status=status, **context)
    return rendered
