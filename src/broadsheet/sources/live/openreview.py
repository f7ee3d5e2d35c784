"""One venue of OpenReview, by its API v2: all notes of a venue id, read anew each time.

Decisions, titles and authors of a venue change until its end and offsets are its only paging, so
a harvest always goes through the whole venue, a thousand notes a batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from broadsheet.domain import Link, LinkKind, PaperRecord
from broadsheet.errors import RecordError, SourceError
from broadsheet.identifiers import normalise_doi, parse_arxiv_id
from broadsheet.sources.fields import count, fold, text
from broadsheet.sources.links import find_links, unique, web_link
from broadsheet.sources.live.calendars import Every
from broadsheet.sources.live.harvesting import Batch, Cursor, Fetch, Options, Reply, SourceKind
from broadsheet.sources.live.json_answers import json_answer, sorted_items

_PAGE = 1_000
_UNKNOWN = (HTTPStatus.NOT_FOUND,)
_SITE = "https://openreview.net"
_CHALLENGE = (
    "OpenReview did not answer with data: at times it asks callers without an account to solve a "
    "challenge, which Broadsheet does not do. The source is asked again later."
)
_FORUM = re.compile(r"[\w-]{1,64}")
_EXTRAS = {
    "venue": "venue",
    "venueid": "venueid",
    "decision": "decision",
    "TLDR": "tldr",
    "primary_area": "primary_area",
    "authorids": "authorids",
}
_CODE_FIELDS = ("code", "code_URL", "code_url", "code_link", "github")


def harvest(fetch: Fetch, options: Options, cursor: Cursor, now: datetime) -> Iterator[Batch]:
    """The venue's notes, page by page; see `Harvest` for the contract.

    The cursor is `{"venue": id, "offset": n}` within a harvest, without the offset after one.
    """
    venue = options["venue"].strip()
    if not venue:
        raise SourceError(
            "The source has no venue. Set the option “venue” to a venue id of OpenReview, "
            "such as “ICLR.cc/2026/Conference”."
        )
    offset = cursor.get("offset", 0) if cursor.get("venue") == venue else 0
    is_over = False
    while not is_over:
        asked = {"content.venueid": venue, "limit": _PAGE, "offset": offset}
        url = f"{options['url']}?{urlencode(asked)}"
        notes, declared = _page(_reply(fetch, url))
        if not notes and not offset and declared != 0:
            raise SourceError("OpenReview declared notes and sent none.", permanent=False)
        offset += len(notes)
        is_over = not notes or (declared is not None and offset >= declared)
        records, rejects = sorted_items(notes, _record, url=url, today=now.date())
        once = {record.record_id: record for record in records}
        following = {"venue": venue} if is_over else {"venue": venue, "offset": offset}
        yield Batch(tuple(once.values()), following, rejects, declared=declared)


def look_up(fetch: Fetch, options: Options, forum: str, now: datetime) -> PaperRecord | None:
    """One paper by the id of its forum; see `LookUp` for the contract."""
    url = f"{options['url']}?{urlencode({'id': forum})}"
    reply = _reply(fetch, url, allow=_UNKNOWN)
    if reply.status in _UNKNOWN:
        return None
    notes, _ = _page(reply)
    records, _ = sorted_items(notes, _record, url=url, today=now.date())
    return next((one for one in records if one.record_id == forum), None)


def _reply(fetch: Fetch, url: str, allow: tuple[int, ...] = ()) -> Reply:
    try:
        return fetch(url, accept="application/json", allow=allow)
    except SourceError as error:
        if "not one of its hosts" not in str(error):
            raise
        raise SourceError(_CHALLENGE, permanent=False) from error


def _page(reply: Reply) -> tuple[list[object], int | None]:
    """The notes of an answer and how many the venue has, where the answer tells."""
    if reply.body.lstrip()[:1] == b"<":
        raise SourceError(_CHALLENGE, permanent=False)
    value = json_answer(reply)
    notes = value.get("notes") if isinstance(value, dict) else None
    if not isinstance(notes, list):
        reason = value.get("message") if isinstance(value, dict) else None
        raise SourceError(
            f"OpenReview answered without notes: {reason or 'no reason given'!s:.200}.",
            permanent=False,
        )
    return notes, count(value, "count")


def _record(note: Mapping[str, Any]) -> PaperRecord:
    forum = text(note, "forum") or text(note, "id")
    if not _FORUM.fullmatch(forum):
        raise RecordError("The note names no forum.")
    content = _content(note)
    abstract = text(content, "abstract")
    pdf, page = content.get("pdf"), content.get("html")
    arxiv = next(filter(None, (_arxiv_id(pdf), _arxiv_id(page))), None)
    published_at = _instant(note, "pdate") or _instant(note, "odate")
    venue = text(content, "venue")
    return PaperRecord(
        source="openreview",
        record_id=forum,
        title=text(content, "title"),
        abstract=abstract,
        authors=_authors(content),
        arxiv_id=arxiv,
        doi=normalise_doi(text(content, "doi")),
        submitted_at=_instant(note, "cdate") or _instant(note, "tcdate"),
        updated_at=_instant(note, "mdate") or _instant(note, "tmdate"),
        announced_on=published_at.date() if published_at else None,
        journal_ref=venue or None,
        license=text(note, "license") or None,
        is_withdrawn="withdrawn" in f"{venue} {text(content, 'venueid')}".lower(),
        keywords=_keywords(content.get("keywords")),
        links=unique((*_links(forum, content), *find_links(abstract))),
        extras=_extras(note, content, forum),
    )


def _content(note: Mapping[str, Any]) -> dict[str, Any]:
    """The content with the values out of their `{"value": …}`, without the empty ones."""
    content = note.get("content")
    if not isinstance(content, dict):
        raise RecordError("The note has no content.")
    plain = {
        name: field.get("value") if isinstance(field, dict) else field
        for name, field in content.items()
    }
    return {name: value for name, value in plain.items() if value is not None}


def _authors(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Names; none for papers under blind review. Newer venues give objects instead of names."""
    authors = content.get("authors", [])
    if not isinstance(authors, list):
        raise RecordError("The field “authors” is not a list.")
    names = (one.get("fullname") if isinstance(one, dict) else one for one in authors)
    folded = (fold(name) for name in names if isinstance(name, str))
    return tuple(name for name in folded if name and name.lower() not in {"anonymous", "authors"})


