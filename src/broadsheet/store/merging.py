"""One paper out of its records, field by field; a pure function of the set of records.

The published precedence of sources is `PRECEDENCE`. Title, abstract, authors and categories come
from the record of the newest version that has them; other single values from the first source in
precedence that has them; votes and comments are the largest counts of a source plus those of our
own people; links, keywords and versions are united.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from broadsheet.domain import Link, LinkKind, Paper, PaperRecord, Version
from broadsheet.identifiers import arxiv_id_of_doi, normalise_doi, parse_arxiv_id

SAMPLE = "sample"
PRECEDENCE = (
    "arxiv_oai",
    "arxiv_query",
    "arxiv_atom",
    "arxiv_announcements",
    "arxiv_snapshot",
    "biorxiv",
    "medrxiv",
    "openreview",
    "acl_anthology",
    "crossref",
    "corpus",
    "hf_daily",
    "feed",
    "bibtex",
    "ris",
    "csl_json",
    "submission",
    "author",
    "listing_page",
    "semantic_scholar",
    "openalex",
    "github",
    SAMPLE,
)
FIRST_SEEN = "first_seen_on"
_NO_NEWS = frozenset((SAMPLE, "author"))
"""Sources that alone bring no paper: a paper of the sample to which its authors add stays one."""

T = TypeVar("T")

_RANK = {source: rank for rank, source in enumerate(PRECEDENCE)}
_RANK_OF_OTHERS = _RANK[SAMPLE] - 0.5
_INEXACT_DATES = frozenset(("listed", "id-month", "newest-version", "doi"))
_DERIVED = frozenset((LinkKind.ABSTRACT, LinkKind.PDF, LinkKind.DOI))


@dataclass(frozen=True, slots=True)
class PaperHead:
    """What of a stored paper does not follow from its records.

    `people_votes` are the votes of our accounts, `counted_votes` those of them that order lists.
    """

    paper_id: int
    key: str
    added_at: datetime
    revision: int
    people_votes: int = 0
    counted_votes: int = 0
    people_comments: int = 0


def in_precedence(records: Iterable[PaperRecord]) -> list[PaperRecord]:
    """The records, most trusted source first; unknown sources stand just before the sample."""
    found = list(records)
    if len(found) == 1:
        return found
    return sorted(
        found,
        key=lambda record: (
            _RANK.get(record.source, _RANK_OF_OTHERS),
            record.source,
            record.record_id,
        ),
    )


def newest_first(ordered: Sequence[PaperRecord]) -> list[PaperRecord]:
    """Records in precedence, those of the newest version first and the sample last."""
    if len(ordered) == 1:
        return list(ordered)
    return sorted(ordered, key=lambda record: (record.source == SAMPLE, -_version(record)))


def _version(record: PaperRecord) -> int:
    return max((version.number for version in record.versions), default=0)


def merge(records: Iterable[PaperRecord], head: PaperHead) -> Paper:
    """The paper that the records, one at least, describe together."""
    ordered = in_precedence(records)
    if len(ordered) == 1:
        return merge_one(ordered[0], head)
    newest = newest_first(ordered)
    versions = _versions(ordered)
    arxiv_id = _first(map(_arxiv_id, ordered))
    doi = _first(map(_publisher_doi, ordered)) or _first(_doi(record) for record in ordered)
    return Paper(
        paper_id=head.paper_id,
        key=head.key,
        title=newest[0].title,
        abstract=_first(record.abstract for record in newest) or "",
        authors=_first(record.authors for record in newest) or (),
        arxiv_id=arxiv_id,
        doi=doi,
        categories=_first(record.categories for record in newest) or (),
        submitted_at=_submitted_at(ordered, versions),
        updated_at=max((r.updated_at for r in ordered if r.updated_at), default=None),
        announced_on=_announced_on(ordered),
        listed_on=_listed_on(ordered),
        versions=versions,
        comment=_first(record.comment for record in newest),
        journal_ref=_first(record.journal_ref for record in newest),
        license=_first(record.license for record in ordered),
        is_withdrawn=any(record.is_withdrawn for record in ordered),
        votes=max(record.votes or 0 for record in ordered) + head.people_votes,
        comments=max(record.comments or 0 for record in ordered) + head.people_comments,
        keywords=_united(record.keywords for record in ordered),
        links=_links(arxiv_id, doi, ordered),
        sources=tuple(dict.fromkeys(record.source for record in ordered)),
        is_sample=all(record.source in _NO_NEWS for record in ordered),
        added_at=head.added_at,
        revision=head.revision,
        people_votes=head.people_votes,
        counted_votes=head.counted_votes,
        people_comments=head.people_comments,
        report_number=_first(_report_number(record) for record in newest),
    )


def merge_one(record: PaperRecord, head: PaperHead) -> Paper:
    """The paper of one record alone, as nearly all are: what `merge` gives, in a third of its time.

    Read and shown in lists, papers pay this whenever they are asked for.
    """
    arxiv_id, doi = _arxiv_id(record), _doi(record)
    submitted_at = submission(record)
    return Paper(
        paper_id=head.paper_id,
        key=head.key,
        title=record.title,
        abstract=record.abstract,
        authors=record.authors,
        arxiv_id=arxiv_id,
        doi=doi,
        categories=record.categories,
        submitted_at=submitted_at,
        updated_at=record.updated_at,
        announced_on=record.announced_on,
        listed_on=listing_day(record, submitted_at),
        versions=_versions((record,)),
        comment=record.comment or None,
        journal_ref=record.journal_ref or None,
        license=record.license or None,
        is_withdrawn=record.is_withdrawn,
        votes=(record.votes or 0) + head.people_votes,
        comments=(record.comments or 0) + head.people_comments,
        keywords=_united((record.keywords,)),
        links=_links(arxiv_id, doi, (record,)),
        sources=(record.source,),
        is_sample=record.source in _NO_NEWS,
        added_at=head.added_at,
        revision=head.revision,
        people_votes=head.people_votes,
        counted_votes=head.counted_votes,
        people_comments=head.people_comments,
        report_number=_report_number(record) or None,
    )


def _report_number(record: PaperRecord) -> str | None:
    found = record.extras.get("report-no")
    return found if isinstance(found, str) else None


def _first(values: Iterable[T | None]) -> T | None:
    return next(filter(None, values), None)


def _arxiv_id(record: PaperRecord) -> str | None:
    if record.arxiv_id is None:
        return arxiv_id_of_doi(record.doi) if record.doi else None
    parsed = parse_arxiv_id(record.arxiv_id)
    return parsed[0] if parsed else record.arxiv_id


def _doi(record: PaperRecord) -> str | None:
    return normalise_doi(record.doi) if record.doi else None


def _publisher_doi(record: PaperRecord) -> str | None:
    doi = _doi(record)
    return None if arxiv_id_of_doi(doi) else doi


def _versions(ordered: Sequence[PaperRecord]) -> tuple[Version, ...]:
    if len(ordered) == 1 and len(ordered[0].versions) <= 1:
        return ordered[0].versions
    known: dict[int, datetime | None] = {}
    for record in ordered:
        for version in record.versions:
            known[version.number] = known.get(version.number) or version.submitted_at
    return tuple(Version(number, known[number]) for number in sorted(known))


def _submitted_at(ordered: Sequence[PaperRecord], versions: Sequence[Version]) -> datetime | None:
    exact = (r.submitted_at for r in ordered if r.extras.get("date_source") not in _INEXACT_DATES)
    first = versions[0].submitted_at if versions and versions[0].number == 1 else None
    return _first(exact) or first or _first(record.submitted_at for record in ordered)


def submission(record: PaperRecord) -> datetime | None:
    """When the paper of this record alone was submitted, as `merge` has it."""
    found = record.submitted_at
    if found is not None and record.extras.get("date_source") not in _INEXACT_DATES:
        return found
    return _submitted_at((record,), _versions((record,)))


def listing_day(record: PaperRecord, submitted_at: datetime | None) -> date:
    """The day of listing of the paper of this record alone, as `merge` has it."""
    stated = record.listed_on or record.announced_on
    if stated is None and submitted_at is not None:
        return day_of(submitted_at)
    return stated or _listed_on((record,))


def _listed_on(ordered: Sequence[PaperRecord]) -> date:
    """The day whose edition a paper belongs to; the sample's day counts only for sample papers."""
    real = [record for record in ordered if record.source != SAMPLE] or ordered
    if listed := [record.listed_on for record in real if record.listed_on]:
        return min(listed)
    if announced := _announced_on(real):
        return announced
    if submitted := _submitted_at(real, _versions(real)):
        return day_of(submitted)
    if published := min((day for record in real if (day := _published_on(record))), default=None):
        return published
    return min((day for record in real if (day := first_seen_on(record))), default=date.min)


