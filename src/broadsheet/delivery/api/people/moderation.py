"""The log, reports, hidden comments, accounts: for moderators; the log is for everybody."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from broadsheet.community.moderation import Moderation
from broadsheet.delivery.access import (
    MODERATORS,
    OPEN_TO_ALL,
    account_of,
    origin_of,
    services_of,
)
from broadsheet.delivery.api.people.comment_shapes import CommentShape
from broadsheet.delivery.api.people.comments import CHANGE_REFUSALS, Number
from broadsheet.delivery.visitors import visitor_of
from broadsheet.doings import LogEntry
from broadsheet.people import Account

router = APIRouter(tags=["moderation"])
Handle = Annotated[str, Path(max_length=100, description="The handle of an account.")]
_FILTER = {"max_length": 300, "pattern": "^[^\0]*$"}


class EntryShape(BaseModel):
    """An entry of the log."""

    id: int = Field(description="Number of the entry.")
    logged_at: datetime = Field(description="When it was done.")
    actor: str | None = Field(description="Handle; null for the operator and accounts that left.")
    action: str = Field(description="What was done, such as `hide-comment`.")
    subject: str = Field(description="To what: `comment:12`, `account:NAME`, `paper:KEY`.")
    text: str = Field(description="Why, or what changed.")
    is_public: bool = Field(description="False for traces that only moderators see.")

    @classmethod
    def of(cls, entry: LogEntry) -> Self:
        """The shape of an entry."""
        return cls(
            id=entry.entry_id,
            logged_at=entry.logged_at,
            actor=entry.actor or None,
            action=entry.action,
            subject=entry.subject,
            text=entry.text,
            is_public=entry.is_public,
        )


class LogShape(BaseModel):
    """A page of the log, newest first."""

    entries: list[EntryShape] = Field(description="Entries, newest first.")


class AccusationShape(BaseModel):
    """One person's report."""

    reporter: str | None = Field(
        description="Handle of who reported it; null when the account is gone."
    )
    reason: str = Field(description="Why, in their words.")
    reported_at: datetime = Field(description="When it was reported.")


class ReportedShape(BaseModel):
    """A comment with its open reports, oldest first."""

    comment: CommentShape
    reports: list[AccusationShape] = Field(description="The open reports of it.")


class DeskShape(BaseModel):
    """What waits for moderators among the comments."""

    reported: list[ReportedShape] = Field(
        description="Comments with open reports, the most reported first."
    )


class Because(BaseModel):
    """Why something is done."""

    reason: str = Field(default="", description="For the public log, 1,000 characters at most.")


class MemberShape(BaseModel):
    """An account as moderators see it."""

    name: str = Field(description="The handle.")
    full_name: str = Field(description="The name that others see; may be empty.")
    role: str = Field(description="Reader, editor, moderator or owner.")
    created_at: datetime = Field(description="When the account was made.")
    is_verified: bool = Field(description="Whether its address was shown to be its own.")
    is_approved: bool = Field(description="Whether a moderator let the person in.")
    suspended_at: datetime | None = Field(description="Since when it is suspended, if it is.")
    suspended_reason: str | None = Field(description="Why it is suspended; may be empty.")

    @classmethod
    def of(cls, account: Account) -> Self:
        """The shape of an account."""
        return cls(
            name=account.name,
            full_name=account.full_name,
            role=account.role.label,
            created_at=account.created_at,
            is_verified=account.verified_at is not None,
            is_approved=account.is_approved,
            suspended_at=account.suspended_at,
            suspended_reason=account.suspended_reason or None,
        )


class MembersShape(BaseModel):
    """A page of accounts, the highest role and then the newest first."""

    total: int = Field(description="How many accounts there are in this state.")
    accounts: list[MemberShape] = Field(description="One page of them.")


@router.get("/log", summary="The public log", dependencies=[OPEN_TO_ALL])
def read_log(
    request: Request,
    *,
    before: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="Entries older than this one's id.")
    ] = None,
    action: Annotated[str, Query(description="Only this kind of act.", **_FILTER)] = "",
    subject: Annotated[str, Query(description="Only on this, or `comment:`.", **_FILTER)] = "",
    actor: Annotated[str, Query(description="Only by this handle.", **_FILTER)] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Entries on one page.")] = 50,
) -> LogShape:
    """What editors and moderators did, newest first; `subject=comment:` takes a whole kind."""
    entries = services_of(request).community.log.entries(
        visitor_of(request).account,
        before=before,
        action=action,
        subject=subject,
        actor=actor,
        limit=limit,
    )
    return LogShape(entries=[EntryShape.of(entry) for entry in entries])


