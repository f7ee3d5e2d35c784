"""Comments: reading, writing, voting, reporting, exporting."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from broadsheet.community.comments import Comments
from broadsheet.community.threads import ThreadOrder
from broadsheet.delivery.access import (
    OPEN_TO_ALL,
    SIGNED_IN,
    account_of,
    origin_of,
    paper_of,
    services_of,
)
from broadsheet.delivery.addresses import quoted_path, with_query
from broadsheet.delivery.api.papers import detail_shape
from broadsheet.delivery.api.people.comment_shapes import (
    ChangesShape,
    CommentShape,
    FormerBodyShape,
    HistoryShape,
    RenderedComment,
    ThreadComment,
    ThreadShape,
)
from broadsheet.delivery.parameters import Cursor, Key
from broadsheet.delivery.visitors import client_address, visitor_of
from broadsheet.doings import SignedComment
from broadsheet.errors import InputError, NotFound

router = APIRouter(tags=["comments"])
LINES = "application/x-ndjson"
CHANGE_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in; send a personal token."},
    403: {"description": "The token may only read, or the account may not do this."},
    409: {"description": "The comment is not in a state in which this can be done."},
    429: {"description": "Too often; `Retry-After` says when."},
}
_LARGEST = 2**31 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Number = Annotated[int, Path(ge=1, le=_LARGEST, description="The comment's number.")]
Most = Annotated[int, Query(ge=1, le=1000, description="Comments on one page, 1 to 1,000.")]


class NewComment(BaseModel):
    """A comment to be written."""

    body: str = Field(description="Markdown, 10,000 characters at most.")
    parent_id: int | None = Field(
        default=None, ge=1, le=_LARGEST, description="The comment that it answers."
    )


class NewBody(BaseModel):
    """Other words for a comment."""

    body: str = Field(description="Markdown, 10,000 characters at most.")


class NewReport(BaseModel):
    """What is wrong with a comment."""

    reason: str = Field(description="For the moderators, 1,000 characters at most.")


class VoteShape(BaseModel):
    """A comment's votes after a change."""

    id: int = Field(description="Number of the comment.")
    votes: int = Field(description="How many votes it has.")
    has_voted: bool = Field(description="Whether the one who asks has voted for it.")


class ReportShape(BaseModel):
    """A report that the moderators have."""

    id: int = Field(description="Number of the comment that was reported.")
    is_new: bool = Field(description="False where the account had reported the comment already.")


@router.get(
    "/papers/{key:path}/comments",
    summary="Comments on a paper",
    dependencies=[OPEN_TO_ALL],
    response_model=ThreadShape,
)
def read_thread(
    request: Request,
    response: Response,
    *,
    key: Key,
    order: Annotated[ThreadOrder, Query(description="Best or newest first.")] = ThreadOrder.BEST,
    limit: Most = 200,
    cursor: Cursor = None,
) -> ThreadShape | Response:
    """The thread from top to bottom, as the page shows it; answers follow what they answer."""
    try:
        paper = paper_of(request, key)
    except NotFound:
        return _paper_called_comments(request, key)
    thread = _comments(request).thread(paper.paper_id, visitor_of(request).account, order)
    start = _position(cursor)
    shown = thread.placed[start : start + limit]
    after = start + limit if start + limit < len(thread.placed) else None
    _link_next(request, response, None if after is None else str(after))
    origin = origin_of(request)
    return ThreadShape(
        paper=paper.key,
        total=sum(not placed.comment.is_stub for placed in thread.placed),
        order=order.value,
        comments=[
            ThreadComment.placed(placed, origin, paper.key, thread.handles, thread.voted)
            for placed in shown
        ],
        next_cursor=None if after is None else str(after),
    )


@router.post(
    "/papers/{key:path}/comments",
    summary="Write a comment",
    status_code=201,
    dependencies=[SIGNED_IN],
    responses={
        200: {"description": "The same words were sent a moment ago; this is that comment."},
        **CHANGE_REFUSALS,
    },
)
def write_comment(
    request: Request, response: Response, key: Key, new: NewComment
) -> RenderedComment:
    """A comment on a paper, or an answer to one. Sent twice, it is written once."""
    written, is_new = _comments(request).write(
        account_of(request),
        paper_of(request, key),
        new.body,
        parent_id=new.parent_id,
        address=client_address(request),
    )
    shape = _rendered(request, _found(request, written.comment_id))
    response.headers["Location"] = f"{origin_of(request)}/api/v1/comments/{written.comment_id}"
    if not is_new:
        response.status_code = 200
    return shape


@router.get(
    "/comments",
    summary="All comments by change",
    dependencies=[OPEN_TO_ALL],
    responses={200: {"content": {LINES: {}}}},
    response_model=ChangesShape,
)
def comment_changes(
    request: Request,
    response: Response,
    *,
    since: Annotated[
        datetime | None, Query(description="Only changes from this instant on; UTC if no zone.")
    ] = None,
    limit: Most = 200,
    cursor: Cursor = None,
) -> ChangesShape | Response:
    """Comments in the order of their last change: to export them, and to stay up to date.

    Deleted and hidden ones come as stubs. With `Accept: application/x-ndjson`, one JSON object a
    line; the Link header leads on.
    """
    instant = since.replace(tzinfo=UTC) if since and since.tzinfo is None else since
    found = _comments(request).changes(since=instant, after=_change(cursor), limit=limit + 1)
    more = found[limit - 1] if len(found) > limit else None
    following = None if more is None else _cursor(more)
    _link_next(request, response, following)
    shapes = [CommentShape.of(signed, origin_of(request)) for signed in found[:limit]]
    if LINES in request.headers.get("accept", ""):
        lines = "".join(f"{shape.model_dump_json()}\n" for shape in shapes)
        return Response(lines, media_type=LINES, headers=dict(response.headers))
    return ChangesShape(comments=shapes, next_cursor=following)


