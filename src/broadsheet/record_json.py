"""Paper records as JSON objects and back, without loss; empty fields are left out.

The store keeps these objects and `broadsheet export` writes them. Reading a source's own format is
the work of `sources`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from broadsheet.domain import Link, LinkKind, PaperRecord, Version
from broadsheet.errors import RecordError

_ONLY_TEXTS = frozenset({str})


def record_to_json(record: PaperRecord) -> dict[str, Any]:
    """The record as an object of JSON values: ISO 8601 dates, lists, no empty fields."""
    fields: dict[str, Any] = {
        "source": record.source,
        "record_id": record.record_id,
        "title": record.title,
    }
    if record.abstract:
        fields["abstract"] = record.abstract
    if record.authors:
        fields["authors"] = list(record.authors)
    if record.categories:
        fields["categories"] = list(record.categories)
    if record.keywords:
        fields["keywords"] = list(record.keywords)
    _add_single(fields, record)
    _add_dates(fields, record)
    if record.is_withdrawn:
        fields["is_withdrawn"] = True
    _add_nested(fields, record)
    return fields


def _add_single(fields: dict[str, Any], record: PaperRecord) -> None:
    # Written out, for every record that is stored: a loop over names takes five times as long.
    if record.arxiv_id is not None:
        fields["arxiv_id"] = record.arxiv_id
    if record.doi is not None:
        fields["doi"] = record.doi
    if record.comment is not None:
        fields["comment"] = record.comment
    if record.journal_ref is not None:
        fields["journal_ref"] = record.journal_ref
    if record.license is not None:
        fields["license"] = record.license
    if record.votes is not None:
        fields["votes"] = record.votes
    if record.comments is not None:
        fields["comments"] = record.comments


def _add_dates(fields: dict[str, Any], record: PaperRecord) -> None:
    if record.submitted_at is not None:
        fields["submitted_at"] = record.submitted_at.isoformat()
    if record.updated_at is not None:
        fields["updated_at"] = record.updated_at.isoformat()
    if record.announced_on is not None:
        fields["announced_on"] = record.announced_on.isoformat()
    if record.listed_on is not None:
        fields["listed_on"] = record.listed_on.isoformat()


def _add_nested(fields: dict[str, Any], record: PaperRecord) -> None:
    if record.versions:
        fields["versions"] = [_version_to_json(version) for version in record.versions]
    if record.links:
        fields["links"] = [{"kind": link.kind.value, "url": link.url} for link in record.links]
    if record.extras:
        fields["extras"] = dict(record.extras)


def _version_to_json(version: Version) -> dict[str, Any]:
    if version.submitted_at is None:
        return {"number": version.number}
    return {"number": version.number, "submitted_at": version.submitted_at.isoformat()}


def record_from_json(fields: Mapping[str, Any]) -> PaperRecord:
    """The record that `record_to_json` wrote.

    Raises RecordError when a needed field is missing or a field is not what it should be; fields
    of other names are passed over.
    """
    try:
        return _read(fields)
    except KeyError as error:
        raise RecordError(f"The record has no field {error}.", _name(fields)) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"The record cannot be read: {error}.", _name(fields)) from error


def _name(fields: Mapping[str, Any]) -> str:
    return str(fields.get("record_id", ""))


def _read(fields: Mapping[str, Any]) -> PaperRecord:
    get = fields.get
    return PaperRecord(
        source=_text(fields["source"]),
        record_id=_text(fields["record_id"]),
        title=_text(fields["title"]),
        abstract=_text(get("abstract", "")),
        authors=_texts(get("authors")),
        arxiv_id=_optional_text(get("arxiv_id")),
        doi=_optional_text(get("doi")),
        categories=_texts(get("categories")),
        submitted_at=_instant(get("submitted_at")),
        updated_at=_instant(get("updated_at")),
        announced_on=_day(get("announced_on")),
        listed_on=_day(get("listed_on")),
        versions=_versions(get("versions")),
        comment=_optional_text(get("comment")),
        journal_ref=_optional_text(get("journal_ref")),
        license=_optional_text(get("license")),
        is_withdrawn=bool(get("is_withdrawn", False)),
        votes=_number(get("votes")),
        comments=_number(get("comments")),
        keywords=_texts(get("keywords")),
        links=_links(get("links")),
        extras=dict(get("extras") or {}),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.80} is not a text")
    return value


def _optional_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _text(value)


def _texts(values: list[Any] | None) -> tuple[str, ...]:
    if not values:
        return ()
    if not isinstance(values, list):
        raise TypeError(f"{values!r:.80} is not a list")
    if not _ONLY_TEXTS.issuperset(map(type, values)):
        values = [_text(value) for value in values]
    return tuple(values)


def _number(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int):
        raise TypeError(f"{value!r:.80} is not a whole number")
    return value


def _instant(value: str | None) -> datetime | None:
    if value is None:
        return None
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(f"{value} names no time zone")
    return instant


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


def _versions(values: list[dict[str, Any]] | None) -> tuple[Version, ...]:
    if not values:
        return ()
    return tuple(
        Version(int(value["number"]), _instant(value.get("submitted_at"))) for value in values
    )


def _links(values: list[dict[str, Any]] | None) -> tuple[Link, ...]:
    if not values:
        return ()
    return tuple(Link(LinkKind(value["kind"]), _text(value["url"])) for value in values)
