"""A reader's own page, by the link in every digest: what they get and when, and what they asked
more and less of.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import FROM_ANYWHERE, services_of
from broadsheet.delivery.mail import joining
from broadsheet.delivery.prose import title_text
from broadsheet.delivery.web.mail.forms import preferences_of, shown
from broadsheet.delivery.web.mail.readable import ReadableBy
from broadsheet.delivery.web.mail.subscribing import PRIVATE, Form, expired, page
from broadsheet.digests.editor import loss_in_words
from broadsheet.digests.reach import reach_of
from broadsheet.domain import Paper
from broadsheet.errors import InputError
from broadsheet.mail import Subscriber
from broadsheet.services import Services
from broadsheet.subscriptions.links import Purpose
from broadsheet.subscriptions.schedule import zone_names

router = APIRouter(include_in_schema=False, dependencies=[FROM_ANYWHERE])


@router.get("/subscriptions/{token}")
def preferences_page(request: Request, token: str) -> Response:
    """What a reader gets, and when."""
    reader, grant = joining.reader_by_token(services_of(request), Purpose.MANAGE, token)
    if grant.is_expired:
        return expired(request)
    return _preferences_page(request, reader, token)


@router.post("/subscriptions/{token}")
def change_preferences(request: Request, token: str, form: Form) -> Response:
    """Change what a reader gets."""
    services = services_of(request)
    reader, grant = joining.reader_by_token(services, Purpose.MANAGE, token)
    if grant.is_expired:
        return expired(request)
    try:
        readable = ReadableBy(services, joining.account_of_reader(services, reader))
        preferences = preferences_of(form, reader.preferences, readable)
    except InputError as error:
        return _preferences_page(request, reader, token, error=str(error), status=422)
    reader = joining.change_preferences(services, reader, preferences)
    return _preferences_page(request, reader, token, is_saved=True)


@router.post("/subscriptions/{token}/leanings")
def drop_leaning(request: Request, token: str, form: Form) -> Response:
    """Take back what a reader asked more or less of: one paper's number, or all without one."""
    services = services_of(request)
    reader, grant = joining.reader_by_token(services, Purpose.MANAGE, token)
    if grant.is_expired:
        return expired(request)
    number = form.get("paper", "")
    if isinstance(number, str) and number.isdecimal():
        services.store.mail.leanings.drop(reader.subscriber_id, int(number[:18]))
    elif not number:
        services.store.mail.leanings.drop(reader.subscriber_id)
    return RedirectResponse(f"/subscriptions/{token}#leanings", 303, PRIVATE)


def _preferences_page(
    request: Request,
    reader: Subscriber,
    token: str,
    *,
    error: str = "",
    is_saved: bool = False,
    status: int = 200,
) -> Response:
    services = services_of(request)
    reach = reach_of(services.store.mail.followed, reader)
    leave = joining.token_of(services, Purpose.LEAVE, reader, services.clock())
    account = joining.account_of_reader(services, reader)
    return page(
        request,
        "mail/preferences.html",
        status=status,
        reader=reader,
        form=shown(reach.preferences),
        error=error,
        is_saved=is_saved,
        token=token,
        leave_path=f"/unsubscribe/{leave}",
        what=joining.in_words(reach.preferences) if reach.preferences.subscriptions else "",
        lost=[loss_in_words(each) for each in reach.lost],
        leanings=_leanings(services, reader),
        saved_searches=ReadableBy(services, account).saved_searches(),
        zones=zone_names(),
    )


def _leanings(services: Services, reader: Subscriber) -> list[tuple[Paper, str, bool]]:
    """The papers that a reader asked more or less of, with title and wish, the latest first."""
    kept = services.store.mail.leanings.of([reader.subscriber_id]).get(reader.subscriber_id, [])
    wishes = {each.paper_id: each.wants_more for each in kept}
    return [
        (paper, title_text(paper.title) or "Untitled", wishes[paper.paper_id])
        for paper in services.store.papers(list(wishes))
    ]
