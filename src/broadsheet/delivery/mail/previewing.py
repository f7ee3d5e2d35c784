"""A digest for somebody who looks first: nothing is queued, and its links act for nobody."""

from __future__ import annotations

from datetime import datetime

from broadsheet.delivery.mail.mime import Letter
from broadsheet.delivery.mail.posting import mail_origin
from broadsheet.delivery.mail.press import Links, Press
from broadsheet.digests import Editor
from broadsheet.mail import Preferences, Subscriber
from broadsheet.services import Services
from broadsheet.subscriptions.schedule import edition_of

NOBODYS = "preview"
"""Stands where the signed tokens of a reader would."""


def preview_letter(
    services: Services,
    preferences: Preferences,
    at: datetime,
    reader: Subscriber | None = None,
    address: str = "you@example.org",
    *,
    account_id: int | None = None,
) -> Letter | None:
    """The digest that would be sent at an instant; None when there would be none.

    With a reader it leaves out what they were sent; without, it is a first digest, of what the
    account may read, or everybody.
    """
    editor = Editor(services, at)
    edition = edition_of(preferences, at)
    if reader is None:
        digest = editor.digest(preferences, edition, account_id=account_id)
    else:
        digest = editor.digest_for(reader, edition, editor.batch([reader]))
    if digest is None:
        return None
    settings = services.settings
    press = Press(
        mail_origin(settings),
        imprint=settings.mail_imprint,
        troubles=editor.troubles(),
        counts_clicks=settings.count_clicks,
    )
    return press.letter(digest, Links(NOBODYS, NOBODYS, NOBODYS, address))