def _announced_on(ordered: Sequence[PaperRecord]) -> date | None:
    """The day of announcement; one that a source states stands above one that was inferred."""
    stated = [record for record in ordered if "announced_source" not in record.extras]
    return _first(record.announced_on for record in (*stated, *ordered))


def _published_on(record: PaperRecord) -> date | None:
    """The first day of the month or year that is all a record knows of its date."""
    published = record.extras.get("published")
    if not isinstance(published, str):
        return None
    try:
        return date.fromisoformat(f"{published}-01-01"[:10])
    except ValueError:
        return None


def day_of(instant: datetime) -> date:
    """The UTC day of an instant."""
    return (instant if instant.tzinfo is UTC else instant.astimezone(UTC)).date()


def first_seen_on(record: PaperRecord) -> date | None:
    """The day an undated record was first seen, as `stamped` or an export noted it."""
    try:
        return date.fromisoformat(record.extras[FIRST_SEEN])
    except (KeyError, TypeError, ValueError):
        return None


def stamped(record: PaperRecord, now: datetime) -> PaperRecord:
    """The record, with today as its first day where it brings no day of its own."""
    if record.listed_on or record.announced_on or record.submitted_at or first_seen_on(record):
        return record
    return replace(record, extras={**record.extras, FIRST_SEEN: day_of(now).isoformat()})