@router.get("/comments/{number}", summary="One comment", dependencies=[OPEN_TO_ALL])
def read_comment(request: Request, number: Number) -> RenderedComment:
    """A comment, or the stub that is left of it."""
    return _rendered(request, _found(request, number))


@router.patch(
    "/comments/{number}",
    summary="Edit a comment",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def edit_comment(request: Request, number: Number, new: NewBody) -> RenderedComment:
    """Other words for a comment of the account; what it said before stays to be read."""
    paper = paper_of(request, _found(request, number).paper_key)
    _comments(request).edit(account_of(request), paper, number, new.body)
    return _rendered(request, _found(request, number))


@router.delete(
    "/comments/{number}",
    summary="Delete a comment",
    status_code=204,
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def delete_comment(request: Request, number: Number) -> Response:
    """Delete a comment of the account; for ten minutes it can be restored."""
    _comments(request).delete(account_of(request), number)
    return Response(status_code=204)


@router.post(
    "/comments/{number}/restore",
    summary="Restore a deleted comment",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def restore_comment(request: Request, number: Number) -> RenderedComment:
    """Bring a comment back that the account deleted less than ten minutes ago."""
    _comments(request).restore(account_of(request), number)
    return _rendered(request, _found(request, number))


@router.get("/comments/{number}/history", summary="Former versions", dependencies=[OPEN_TO_ALL])
def comment_history(request: Request, number: Number) -> HistoryShape:
    """What a comment said before each edit, newest first; nothing for a stub."""
    versions = _comments(request).history(number, visitor_of(request).account)
    return HistoryShape(
        id=number,
        versions=[
            FormerBodyShape(body=each.body, replaced_at=each.replaced_at) for each in versions
        ],
    )


@router.put(
    "/comments/{number}/vote",
    summary="Vote for a comment",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def vote_for_comment(request: Request, number: Number) -> VoteShape:
    """One vote for an account and comment, however often it is put."""
    return _vote(request, number, is_cast=True)


@router.delete(
    "/comments/{number}/vote",
    summary="Withdraw a vote for a comment",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def withdraw_comment_vote(request: Request, number: Number) -> VoteShape:
    """Afterwards the account does not vote for the comment, whether it did or not."""
    return _vote(request, number, is_cast=False)


@router.post(
    "/comments/{number}/report",
    summary="Report a comment",
    dependencies=[SIGNED_IN],
    responses=CHANGE_REFUSALS,
)
def report_comment(request: Request, number: Number, new: NewReport) -> ReportShape:
    """Tell the moderators what is wrong with a comment; once for an account and comment."""
    is_new = _comments(request).report(account_of(request), number, new.reason)
    return ReportShape(id=number, is_new=is_new)


def _vote(request: Request, number: int, *, is_cast: bool) -> VoteShape:
    changed = _comments(request).vote(account_of(request), number, is_cast=is_cast)
    return VoteShape(id=number, votes=changed.votes, has_voted=is_cast)


def _paper_called_comments(request: Request, key: str) -> Response:
    """The paper whose own key ends in `/comments`; raises NotFound for the one asked for."""
    try:
        paper = paper_of(request, f"{key}/comments")
    except NotFound:
        raise NotFound(f"There is no paper “{key:.100}” in this library.") from None
    shape = detail_shape(services_of(request), paper, origin_of(request))
    return JSONResponse(shape.model_dump(mode="json"))


def _comments(request: Request) -> Comments:
    found: Comments = services_of(request).community.comments
    return found


def _found(request: Request, number: int) -> SignedComment:
    return _comments(request).find(number, visitor_of(request).account)


def _rendered(request: Request, signed: SignedComment) -> RenderedComment:
    handles = _comments(request).known_in(signed.comment.body)
    return RenderedComment.rendered(signed, origin_of(request), handles)


def _link_next(request: Request, response: Response, cursor: str | None) -> None:
    if cursor is not None:
        parameters = {**request.query_params, "cursor": cursor}
        path = quoted_path(request.scope["path"])
        address = with_query(origin_of(request) + path, **parameters)
        response.headers["Link"] = f'<{address}>; rel="next"'


def _position(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 9:  # noqa: PLR2004
        raise InputError("This is no cursor of a thread. Begin without one.", "cursor")
    return int(cursor)


def _cursor(signed: SignedComment) -> str:
    changed_at = signed.comment.changed_at or signed.comment.created_at
    return f"{(changed_at - _EPOCH) // timedelta(microseconds=1)}-{signed.comment.comment_id}"


def _change(cursor: str | None) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    instant, _, number = cursor.partition("-")
    try:
        found = _EPOCH + timedelta(microseconds=int(instant)), int(number)
    except (ValueError, OverflowError):
        found = None
    if found is None or not 0 <= found[1] <= _LARGEST:
        raise InputError("This is no cursor of an export. Begin with `since`.", "cursor")
    return found
