"""Comments as JSON gives them; the command line exports the same lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, Field

from broadsheet.delivery.comment_html import comment_html

if TYPE_CHECKING:
    from broadsheet.community.threads import Placed
    from broadsheet.doings import SignedComment


class CommentShape(BaseModel):
    """A comment; a stub (deleted or hidden) keeps its place but not its words."""

    id: int = Field(description="The comment's number; it never changes and is never used again.")
    url: str = Field(description="Permalink.")
    paper: str = Field(description="Key of the paper.")
    parent_id: int | None = Field(description="The comment that this one answers.")
    author: str | None = Field(description="Handle; null in a stub, and when the account is gone.")
    author_name: str | None = Field(description="Name to show.")
    is_by_author: bool = Field(description="Whether they are an author of the paper.")
    body: str = Field(description="Markdown as written; empty in a stub.")
    votes: int = Field(description="How many people find it useful.")
    created_at: datetime = Field(description="When it was written.")
    edited_at: datetime | None = Field(description="When its words last changed.")
    changed_at: datetime = Field(
        description="When it was last written, edited, deleted, restored, hidden or shown again."
    )
    is_deleted: bool = Field(description="Whether its writer deleted it.")
    is_hidden: bool = Field(description="Whether a moderator hid it.")
    hidden_reason: str | None = Field(description="Why a moderator hid it.")

    @classmethod
    def of(cls, signed: SignedComment, origin: str, paper_key: str = "", **more: object) -> Self:
        """The shape of a comment; `origin` starts its address."""
        found = signed.comment
        is_named = bool(found.body) and bool(signed.handle)
        return cls(
            id=found.comment_id,
            url=f"{origin}/comments/{found.comment_id}",
            paper=paper_key or signed.paper_key,
            parent_id=found.parent_id,
            author=signed.handle if is_named else None,
            author_name=signed.shown_name if is_named else None,
            is_by_author=signed.is_by_author and is_named,
            body=found.body,
            votes=found.votes,
            created_at=found.created_at,
            edited_at=found.edited_at,
            changed_at=found.changed_at or found.created_at,
            is_deleted=found.deleted_at is not None,
            is_hidden=found.hidden_at is not None,
            hidden_reason=found.hidden_reason or None,
            **more,
        )


class RenderedComment(CommentShape):
    """A comment with its words as HTML."""

    html: str = Field(description="The body as sanitised HTML with MathML; empty in a stub.")

    @classmethod
    def rendered(cls, signed: SignedComment, origin: str, handles: frozenset[str]) -> Self:
        """The shape with HTML, where `handles` are mentioned people who exist."""
        return cls.of(signed, origin, html=str(comment_html(signed.comment.body, handles)))


class ThreadComment(RenderedComment):
    """A comment at its place in a thread."""

    depth: int = Field(description="How far to the right it stands, 0 to 5.")
    has_voted: bool = Field(description="Whether the account that asks has voted for it.")

    @classmethod
    def placed(
        cls,
        placed: Placed,
        origin: str,
        paper_key: str,
        handles: frozenset[str],
        voted: frozenset[int],
    ) -> Self:
        """The shape of a comment in the thread of a paper."""
        return cls.of(
            placed.signed,
            origin,
            paper_key,
            html=str(comment_html(placed.comment.body, handles)),
            depth=placed.depth,
            has_voted=placed.comment.comment_id in voted,
        )


class ThreadShape(BaseModel):
    """A page of a paper's comments from top to bottom."""

    paper: str = Field(description="Key of the paper; another than asked for where it was merged.")
    total: int = Field(description="Comments of people here that can be read.")
    order: str = Field(description="best or newest.")
    comments: list[ThreadComment] = Field(
        description="Comments, each answer after what it answers."
    )
    next_cursor: str | None = Field(description="Where the next page starts; null on the last.")


class ChangesShape(BaseModel):
    """A page of comments in the order of their last change."""

    comments: list[CommentShape] = Field(
        description="The comments, in the order of their last change."
    )
    next_cursor: str | None = Field(description="Null when there are no more changes so far.")


class FormerBodyShape(BaseModel):
    """What a comment said until it was edited."""

    body: str = Field(description="What the comment said, in Markdown.")
    replaced_at: datetime = Field(description="When it was replaced.")


class HistoryShape(BaseModel):
    """A comment's former versions, newest first."""

    id: int = Field(description="Number of the comment.")
    versions: list[FormerBodyShape] = Field(description="Former versions, newest first.")
