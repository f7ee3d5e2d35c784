"""News of the account that asks."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from broadsheet.delivery.access import HAS_ACCOUNT, account_of, origin_of, services_of
from broadsheet.delivery.api.people.comments import CHANGE_REFUSALS

router = APIRouter(tags=["notifications"], dependencies=[HAS_ACCOUNT])


class NewsShape(BaseModel):
    """A piece of news."""

    id: int = Field(description="Number of the piece.")
    kind: str = Field(description="reply, mention, claim, decision or follow.")
    text: str = Field(description="What happened, in a sentence.")
    url: str = Field(description="Where it leads.")
    notified_at: datetime = Field(description="When it happened.")
    read_at: datetime | None = Field(description="When it was read; null if it was not.")


class NewsPageShape(BaseModel):
    """News, newest first."""

    unread: int = Field(description="How many pieces are unread in all.")
    news: list[NewsShape] = Field(description="Pieces of news, newest first.")


class UnreadShape(BaseModel):
    """What is left to read."""

    unread: int = Field(description="How many pieces were unread.")


@router.get("/notifications", summary="News", responses=CHANGE_REFUSALS)
def read_news(
    request: Request,
    *,
    before: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="News older than this one's id.")
    ] = None,
    only_unread: Annotated[bool, Query(description="Leave out what was read.")] = False,
    limit: Annotated[int, Query(ge=1, le=200, description="Pieces on one page.")] = 50,
) -> NewsPageShape:
    """Replies, mentions, claims, decisions and new papers for the account's follows."""
    account, origin = account_of(request), origin_of(request)
    notifications = services_of(request).community.notifications
    found = notifications.of(account, before=before, only_unread=only_unread, limit=limit)
    return NewsPageShape(
        unread=notifications.unread(account),
        news=[
            NewsShape(
                id=each.notification_id,
                kind=each.kind,
                text=each.text,
                url=f"{origin}{each.path}",
                notified_at=each.notified_at,
                read_at=each.read_at,
            )
            for each in found
        ],
    )


@router.post("/notifications/read", summary="Mark all news as read", responses=CHANGE_REFUSALS)
def read_all(request: Request) -> UnreadShape:
    """All news of the account counts as read."""
    notifications = services_of(request).community.notifications
    notifications.mark_all_read(account_of(request))
    return UnreadShape(unread=notifications.unread(account_of(request)))


@router.post(
    "/notifications/{number}/read", summary="Mark one piece as read", responses=CHANGE_REFUSALS
)
def read_one(
    request: Request,
    number: Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of the piece.")],
) -> UnreadShape:
    """One piece of news counts as read."""
    notifications = services_of(request).community.notifications
    notifications.open(account_of(request), number)
    return UnreadShape(unread=notifications.unread(account_of(request)))
