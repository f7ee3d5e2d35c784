"""Records of arXiv's OAI-PMH interface in the formats arXiv and arXivRaw, told by content."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

from broadsheet.domain import PaperRecord, Reject
from broadsheet.errors import RecordError
from broadsheet.sources.arxiv_snapshot import record_of_object
from broadsheet.sources.fields import Context, checked, day, excerpt, fold, whole_number
from broadsheet.sources.live.calendars import is_announcement_day

NAME = "arxiv_oai"
_PREFIX = "oai:arXiv.org:"
_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_NEW_ID = re.compile(r"(\d\d)(\d\d)\.")
_OLD_ID = re.compile(r"[^/]*/(\d\d)(\d\d)")
_FIRST_YEAR = 91
_CONTEXT = Context(date.min, source=NAME)
_WITHDRAWN = "I"
"""The source type of a version without source."""


_DAY = timedelta(days=1)
_LONGEST_HOLD = timedelta(days=7)
"""Submitted before a weekend and a holiday, with a day or two for the moderators."""


class DeletedRecord(RecordError):
    """The record was deleted at arXiv; only its name is left."""


def record_of(element: Element, today: date) -> PaperRecord:
    """The record in an OAI-PMH `record` element.

    Raises DeletedRecord for a deleted one, and RecordError when it cannot be used.
    """
    header = element.find(f"{_OAI}header")
    metadata = element.find(f"{_OAI}metadata")
    if header is not None and header.get("status") == "deleted":
        raise DeletedRecord("The record is deleted.", _named(header))
    if metadata is None or not len(metadata):
        raise RecordError("The record has no metadata.")
    content = metadata[0]
    stamp = header.findtext(f"{_OAI}datestamp") if header is not None else None
    changed_on = day({"datestamp": stamp}, "datestamp")
    more = {"update_date": changed_on.isoformat()} if changed_on else {}
    namespace, brace, name = content.tag.rpartition("}")
    if name not in _READERS:
        raise RecordError(f"The record is neither arXiv nor arXivRaw: {content.tag[:80]}.")
    return checked(_READERS[name](content, namespace + brace, more), today)


def rejected(element: Element, number: int, error: RecordError) -> Reject:
    """The element kept aside, with its place in the answer and the reason."""
    header = element.find(f"{_OAI}header")
    name = _named(header) if header is not None else ""
    words = "".join(element.itertext())
    return Reject(NAME, name or f"record {number}", str(error), excerpt(words))


def _named(header: Element) -> str:
    return (header.findtext(f"{_OAI}identifier") or "").strip().removeprefix(_PREFIX)


def _texts(element: Element, start: int) -> dict[str, Any]:
    """The children that have a text by their names after `start` characters; the first of each."""
    found: dict[str, Any] = {}
    for child in element:
        if child.text:
            found.setdefault(child.tag[start:], child.text)
    return found


def _of_arxiv(content: Element, namespace: str, more: dict[str, str]) -> PaperRecord:
    fields = {**_texts(content, len(namespace)), **more}
    authors = content.find(f"{namespace}authors")
    fields["authors_parsed"] = []
    record = record_of_object(fields, _CONTEXT)
    created = day(fields, "created")
    submitted_at, date_source = _submitted(record.record_id, created)
    names = (_name(author, len(namespace)) for author in ([] if authors is None else authors))
    return replace(
        record,
        authors=tuple(filter(None, names)),
        submitted_at=submitted_at,
        updated_at=_midnight(created) if created else None,
        extras={**record.extras, "date_source": date_source},
    )


def _name(author: Element, start: int) -> str:
    """First names, last name and suffix of an author.

    A collaboration's colon stands as a name of its own in old records; it is nobody's.
    """
    found = {"forenames": "", "keyname": "", "suffix": ""}
    for part in author:
        name = part.tag[start:]
        if name in found and part.text:
            found[name] = f"{found[name]} {part.text}" if found[name] else part.text
    name = fold(" ".join(filter(None, found.values())))
    return name if name.strip(" :;,.") else ""


def _submitted(arxiv_id: str, created: date | None) -> tuple[datetime | None, str]:
    """When version 1 was submitted, as far as the format tells, and how that is known.

    `created` was version 1's day until the rewrite of the service in February 2025; since then it
    is the newest version's (observed: 2507.00004, created on the 10th though its id is from the
    1st). Ids are given in the month of announcement, so a later day cannot be version 1's.
    """
    month = id_month(arxiv_id)
    if month is None:
        return (_midnight(created) if created else None), "newest-version"
    last = month.replace(day=monthrange(month.year, month.month)[1])
    if created is None or created > last:
        return _midnight(month), "id-month"
    return _midnight(created), "newest-version"


def id_month(arxiv_id: str) -> date | None:
    """The first day of the month in an arXiv id, which is that of its announcement."""
    found = _NEW_ID.match(arxiv_id) or _OLD_ID.match(arxiv_id)
    if found is None or not 1 <= int(found[2]) <= 12:  # noqa: PLR2004
        return None
    year = int(found[1])
    is_of_last_century = "/" in arxiv_id and year >= _FIRST_YEAR
    return date((1900 if is_of_last_century else 2000) + year, int(found[2]), 1)


def _midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def _of_raw(content: Element, namespace: str, more: dict[str, str]) -> PaperRecord:
    fields = {**_texts(content, len(namespace)), **more}
    listed = content.findall(f"{namespace}version")
    fields["versions"] = [
        {"version": one.get("version"), "created": one.findtext(f"{namespace}date")}
        for one in listed
    ]
    record = _announced(record_of_object(fields, _CONTEXT), more.get("update_date"))
    if record.is_withdrawn or not listed:
        return record
    newest = max(listed, key=_number)
    return replace(
        record, is_withdrawn=_WITHDRAWN in (newest.findtext(f"{namespace}source_type") or "")
    )


def _announced(record: PaperRecord, changed: str | None) -> PaperRecord:
    """The record with its day of announcement, where that follows from the day of its last change.

    A paper of one version that was changed on a day of announcement, within a week of having been
    submitted, was announced that day: nothing else happens to new papers.
    """
    changed_on = date.fromisoformat(changed) if changed else None
    if changed_on is None or record.submitted_at is None or len(record.versions) != 1:
        return record
    age = changed_on - record.submitted_at.date()
    if not timedelta() <= age <= _LONGEST_HOLD or not is_announcement_day(changed_on - _DAY):
        return record
    extras = {**record.extras, "announced_source": "datestamp"}
    return replace(record, announced_on=changed_on, extras=extras)


def _number(version: Element) -> int:
    return whole_number(version.get("version", "").removeprefix("v"), 4) or 0


_READERS = {"arXiv": _of_arxiv, "arXivRaw": _of_raw}
