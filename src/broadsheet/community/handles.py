"""Handles: the public names of accounts, as they stand in addresses and after an @."""

from __future__ import annotations

import re

from broadsheet.errors import InputError

SHORTEST, LONGEST = 2, 30
_HANDLE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_KEPT_WORDS = """
abuse account accounts admin administrator all anonymous anyone api arxiv author authors bot
broadsheet bsk comments contact daily deleted digest editor editors everyone everybody feed
feeds guest help hostmaster info library log mail mailer-daemon me member members moderation
moderator moderators news nobody none noreply no-reply notifications null operator orcid owner
owners papers people picks postmaster press privacy root search security settings sign-in
sign-out sign-up staff status submissions submit support sysadmin system team test trending
undefined unknown user users votes webmaster www you
"""
_RESERVED = frozenset(_KEPT_WORDS.split())


def parse_handle(text: str) -> str:
    """The handle that somebody typed, in lower case. Raises InputError with what is allowed."""
    handle = text.strip().removeprefix("@").lower()
    if not SHORTEST <= len(handle) <= LONGEST or not _HANDLE.fullmatch(handle):
        raise InputError(
            f"A name here has {SHORTEST} to {LONGEST} letters a to z, digits, and single hyphens "
            "between them.",
            "name",
        )
    if handle in _RESERVED:
        raise InputError(f"“{handle}” is kept for the instance itself. Choose another.", "name")
    return handle


def suggested(*texts: str) -> str:
    """A handle made from the first text that gives one, such as a full name; empty for none."""
    for text in texts:
        found = "-".join(re.findall(r"[a-z0-9]+", text.partition("@")[0].lower()))[:LONGEST]
        found = found.strip("-")
        if len(found) >= SHORTEST and found not in _RESERVED:
            return found
    return ""
