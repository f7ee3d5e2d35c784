"""Taking one's data out, and leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response

from broadsheet.community.signing_in import AccountLetter
from broadsheet.delivery.access import HAS_ACCOUNT, account_of, services_of
from broadsheet.delivery.personal_export import MEDIA_TYPE, archive, archive_name
from broadsheet.delivery.visitors import NOBODY, client_address, sign_out
from broadsheet.delivery.web.people.account_mail import send_letter
from broadsheet.errors import InputError

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]


@router.get("/settings/data", dependencies=[HAS_ACCOUNT])
def data_page(request: Request) -> Response:
    """The way out: download everything, delete the account."""
    return _page(request)


@router.get("/settings/data/export", dependencies=[HAS_ACCOUNT])
def export(request: Request) -> Response:
    """Everything of the account in one file."""
    services, account = services_of(request), account_of(request)
    name = archive_name(account, services.clock())
    return Response(
        archive(services, account),
        media_type=MEDIA_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@router.post("/settings/data/delete", dependencies=[HAS_ACCOUNT])
def delete(request: Request, confirmation: Text = "", comments: Text = "keep") -> Response:
    """Delete the account that asks, at once and for good."""
    services, account = services_of(request), account_of(request)
    try:
        services.community.leaving.leave(
            account,
            confirmation=confirmation,
            with_comments=comments == "remove",
            client=client_address(request),
        )
    except InputError as wrong:
        return _page(request, comments=comments, wrong=wrong)
    if account.email and account.verified_at:
        send_letter(services, AccountLetter("left", account.email, account.name))
    request.state.visitor = NOBODY
    page: HTMLResponse = request.app.state.pages.render(
        request,
        "people/message.html",
        heading="Your account is deleted",
        sentence="Everything private is gone. You are welcome back at any time.",
    )
    sign_out(request, page)
    return page


def _page(
    request: Request, *, comments: str = "keep", wrong: InputError | None = None
) -> HTMLResponse:
    page: HTMLResponse = request.app.state.pages.render(
        request,
        "people/settings_data.html",
        status=422 if wrong else 200,
        part="data",
        account=account_of(request),
        said="",
        comments=comments,
        wrong=wrong,
    )
    return page
