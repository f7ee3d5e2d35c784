"""Prints digests: the mail of an edition once for all who get the same, then each reader's links.

What is personal (signed links, the address) stands as a mark in what is printed, and is filled in
for each reader.
"""

from __future__ import annotations

import html
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from broadsheet.delivery.addresses import is_web_address, paper_path, quoted_path
from broadsheet.delivery.mail.mime import Letter, plain_line
from broadsheet.delivery.mail.templating import template
from broadsheet.delivery.mail.wording import (
    list_name,
    list_path,
    lists_in_words,
    schedule_in_words,
)
from broadsheet.delivery.periods import day_in_words, plain_day
from broadsheet.delivery.prose import excerpt, title_text
from broadsheet.delivery.web.counts import counted
from broadsheet.digests import Digest
from broadsheet.domain import Hit, LinkKind, Paper
from broadsheet.mail import Subscription

LARGEST_HTML = 72_000
"""Bytes; with its text part and the encoding, the mail then stays below 100 KB."""
ACTIONS = (
    ("vote", "Vote"),
    ("save", "Save"),
    ("more", "More like this"),
    ("less", "Less like this"),
)
_EXCERPTS = (190, 90, 0)
_LONGEST_TITLE = 300
_LONGEST_SUBJECT_TITLE = 90
_LONGEST_AUTHORS = 160
_AUTHORS_SHOWN = 4
_REASONS_SHOWN = 2
_MOST_PRINTED = 256


@dataclass(frozen=True, slots=True)
class Links:
    """The signed tokens of one reader, and the address the mail goes to."""

    act: str
    manage: str
    leave: str
    address: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper as the templates show it."""

    title: str
    url: str
    authors: str
    lines: str
    category: str
    votes: str
    reason: str
    links: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A list of the digest as the templates show it."""

    name: str
    url: str
    papers: tuple[PaperView, ...]


class Press:
    """Prints the digests of one round; `origin` begins every link, `imprint` ends every mail."""

    def __init__(
        self,
        origin: str,
        *,
        imprint: str = "",
        troubles: tuple[str, ...] = (),
        counts_clicks: bool = False,
    ) -> None:
        self._origin = origin
        self._imprint = imprint
        self._troubles = troubles
        self._counts_clicks = counts_clicks
        marks = (f"x{secrets.token_hex(10)}" for _ in range(4))
        self._act, self._manage, self._leave, self._address = marks
        self._printed: OrderedDict[object, Letter] = OrderedDict()

    def letter(self, digest: Digest, links: Links) -> Letter:
        """The digest as this reader gets it."""
        printed = self._print(digest)
        fills = {self._act: links.act, self._manage: links.manage, self._leave: links.leave}
        text, page = printed.text, printed.html
        for mark, token in fills.items():
            text, page = text.replace(mark, token), page.replace(mark, token)
        return Letter(
            printed.subject,
            text.replace(self._address, links.address),
            page.replace(self._address, html.escape(links.address)),
        )

    def _print(self, digest: Digest) -> Letter:
        sections = tuple(
            (section.subscription, tuple((hit.paper.paper_id, hit.reasons) for hit in section.hits))
            for section in digest.sections
        )
        key = (digest.edition, digest.preferences, digest.span, sections, digest.notes)
        found = self._printed.get(key)
        if found is None:
            found = self._printed[key] = self._typeset(digest)
            if len(self._printed) > _MOST_PRINTED:
                self._printed.popitem(last=False)
        return found

    def _typeset(self, digest: Digest) -> Letter:
        for length in _EXCERPTS:
            context = self._context(digest, length)
            page = template("digest.html").render(context)
            if len(page.encode("utf-8", "replace")) <= LARGEST_HTML:
                break
        text = template("digest.txt").render(context)
        return Letter(subject_of(digest), text, page)

    def _context(self, digest: Digest, length: int) -> dict[str, object]:
        also_in = dict(digest.also_in)
        sections = tuple(
            SectionView(
                name=list_name(section.subscription),
                url=self._origin + list_path(section.subscription),
                papers=tuple(
                    self._paper(hit, length, _elsewhere(also_in.get(hit.paper.paper_id, ())))
                    for hit in section.hits
                ),
            )
            for section in digest.sections
        )
        preferences = digest.preferences
        return {
            "origin": self._origin,
            "dateline": day_in_words(digest.edition),
            "standfirst": standfirst(digest),
            "preheader": _preheader(digest),
            "sections": sections,
            "has_headings": len(preferences.subscriptions) > 1 or len(sections) > 1,
            "notes": digest.notes,
            "troubles": self._troubles,
            "lists": lists_in_words(preferences),
            "schedule": schedule_in_words(preferences),
            "address": self._address,
            "manage_url": f"{self._origin}/subscriptions/{self._manage}",
            "leave_url": f"{self._origin}/unsubscribe/{self._leave}",
            "imprint": self._imprint,
            "counts_clicks": self._counts_clicks,
        }

    def _paper(self, hit: Hit, length: int, elsewhere: str) -> PaperView:
        paper = hit.paper
        reasons = [reason.text for reason in hit.reasons[:_REASONS_SHOWN]]
        return PaperView(
            title=title_of(paper),
            url=self._read_url(paper),
            authors=authors_of(paper),
            lines=excerpt(paper.abstract, length) if length else "",
            category=paper.primary_category or "",
            votes=counted(paper.votes, "vote", "votes") if paper.votes else "",
            reason=" ".join([*reasons, elsewhere]).strip(),
            links=_outward(paper),
            actions=tuple((name, self._action_url(action, paper.key)) for action, name in ACTIONS),
        )

    def _read_url(self, paper: Paper) -> str:
        if self._counts_clicks:
            return self._action_url("open", paper.key)
        return self._origin + paper_path(paper.key)

    def _action_url(self, action: str, key: str) -> str:
        return f"{self._origin}/d/{self._act}/{action}{quoted_path(f'/{key}')}"


