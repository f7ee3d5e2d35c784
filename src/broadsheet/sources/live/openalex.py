"""OpenAlex: citations, venue, open-access copies and missing abstracts of known papers, by DOI.

Facts from OpenAlex's documentation: at most 50 values in one filter, abstracts as a map from word
to places; a key, free of charge, since February 2026, without which a few requests a day pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from broadsheet.domain import LinkKind, Paper, PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.identifiers import normalise_doi
from broadsheet.sources.fields import count, excerpt, fold, json_excerpt, text
from broadsheet.sources.links import web_link
from broadsheet.sources.live.calendars import Every
from broadsheet.sources.live.enriching import in_groups, publisher_doi, record_about
from broadsheet.sources.live.harvesting import Batch, Fetch, Options, Reply, SourceKind
from broadsheet.sources.live.shapes import list_in, object_answer, object_in

MOST_DOIS = 50
PER_PAGE = 100
FIELDS = "id,doi,cited_by_count,primary_location,open_access,abstract_inverted_index"
_SERVICE = "OpenAlex"
_LONGEST_ABSTRACT = 20_000
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED)


def enrich(
    fetch: Fetch, options: Options, papers: Sequence[Paper], now: datetime
) -> Iterator[Batch]:
    """A batch for every 50 papers that a DOI names, arXiv's own included.

    A DOI with a comma or a bar in it cannot stand in a filter; its paper is passed over.
    """
    named = [paper for paper in papers if _doi(paper) and not set(_doi(paper)) & {"|", ","}]
    for group in in_groups(named, MOST_DOIS):
        reply = fetch(_address(options, group), accept="application/json", allow=_REFUSED)
        if reply.status in _REFUSED:
            raise SourceError(f"OpenAlex refused the question: {_reason(reply)}")
        yield _batch(group, list_in(object_answer(reply), "results", _SERVICE), now)


def _doi(paper: Paper) -> str:
    """The publisher's DOI, else arXiv's, which OpenAlex keeps for preprints."""
    return publisher_doi(paper) or (f"10.48550/arxiv.{paper.arxiv_id}" if paper.arxiv_id else "")


def _address(options: Options, group: Sequence[Paper]) -> str:
    asked = {
        "filter": "doi:" + "|".join(dict.fromkeys(map(_doi, group))),
        "select": FIELDS,
        "per-page": str(PER_PAGE),
        "mailto": options.get("mailto", ""),
        "api_key": options.get("key", ""),
    }
    given = {name: value for name, value in asked.items() if value}
    return f"{options['url'].rstrip('/')}/works?{urlencode(given)}"


def _reason(reply: Reply) -> str:
    answer = object_answer(reply)
    said = excerpt(str(answer.get("message") or answer.get("error") or "no reason given"))
    return f"{said.rstrip('.')}."


def _batch(group: Sequence[Paper], works: Sequence[Any], now: datetime) -> Batch:
    by_doi: dict[str, list[Paper]] = {}
    for paper in group:
        by_doi.setdefault(_doi(paper).lower(), []).append(paper)
    records: dict[str, PaperRecord] = {}
    rejects: list[Reject] = []
    for work in works:
        try:
            for paper in by_doi.get(_doi_of(work), ()):
                _keep_better(records, _record(paper, work, now))
        except RecordError as error:
            rejects.append(Reject(_SERVICE, _name_of(work), str(error), json_excerpt(work)))
    unknown = len(group) - len(records)
    note = f"{unknown} of {len(group)} papers are unknown to OpenAlex." if unknown else ""
    return Batch(tuple(records.values()), {}, tuple(rejects), note=note)


def _keep_better(records: dict[str, PaperRecord], record: PaperRecord) -> None:
    """OpenAlex has some works twice; the one that is cited more is the one it means."""
    known = records.get(record.record_id)
    if known is None or _citations(record) > _citations(known):
        records[record.record_id] = record


def _citations(record: PaperRecord) -> int:
    found: int = record.extras["openalex"].get("citations", 0)
    return found


def _doi_of(work: object) -> str:
    if not isinstance(work, dict):
        raise RecordError("The work is not an object.")
    return normalise_doi(text(work, "doi")) or ""


def _name_of(work: object) -> str:
    name = work.get("id") if isinstance(work, dict) else None
    return name if isinstance(name, str) else "a work without id"


def _record(paper: Paper, work: Mapping[str, Any], now: datetime) -> PaperRecord:
    place = object_in(work, "primary_location")
    access = object_in(work, "open_access")
    facts = {
        "work_id": text(work, "id").rpartition("/")[2],
        "citations": count(work, "cited_by_count"),
        "venue": text(object_in(place, "source"), "display_name"),
        "venue_type": text(object_in(place, "source"), "type"),
        "open_access": text(access, "oa_status"),
    }
    address = access.get("oa_url")
    is_pdf = isinstance(address, str) and address.lower().partition("?")[0].endswith(".pdf")
    link = web_link(LinkKind.PDF if is_pdf else LinkKind.ABSTRACT, address)
    return record_about(
        paper, "openalex", facts, now, links=(link,), abstract=_abstract(paper, work)
    )


def _abstract(paper: Paper, work: Mapping[str, Any]) -> str:
    """OpenAlex's abstract where the paper has none of another source."""
    index = work.get("abstract_inverted_index")
    if not index or (paper.abstract and "openalex" not in paper.sources):
        return ""
    found = text_of_index(index)
    # The abstract that an earlier night brought is brought again, or that paper would lose it.
    return found if paper.abstract in ("", found) else ""


def text_of_index(index: object) -> str:
    """The text of an inverted index, a map from word to the places where it stands.

    Raises RecordError where the map is none.
    """
    if not isinstance(index, dict):
        raise RecordError("The field “abstract_inverted_index” is not an object.")
    words: dict[int, str] = {}
    for word, places in index.items():
        for place in places if isinstance(places, list) else ():
            if not isinstance(place, int) or not 0 <= place < _LONGEST_ABSTRACT:
                raise RecordError("The field “abstract_inverted_index” names no places of words.")
            words[place] = word
    return fold(" ".join(words[place] for place in sorted(words)))


SOURCE = SourceKind(
    name="openalex",
    title="OpenAlex",
    about="Citations, venues, open-access copies and missing abstracts of known papers.",
    hosts=("api.openalex.org",),
    pause_seconds=1.0,
    calendar=Every(hours=24),
    enrich=enrich,
    record_source="openalex",
    secret=("key",),
    options={
        "url": ("https://api.openalex.org", "Address of the API."),
        "key": ("", "An API key, free of charge; without one only a few requests a day pass."),
        "mailto": ("", "An e-mail address, which OpenAlex asks its users for."),
    },
)
