"""Letters that are not digests: each asks one person for one thing, with one link.

No letter repeats what somebody typed into a form, so that none can be used to write to strangers.
"""

from __future__ import annotations

from collections.abc import Sequence

from broadsheet.delivery.mail.mime import Letter
from broadsheet.delivery.mail.templating import template

_NOT_YOU = "If you did not ask for this, do nothing: nothing changes, and no more mail comes."


def letter(
    subject: str,
    paragraphs: Sequence[str],
    *,
    button: str = "",
    url: str = "",
    small_print: Sequence[str] = (_NOT_YOU,),
) -> Letter:
    """A letter of a heading, paragraphs, one link as a button, and small print."""
    context = {
        "subject": subject,
        "heading": subject,
        "paragraphs": paragraphs,
        "button": button,
        "url": url,
        "small_print": small_print,
    }
    text, page = (template(f"letter.{form}").render(context) for form in ("txt", "html"))
    return Letter(subject, text, page)


def confirm_subscription(url: str, when: str, host: str) -> Letter:
    """Asks whether an address really wants a digest; `when` is its schedule in words."""
    return letter(
        "Confirm your subscription",
        [
            f"Somebody, probably you, asked {host} to send new papers to this address {when}.",
            "Nothing is sent before you confirm it. The link works for three days.",
        ],
        button="Confirm the subscription",
        url=url,
    )


def already_subscribed(url: str, what: str, host: str) -> Letter:
    """Tells a subscriber who subscribes again that they have it, and where to change it."""
    asked = f"Somebody, probably you, asked {host} to send papers to this address."
    return letter(
        "You are subscribed already",
        [
            f"{asked} It does so already: {what}.",
            "To change what you get, or when, open your preferences.",
        ],
        button="Open your preferences",
        url=url,
    )