@router.get(
    "/moderation/reports",
    summary="Open reports",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def open_reports(request: Request) -> DeskShape:
    """Comments with open reports, the longest waiting first, with their words."""
    origin = origin_of(request)
    return DeskShape(
        reported=[
            ReportedShape(
                comment=CommentShape.of(one.signed, origin),
                reports=[
                    AccusationShape(
                        reporter=each.handle or None,
                        reason=each.reason,
                        reported_at=each.reported_at,
                    )
                    for each in one.reports
                ],
            )
            for one in _moderation(request).reported(account_of(request))
        ]
    )


@router.get(
    "/moderation/accounts",
    summary="Accounts",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def accounts(
    request: Request,
    *,
    state: Annotated[
        str, Query(pattern="^(waiting|suspended)?$", description="waiting, suspended, or all.")
    ] = "",
    page: Annotated[int, Query(ge=1, le=100_000, description="From 1.")] = 1,
) -> MembersShape:
    """Accounts that wait for approval, that are suspended, or all of them."""
    found, total = services_of(request).community.accounts.listed(
        account_of(request), state=state, page=page
    )
    return MembersShape(total=total, accounts=[MemberShape.of(account) for account in found])


@router.post(
    "/moderation/accounts/{name}/approve",
    summary="Approve an account",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def approve_account(request: Request, name: Handle) -> MemberShape:
    """Let somebody who waits take part."""
    accounts = services_of(request).community.accounts
    return MemberShape.of(accounts.approve(account_of(request), name))


@router.post(
    "/moderation/accounts/{name}/suspend",
    summary="Suspend an account",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def suspend_account(request: Request, name: Handle, because: Because) -> MemberShape:
    """Stop an account from acting; a reason is needed, which it and the log show."""
    accounts = services_of(request).community.accounts
    return MemberShape.of(accounts.suspend(account_of(request), name, because.reason))


@router.post(
    "/moderation/accounts/{name}/unsuspend",
    summary="Undo a suspension",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def unsuspend_account(request: Request, name: Handle) -> MemberShape:
    """Let a suspended account act again."""
    accounts = services_of(request).community.accounts
    return MemberShape.of(accounts.unsuspend(account_of(request), name))


@router.post(
    "/comments/{number}/hide",
    summary="Hide a comment",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def hide_comment(request: Request, number: Number, because: Because) -> CommentShape:
    """Hide a comment, close its reports and tell its writer; a reason is needed."""
    _moderation(request).hide(account_of(request), number, because.reason)
    return _shape(request, number)


@router.post(
    "/comments/{number}/unhide",
    summary="Show a hidden comment again",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def unhide_comment(request: Request, number: Number, because: Because) -> CommentShape:
    """Undo the hiding of a comment."""
    _moderation(request).show_again(account_of(request), number, because.reason)
    return _shape(request, number)


@router.post(
    "/comments/{number}/keep",
    summary="Close the reports of a comment",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def keep_comment(request: Request, number: Number, because: Because) -> CommentShape:
    """Leave a reported comment where it is."""
    _moderation(request).keep(account_of(request), number, because.reason)
    return _shape(request, number)


@router.post(
    "/comments/{number}/reopen",
    summary="Open the reports of a comment again",
    dependencies=[MODERATORS],
    responses=CHANGE_REFUSALS,
)
def reopen_reports(request: Request, number: Number) -> CommentShape:
    """Undo the closing of reports that left the comment where it is."""
    _moderation(request).reopen(account_of(request), number)
    return _shape(request, number)


def _moderation(request: Request) -> Moderation:
    found: Moderation = services_of(request).community.moderation
    return found


def _shape(request: Request, number: int) -> CommentShape:
    found = services_of(request).community.comments.find(number, account_of(request))
    return CommentShape.of(found, origin_of(request))
