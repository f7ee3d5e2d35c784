"""The account that asks: profile, tokens, export."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from broadsheet.community.own_account import Profile
from broadsheet.delivery.access import HAS_ACCOUNT, SIGNED_IN, account_of, services_of
from broadsheet.delivery.personal_export import MEDIA_TYPE, archive, archive_name
from broadsheet.delivery.visitors import visitor_of
from broadsheet.errors import PermissionDenied
from broadsheet.people import Account, ApiToken

router = APIRouter(tags=["me"])
_LONGEST = 10_000
_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is signed in; send a personal token."},
    403: {"description": "The token may only read, or the account may not act."},
}


class MeShape(BaseModel):
    """The account that asks, as only it sees it."""

    name: str = Field(description="The handle.")
    role: str = Field(description="reader, editor, moderator or owner.")
    full_name: str = Field(description="The name that others see; may be empty.")
    affiliation: str = Field(description="Where the person works; may be empty.")
    biography: str = Field(description="What the person says of themselves; may be empty.")
    orcid: str | None = Field(description="ORCID iD.")
    is_orcid_verified: bool = Field(description="Whether ORCID has confirmed it.")
    email: str | None = Field(description="The address; nobody else sees it.")
    is_verified: bool = Field(description="Whether the address was shown to be the account's.")
    are_votes_public: bool = Field(description="Whether others see the votes.")
    is_approved: bool = Field(description="False while a moderator's approval is awaited.")
    suspended_reason: str | None = Field(description="Why the account may not act, if so.")
    created_at: datetime = Field(description="When the account was made.")

    @classmethod
    def of(cls, account: Account) -> Self:
        """The shape of an account."""
        return cls(
            name=account.name,
            role=account.role.label,
            full_name=account.full_name,
            affiliation=account.affiliation,
            biography=account.biography,
            orcid=account.orcid,
            is_orcid_verified=account.orcid_verified_at is not None,
            email=account.email,
            is_verified=account.verified_at is not None,
            are_votes_public=account.are_votes_public,
            is_approved=account.is_approved,
            suspended_reason=account.suspended_reason if account.is_suspended else None,
            created_at=account.created_at,
        )


class ProfileChange(BaseModel):
    """What to change of the profile; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    full_name: Annotated[str, Field(max_length=_LONGEST)] | None = None
    affiliation: Annotated[str, Field(max_length=_LONGEST)] | None = None
    biography: Annotated[str, Field(max_length=_LONGEST)] | None = None
    orcid: Annotated[str, Field(max_length=_LONGEST)] | None = Field(
        None, description="An ORCID iD, or an empty text to take it away."
    )
    are_votes_public: bool | None = None


class TokenShape(BaseModel):
    """A personal token; its secret is not kept."""

    model_config = ConfigDict(from_attributes=True)

    token_id: str = Field(description="What names the token; not its secret.")
    name: str = Field(description="What its maker called it.")
    can_write: bool = Field(description="Whether it may change things.")
    created_at: datetime = Field(description="When it was made.")
    used_at: datetime | None = Field(
        description="When it was last used, to ten minutes; null if never."
    )
    expires_at: datetime | None = Field(description="When it ends; null if it does not.")


class NewToken(BaseModel):
    """What a new token is to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=_LONGEST)]
    can_write: bool = False
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(90, description="null is for ever.")


class MadeToken(BaseModel):
    """A new token with its secret, which is never shown again."""

    secret: str
    token: TokenShape


@router.get("/me", summary="My account", dependencies=[HAS_ACCOUNT], responses=_REFUSALS)
def me(request: Request) -> MeShape:
    """The account that asks."""
    return MeShape.of(account_of(request))


@router.patch("/me", summary="Change my profile", dependencies=[SIGNED_IN], responses=_REFUSALS)
def change_me(request: Request, change: ProfileChange) -> MeShape:
    """Change what others see of the account."""
    account = account_of(request)
    before = Profile(
        account.full_name,
        account.affiliation,
        account.biography,
        account.orcid or "",
        account.are_votes_public,
    )
    given = {name: value for name, value in change.model_dump().items() if value is not None}
    typed = Profile(**{name: given.get(name, getattr(before, name)) for name in before.__slots__})
    return MeShape.of(services_of(request).community.own_account.change_profile(account, typed))


@router.get("/me/tokens", summary="My tokens", dependencies=[SIGNED_IN], responses=_REFUSALS)
def tokens(request: Request) -> list[TokenShape]:
    """The personal tokens of the account, newest first."""
    found = services_of(request).community.sessions.tokens(account_of(request))
    return [_shape(each) for each in found]


@router.post(
    "/me/tokens",
    summary="Make a token",
    status_code=201,
    dependencies=[SIGNED_IN],
    responses={**_REFUSALS, 409: {"description": "There are too many tokens."}},
)
def make_token(request: Request, wanted: NewToken, response: Response) -> MadeToken:
    """Make a token. Only a signed-in browser may: a stolen token must not outlive itself."""
    if visitor_of(request).is_by_token:
        raise PermissionDenied("A token cannot make tokens. Make them on the settings page.")
    secret, token = services_of(request).community.own_account.make_token(
        account_of(request), wanted.name, can_write=wanted.can_write, days=wanted.days
    )
    response.headers["Cache-Control"] = "no-store"
    return MadeToken(secret=secret, token=_shape(token))


@router.delete(
    "/me/tokens/{token_id}",
    summary="Revoke a token",
    status_code=204,
    dependencies=[SIGNED_IN],
    responses=_REFUSALS,
)
def revoke_token(
    request: Request, token_id: Annotated[str, Path(description="What names the token.")]
) -> None:
    """Revoke a token of the account, perhaps the one that asks."""
    sessions = services_of(request).community.sessions
    sessions.revoke_token(account_of(request), token_id.replace("\0", ""))


@router.get(
    "/me/export",
    summary="All of my data",
    dependencies=[HAS_ACCOUNT],
    response_class=Response,
    responses={
        **_REFUSALS,
        200: {"content": {MEDIA_TYPE: {}}, "description": "account.json, papers.bib, collections."},
    },
)
def export(request: Request) -> Response:
    """Everything that is kept of the account, as one ZIP file of JSON and BibTeX."""
    services, account = services_of(request), account_of(request)
    name = archive_name(account, services.clock())
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(archive(services, account), media_type=MEDIA_TYPE, headers=headers)


def _shape(token: ApiToken) -> TokenShape:
    return TokenShape.model_validate(token)
