"""What browser a session belongs to, in words; for people to know their own, not to tell apart."""

from __future__ import annotations

import re

_BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"), (r"OPR/", "Opera"), (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"), (r"Chromium/", "Chromium"), (r"Chrome/|CriOS/", "Chrome"),
    (r"Safari/", "Safari"),
)  # fmt: skip
"""In the order of asking: most browsers also name those after them."""
_SYSTEMS = (
    (r"iPhone", "iPhone"), (r"iPad", "iPad"), (r"Android", "Android"), (r"Windows", "Windows"),
    (r"CrOS", "ChromeOS"), (r"Mac OS X|Macintosh", "macOS"), (r"Linux", "Linux"),
)  # fmt: skip
_LONGEST = 60


def browser_in_words(user_agent: str) -> str:
    """Such as `Firefox on Linux`; the beginning of what it says where it is none of these."""
    browser = _named(_BROWSERS, user_agent)
    system = _named(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:_LONGEST] or "A browser that does not say what it is"


def _named(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, user_agent)), "")