def title_of(paper: Paper) -> str:
    """The title as one readable line."""
    return plain_line(title_text(paper.title))[:_LONGEST_TITLE] or "Untitled"


def authors_of(paper: Paper) -> str:
    """The first authors, and how many more there are."""
    names = [plain_line(title_text(author)) for author in paper.authors[:_AUTHORS_SHOWN]]
    more = len(paper.authors) - len(names)
    shown = ", ".join(names)[:_LONGEST_AUTHORS]
    return f"{shown} and {more:,} more" if more else shown


def _outward(paper: Paper) -> tuple[tuple[str, str], ...]:
    kinds = ((LinkKind.PDF, "PDF"), (LinkKind.CODE, "Code"))
    found = ((name, paper.link(kind)) for kind, name in kinds)
    return tuple((name, url) for name, url in found if url and is_web_address(url))


def _elsewhere(subscriptions: tuple[Subscription, ...]) -> str:
    names = [list_name(each) for each in subscriptions]
    return f"Also in: {', '.join(names)}." if names else ""


def subject_of(digest: Digest) -> str:
    """The strongest title and the count: `“Counting Lanterns” and 9 more papers`."""
    title = title_of(digest.strongest)
    if len(title) > _LONGEST_SUBJECT_TITLE:
        title = title[: title.rfind(" ", 40, _LONGEST_SUBJECT_TITLE)].rstrip(" ,;:–-") + "…"
    more = len(digest.hits) - 1
    rest = f" and {counted(more, 'more paper', 'more papers')}" if more else ""
    return f"“{title}”{rest}"


def standfirst(digest: Digest) -> str:
    """What this digest is, in a sentence."""
    papers = counted(len(digest.hits), "paper", "papers")
    if digest.is_catch_up:
        first = plain_day(digest.span.start + timedelta(days=1))
        return (
            f"While you were away: {papers}, the best of {first} to {plain_day(digest.span.end)}."
        )
    names = lists_in_words(digest.preferences)
    return f"{papers} from {names}." if len(names) < _LONGEST_AUTHORS else f"{papers}."


def _preheader(digest: Digest) -> str:
    """What mail programs show beside the subject: the titles that the subject does not have."""
    strongest = digest.strongest.paper_id
    titles = [title_of(hit.paper) for hit in digest.hits if hit.paper.paper_id != strongest]
    return " · ".join(titles[:3])[:_LONGEST_TITLE]
