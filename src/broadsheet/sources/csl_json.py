"""Items of CSL-JSON and of Zotero's own JSON, as references."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from broadsheet.errors import RecordError
from broadsheet.sources.fields import fold, whole_number
from broadsheet.sources.markup import text_of_markup
from broadsheet.sources.references import Reference, date_parts, valid_parts


def reference_of_item(item: object) -> Reference:
    """The reference that a CSL or Zotero item describes. Raises RecordError for no object."""
    if not isinstance(item, dict):
        raise RecordError("The item is not a JSON object.")
    fields = zotero_fields(item)
    return _zotero_reference(fields) if "itemType" in fields else _csl_reference(item)


def zotero_fields(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a Zotero item, which its API wraps into `data`."""
    data = item.get("data")
    return data if isinstance(data, dict) else item


def _words(fields: Mapping[str, Any], *names: str) -> str:
    """The first of the fields that holds text; numbers count as text, as CSL allows them."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _objects(fields: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = fields.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _csl_reference(item: Mapping[str, Any]) -> Reference:
    note = _words(item, "note")
    names = [_words(item, "number"), _words(item, "URL"), *note.splitlines()]
    return Reference(
        kind=_words(item, "type"),
        key=_words(item, "citation-key", "id"),
        title=text_of_markup(_words(item, "title")),
        abstract=text_of_markup(_words(item, "abstract")),
        authors=tuple(map(_csl_name, _objects(item, "author"))),
        arxiv_names=[name for name in names if "arxiv" in name.lower()],
        doi=_words(item, "DOI"),
        url=_words(item, "URL"),
        published=_csl_date(item.get("issued")),
        venue=text_of_markup(_words(item, "container-title", "event-title")),
        volume=_words(item, "volume"),
        issue=_words(item, "issue"),
        pages=_words(item, "page"),
        publisher=_words(item, "publisher"),
        comment=note,
        keywords=re.split(r"[;,]", _words(item, "keyword")),
    )


def _csl_name(name: Mapping[str, Any]) -> str:
    parts = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    return fold(" ".join(filter(None, (_words(name, part) for part in parts)))) or fold(
        _words(name, "literal")
    )


def _csl_date(issued: object) -> tuple[int, ...]:
    if not isinstance(issued, dict):
        return ()
    listed = issued.get("date-parts")
    first = listed[0] if isinstance(listed, list) and listed else None
    if isinstance(first, list) and first:
        return valid_parts(*map(_part_of_date, first))
    return date_parts(_words(issued, "raw", "literal"))


def _part_of_date(part: object) -> int | None:
    return whole_number(str(part), 4) if isinstance(part, int | str) else None


def _zotero_reference(fields: Mapping[str, Any]) -> Reference:
    creators = _objects(fields, "creators")
    authors = [one for one in creators if one.get("creatorType") == "author"]
    extra = _words(fields, "extra")
    names = [_words(fields, name) for name in ("archiveID", "number", "reportNumber", "url")]
    return Reference(
        kind=_words(fields, "itemType"),
        key=_words(fields, "citationKey", "key"),
        title=text_of_markup(_words(fields, "title")),
        abstract=text_of_markup(_words(fields, "abstractNote")),
        authors=tuple(map(_zotero_name, authors)),
        arxiv_names=[name for name in (*names, *extra.splitlines()) if "arxiv" in name.lower()],
        doi=_words(fields, "DOI") or _doi_line(extra),
        url=_words(fields, "url"),
        published=date_parts(_words(fields, "date")),
        venue=_words(fields, "publicationTitle", "proceedingsTitle", "bookTitle"),
        volume=_words(fields, "volume"),
        issue=_words(fields, "issue"),
        pages=_words(fields, "pages"),
        publisher=_words(fields, "publisher", "repository", "institution", "university"),
        comment=extra,
        keywords=[_words(tag, "tag") for tag in _objects(fields, "tags")],
    )


def _zotero_name(creator: Mapping[str, Any]) -> str:
    whole = f"{_words(creator, 'firstName')} {_words(creator, 'lastName')}".strip()
    return fold(whole or _words(creator, "name"))


def _doi_line(extra: str) -> str:
    return next((line for line in extra.splitlines() if line.upper().startswith("DOI:")), "")
