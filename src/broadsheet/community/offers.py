"""What somebody brings, as records: a paper that a service knows, or one filled in by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from broadsheet.community.typed import line, paragraphs
from broadsheet.domain import Link, LinkKind, PaperRecord
from broadsheet.errors import InputError
from broadsheet.identifiers import normalise_doi, parse_arxiv_id
from broadsheet.store.identity import identity_of
from broadsheet.store.people.submissions import SOURCE

LONGEST_TITLE = 500
SHORTEST_TITLE = 8
LONGEST_ABSTRACT = 20_000
LONGEST_NAMES = 20_000
LONGEST_NAME = 200
MOST_AUTHORS = 500
LONGEST_ADDRESS = 1_000
MOST_MEDIA = 10
_LONGEST_ID = 200
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offer:
    """Records that join the library together, and the public key that they give their paper."""

    key: str
    records: tuple[PaperRecord, ...]

    @property
    def paper(self) -> PaperRecord:
        """The record that says most."""
        return self.records[0]


def offer_of(found: PaperRecord, media: Sequence[str] = ()) -> Offer:
    """The offer of a record that a service gave: it and the submission's own.

    `media` are addresses of pictures and films that the submitter adds. Raises InputError for
    anything but whole https addresses, and for too many.
    """
    if len(media) > MOST_MEDIA:
        raise InputError(f"Add {MOST_MEDIA} pictures or films at most.", "media_urls")
    addresses = (web_address(each, "media_urls", only_https=True) for each in media)
    key = identity_of(found).own_key
    own = PaperRecord(
        source=SOURCE,
        record_id=key,
        title=found.title,
        abstract=found.abstract,
        authors=found.authors,
        arxiv_id=found.arxiv_id,
        doi=found.doi,
        links=tuple(Link(LinkKind.MEDIA, address) for address in addresses if address),
    )
    return Offer(key, (found, own))


@dataclass(frozen=True, slots=True)
class Form:
    """A paper as somebody types it; `authors` are one a line, or parted by semicolons."""

    title: str = ""
    abstract: str = ""
    authors: str = ""
    link: str = ""
    arxiv_id: str = ""
    doi: str = ""


def offer_by_hand(form: Form) -> Offer:
    """The offer that a form makes. Raises InputError that names the field."""
    title = line(form.title, "title", LONGEST_TITLE)
    if len(title) < SHORTEST_TITLE:
        raise InputError("Give the title of the paper.", "title")
    address = web_address(form.link, "link")
    arxiv_id, doi = ids_of(form)
    if not (address or arxiv_id or doi):
        raise InputError("Say where the paper can be read: a link, a DOI or an arXiv id.", "link")
    record = PaperRecord(
        source=SOURCE,
        record_id=title,
        title=title,
        abstract=" ".join(paragraphs(form.abstract, "abstract", LONGEST_ABSTRACT).split()),
        authors=_authors(form.authors),
        arxiv_id=arxiv_id,
        doi=doi,
        links=(Link(LinkKind.ABSTRACT, address),) if address else (),
    )
    key = identity_of(record).own_key
    return Offer(key, (replace(record, record_id=key),))


def ids_of(form: Form) -> tuple[str | None, str | None]:
    """The arXiv id and DOI of a form. Raises InputError for what is none."""
    typed, named = (
        line(form.arxiv_id, "arxiv_id", _LONGEST_ID),
        line(form.doi, "doi", _LONGEST_ID),
    )
    arxiv, doi = parse_arxiv_id(typed), normalise_doi(named)
    if typed and arxiv is None:
        raise InputError("This is no arXiv id; one looks like 2401.01234.", "arxiv_id")
    if named and doi is None:
        raise InputError("This is no DOI; one looks like 10.1101/2024.01.01.573000.", "doi")
    return arxiv[0] if arxiv else None, doi


def _authors(text: str) -> tuple[str, ...]:
    parts = re.split(r"[;\n]", paragraphs(text, "authors", LONGEST_NAMES))
    names = tuple(filter(None, (line(part, "authors", LONGEST_NAME) for part in parts)))
    if not names:
        raise InputError("Name the authors, one on each line.", "authors")
    if len(names) > MOST_AUTHORS:
        raise InputError(f"Name {MOST_AUTHORS} authors at most.", "authors")
    return names


def web_address(text: str, field: str, *, only_https: bool = False) -> str:
    """A web address as typed, or an empty text for none; it is kept and shown, never fetched.

    Raises InputError for anything but a plain address without a password.
    """
    address = line(text, field, LONGEST_ADDRESS)
    if not address:
        return ""
    kind = "https://" if only_https else "https:// or http://"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    is_web = _WEB.fullmatch(address) and "." in host and "@" not in parts.netloc
    if not is_web or (only_https and parts.scheme != "https"):
        raise InputError(f"Write a whole web address that begins with {kind}.", field)
    return address
