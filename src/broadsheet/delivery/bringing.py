"""A paper that a program brings by its name: looked up here, then at the service that knows it.

What joins the library, and when, is `community.submissions`' matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from broadsheet.community.offers import Offer, offer_of
from broadsheet.delivery.access import account_of, services_of
from broadsheet.delivery.visitors import client_address
from broadsheet.errors import AlreadyHere, NotFound, ProviderError
from broadsheet.lookup import Found, Lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request


def looked_up(request: Request, name: str) -> Found:
    """What is known of a paper that is not here yet; counted against the limits of who asks.

    Raises AlreadyHere, InputError for a text that names no paper, TooManyRequests.
    """
    submissions, account = services_of(request).community.submissions, account_of(request)
    found = Lookup(services_of(request)).find(
        name, lambda: submissions.note_look_up(account, client_address(request))
    )
    if found.paper is not None:
        raise AlreadyHere("This paper is in the library already.", found.paper.key)
    return found


def offer_by_name(request: Request, name: str, media: Sequence[str] = ()) -> Offer:
    """The offer of a named paper, with addresses of media that its submitter adds.

    Raises as `looked_up`, InputError for what is no address, NotFound where no service knows the
    paper, and ProviderError where none answered.
    """
    found = looked_up(request, name)
    if found.record is not None:
        return offer_of(found.record, media)
    if found.is_unanswered:
        raise ProviderError(found.trouble)
    raise NotFound(found.trouble)