def _keywords(value: object) -> tuple[str, ...]:
    parts = re.split(r"[,;]", value) if isinstance(value, str) else value
    words = parts if isinstance(parts, list) else []
    return tuple(filter(None, (fold(one) for one in words if isinstance(one, str))))


def _arxiv_id(address: object) -> str | None:
    parsed = (
        parse_arxiv_id(address) if isinstance(address, str) and "arxiv" in address.lower() else None
    )
    return parsed[0] if parsed else None


def _links(forum: str, content: Mapping[str, Any]) -> Iterator[Link | None]:
    yield web_link(LinkKind.ABSTRACT, f"{_SITE}/forum?id={forum}")
    pdf = content.get("pdf")
    if isinstance(pdf, str) and pdf:
        # Files of the site itself are asked for by forum: that address outlives a new version.
        is_elsewhere = pdf.startswith(("http://", "https://"))
        yield web_link(LinkKind.PDF, pdf if is_elsewhere else f"{_SITE}/pdf?id={forum}")
    for name in _CODE_FIELDS:
        yield web_link(LinkKind.CODE, content.get(name))
    yield web_link(LinkKind.PROJECT, content.get("project_page"))


def _instant(note: Mapping[str, Any], name: str) -> datetime | None:
    """An instant given in milliseconds since 1970."""
    value = note.get(name)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise RecordError(f"The field “{name}” is no instant: {value!s:.40}.") from error


def _extras(note: Mapping[str, Any], content: Mapping[str, Any], forum: str) -> dict[str, Any]:
    found = {ours: content[name] for name, ours in _EXTRAS.items() if content.get(name)}
    number = count(note, "number")
    return {"forum": forum, **found, **({} if number is None else {"number": number})}


SOURCE = SourceKind(
    name="openreview",
    title="OpenReview",
    about="The papers of one conference or workshop, with venue and decision.",
    hosts=("api2.openreview.net",),
    pause_seconds=2.0,
    calendar=Every(hours=24),
    harvest=harvest,
    look_up=look_up,
    required=("venue",),
    options={
        "url": ("https://api2.openreview.net/notes", "Address of the notes."),
        "venue": ("", "Id of the venue, such as ICLR.cc/2026/Conference for its accepted papers."),
    },
)