def _united(lists: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """All words of the lists once, in the spelling that comes first."""
    known: dict[str, str] = {}
    for words in lists:
        for word in words:
            known.setdefault(word.casefold(), word)
    return tuple(known.values())


def _links(
    arxiv_id: str | None, doi: str | None, ordered: Sequence[PaperRecord]
) -> tuple[Link, ...]:
    links = []
    if arxiv_id:
        links.append(Link(LinkKind.ABSTRACT, f"https://arxiv.org/abs/{arxiv_id}"))
        links.append(Link(LinkKind.PDF, f"https://arxiv.org/pdf/{arxiv_id}"))
    if doi:
        links.append(Link(LinkKind.DOI, f"https://doi.org/{doi}"))
    given = [link for record in ordered for link in record.links]
    if not given:
        return tuple(links)
    links.extend(link for link in given if not _repeats(link, arxiv_id, doi))
    return tuple(dict.fromkeys(links))


def _repeats(link: Link, arxiv_id: str | None, doi: str | None) -> bool:
    """Whether a link leads where a link made from the paper's own ids already leads."""
    if link.kind not in _DERIVED:
        return False
    parsed = parse_arxiv_id(link.url) if arxiv_id else None
    found = normalise_doi(link.url) if doi else None
    return (parsed is not None and parsed[0] == arxiv_id) or (found is not None and found == doi)


def searchable(paper: Paper) -> tuple[Any, ...]:
    """What the search index holds of a paper; when it changes, the paper's revision is raised."""
    return (
        paper.key,
        paper.title,
        paper.abstract,
        paper.authors,
        paper.categories,
        paper.listed_on,
        paper.has_code,
        paper.comment,
        paper.journal_ref,
        paper.report_number,
        paper.submitted_at,
        paper.updated_at,
    )


def combine(old: PaperRecord, new: PaperRecord) -> PaperRecord:
    """One record out of two states of the same record of a source.

    The new state wins, unless it tells of an older version. Versions are kept from both, counts
    are the larger ones and days of listing the earlier ones, so that importing an old file again
    takes nothing back.
    """
    kept = old if _is_older(new, old) else new
    versions = _versions((kept, new, old))
    return replace(
        kept,
        versions=kept.versions if set(versions) == set(kept.versions) else versions,
        votes=_either(max, old.votes, new.votes),
        comments=_either(max, old.comments, new.comments),
        listed_on=_either(min, old.listed_on, new.listed_on),
        announced_on=_either(min, old.announced_on, new.announced_on),
        extras=_combined_extras(old, new, kept),
    )


def _either(choose: Callable[[T, T], T], one: T | None, two: T | None) -> T | None:
    if one is None or two is None:
        return two if one is None else one
    return choose(one, two)


def _is_older(new: PaperRecord, old: PaperRecord) -> bool:
    versions = _version(new), _version(old)
    if all(versions) and versions[0] != versions[1]:
        return versions[0] < versions[1]
    return bool(new.updated_at and old.updated_at and new.updated_at < old.updated_at)


def _combined_extras(old: PaperRecord, new: PaperRecord, kept: PaperRecord) -> dict[str, Any]:
    extras = dict(kept.extras)
    seen = [day for day in (first_seen_on(old), first_seen_on(new)) if day]
    if seen:
        extras[FIRST_SEEN] = min(seen).isoformat()
    return extras
