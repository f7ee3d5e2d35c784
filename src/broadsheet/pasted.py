"""Which paper a pasted text names: an arXiv id, a DOI, an OpenReview forum, or a key of ours.

Pure functions on text. An address is only read for the identifier in it; nobody ever asks it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from broadsheet.errors import InputError
from broadsheet.identifiers import arxiv_id_of_doi, normalise_doi, parse_arxiv_id

LONGEST = 2_000
LONGEST_DOI = 200
_ADDRESS = re.compile(
    r"^[a-z][a-z0-9+.-]{0,20}:|^www\.|^[a-z0-9-]+(?:\.[a-z0-9-]+)+/", re.IGNORECASE
)
_BARE_DOI = re.compile(r"^(?:doi:\s*)?10\.\d{4,9}/", re.IGNORECASE)
_ARXIV_NAME = re.compile(r"^arxiv[:.]", re.IGNORECASE)
_KEY = re.compile(r"~[0-9a-f]{12}")
_FORUM = re.compile(r"[A-Za-z0-9_-]{4,64}")
_ACL = re.compile(r"^/([A-Z]\d\d-\d{4}|\d{4}\.[\w-]+\.\d+)(?:v\d+)?(?:\.pdf|\.bib)?/?$", re.ASCII)
_PREPRINT = re.compile(r"10\.(?:1101|64898)/(?:\d{4}\.\d\d\.\d\d\.\d{6,9}|\d{6})(?!\d)")
_AFTER_DOI = re.compile(
    r"(?:/|\.pdf|\.html|/?(?:full|abstract|abs|pdf|epdf|meta|html|fulltext|full-text))+$",
    re.IGNORECASE,
)
_UNUSABLE = re.compile(r"[\s<>\"\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class NameKind(StrEnum):
    """What kind of name a paper was given by."""

    ARXIV = "arXiv"
    DOI = "DOI"
    FORUM = "OpenReview"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a paper; `host` is that of the address it stood in, else empty."""

    kind: NameKind
    value: str
    host: str = ""

    def __str__(self) -> str:
        return self.value if self.kind is NameKind.KEY else f"{self.kind.value} {self.value}"


def named_paper(text: str) -> Name:
    """The paper that a text names. Raises InputError where it names none."""
    text = text.strip()
    if not text:
        raise InputError("Paste an arXiv id, a DOI or the address of a paper.", "name")
    if len(text) > LONGEST:
        raise InputError("This is too long for the name or address of a paper.", "name")
    is_address = bool(_ADDRESS.match(text)) and not (
        _BARE_DOI.match(text) or _ARXIV_NAME.match(text) or text.lower().startswith("doi:")
    )
    found = _in_address(text) if is_address else _plain(text)
    if found is None or _UNUSABLE.search(found.value):
        raise InputError(
            "No paper is named here that we could ask for. We know arXiv ids, DOIs, and addresses "
            "that hold one; fill in anything else by hand.",
            "name",
        )
    return found


def _plain(text: str) -> Name | None:
    if _KEY.fullmatch(text):
        return Name(NameKind.KEY, text)
    arxiv = parse_arxiv_id(text)
    if arxiv is not None:
        return Name(NameKind.ARXIV, arxiv[0])
    return _doi(text, "")


def _in_address(text: str) -> Name | None:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.")
        query = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return None
    path = unquote(parts.path)
    if host == "openreview.net":
        forum = next(iter(query.get("id", ())), "")
        return Name(NameKind.FORUM, forum, host) if _FORUM.fullmatch(forum) else None
    if host == "aclanthology.org" and (acl := _ACL.match(path)):
        return Name(NameKind.DOI, f"10.18653/v1/{acl[1]}".lower(), host)
    if key := _KEY.search(path.rpartition("/")[2]):
        return Name(NameKind.KEY, key[0], host)
    arxiv = parse_arxiv_id(path)
    if arxiv is not None:
        return Name(NameKind.ARXIV, arxiv[0], host)
    asked = next((value for name in ("doi", "id") for value in query.get(name, ())), "")
    return _doi(path, host) or _doi(asked, host)


def _doi(text: str, host: str) -> Name | None:
    """The DOI in a text, without what addresses put behind it."""
    preprint = _PREPRINT.search(text)
    if preprint:
        return Name(NameKind.DOI, preprint[0].lower(), host)
    doi = normalise_doi(text)
    if doi is None:
        return None
    arxiv_id = arxiv_id_of_doi(doi)
    if arxiv_id:
        return Name(NameKind.ARXIV, arxiv_id, host)
    doi = _AFTER_DOI.sub("", doi) if host else doi
    is_whole = len(doi) <= LONGEST_DOI and not doi.endswith("/")
    return Name(NameKind.DOI, doi, host) if is_whole else None
