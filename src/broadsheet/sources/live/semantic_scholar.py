"""Semantic Scholar: citations, venue and open-access copies of known papers, 500 a request.

Facts from the Graph API's documentation and its public issues: unknown papers come back as null
in place, a request of unknown papers only as HTTP 400, and places were mixed up before
(allenai/s2-folks#47, #108), so an answer is believed only where its ids are the paper's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson

from broadsheet.domain import LinkKind, Paper, PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.identifiers import arxiv_id_of_doi, normalise_doi, parse_arxiv_id
from broadsheet.sources.fields import count, excerpt, json_excerpt, text
from broadsheet.sources.links import web_link
from broadsheet.sources.live.calendars import Every
from broadsheet.sources.live.enriching import in_groups, publisher_doi, record_about, with_ids
from broadsheet.sources.live.harvesting import Batch, Fetch, Options, Reply, SourceKind
from broadsheet.sources.live.json_answers import json_answer
from broadsheet.sources.live.shapes import object_answer, object_in

MOST_IDS = 500
FIELDS = (
    "externalIds,year,venue,publicationVenue,citationCount,influentialCitationCount,"
    "openAccessPdf,tldr"
)
_SERVICE = "Semantic Scholar"
_NONE_KNOWN = "No valid paper ids"


def enrich(
    fetch: Fetch, options: Options, papers: Sequence[Paper], now: datetime
) -> Iterator[Batch]:
    """A batch for every 500 papers; papers that Semantic Scholar does not know bring nothing."""
    address = f"{options['url'].rstrip('/')}/graph/v1/paper/batch?fields={FIELDS}"
    headers = {"Content-Type": "application/json"}
    if options.get("key"):
        headers["x-api-key"] = options["key"]
    for group in in_groups(with_ids(papers), MOST_IDS):
        asked = orjson.dumps({"ids": [asked_id(paper) for paper in group]})
        reply = fetch(
            address,
            accept="application/json",
            headers=headers,
            content=asked,
            allow=(HTTPStatus.BAD_REQUEST,),
        )
        yield _batch(group, _answers(reply, len(group)), now)


def asked_id(paper: Paper) -> str:
    """The name under which a paper is asked for."""
    return f"ARXIV:{paper.arxiv_id}" if paper.arxiv_id else f"DOI:{paper.doi}"


def _answers(reply: Reply, asked: int) -> list[Any]:
    """One answer a paper, None for unknown ones. Raises SourceError for anything else."""
    if reply.status == HTTPStatus.BAD_REQUEST:
        reason = excerpt(str(object_answer(reply).get("error", "no reason given")))
        if reason.startswith(_NONE_KNOWN):
            return [None] * asked
        raise SourceError(f"Semantic Scholar refused the question: {reason}.")
    found = json_answer(reply)
    if not isinstance(found, list) or len(found) != asked:
        got = f"{len(found)} answers" if isinstance(found, list) else "no list"
        raise SourceError(
            f"Semantic Scholar was asked about {asked} papers and sent {got}.", permanent=False
        )
    return found


def _batch(group: Sequence[Paper], answers: Sequence[Any], now: datetime) -> Batch:
    records: list[PaperRecord] = []
    rejects: list[Reject] = []
    unknown = 0
    for paper, answer in zip(group, answers, strict=True):
        if answer is None:
            unknown += 1
            continue
        try:
            records.append(_record(paper, answer, now))
        except RecordError as error:
            rejects.append(Reject(_SERVICE, paper.key, str(error), json_excerpt(answer)))
    note = f"{unknown} of {len(group)} papers are unknown to Semantic Scholar." if unknown else ""
    return Batch(tuple(records), {}, tuple(rejects), note=note)


def _record(paper: Paper, answer: object, now: datetime) -> PaperRecord:
    if not isinstance(answer, dict):
        raise RecordError("The answer is not an object.")
    ids = object_in(answer, "externalIds")
    if not _is_about(paper, ids):
        raise RecordError(f"The answer is about another paper than {asked_id(paper)}.")
    copy = object_in(answer, "openAccessPdf")
    facts = {
        "paper_id": text(answer, "paperId"),
        "citations": count(answer, "citationCount"),
        "influential_citations": count(answer, "influentialCitationCount"),
        "venue": text(object_in(answer, "publicationVenue"), "name") or text(answer, "venue"),
        "year": count(answer, "year"),
        "tldr": text(object_in(answer, "tldr"), "text"),
        "open_access": text(copy, "status"),
        "acl_id": text(ids, "ACL"),
        "dblp_key": text(ids, "DBLP"),
    }
    link = web_link(LinkKind.PDF, copy.get("url") or None)
    return record_about(paper, "semantic_scholar", facts, now, links=(link,))


def _is_about(paper: Paper, ids: Mapping[str, Any]) -> bool:
    """Whether one id is the paper's own, or the answer names none that could differ."""
    doi = normalise_doi(text(ids, "DOI"))
    parsed = parse_arxiv_id(text(ids, "ArXiv"))
    arxiv_id = parsed[0] if parsed else arxiv_id_of_doi(doi)
    doi = None if arxiv_id_of_doi(doi) else doi
    known = ((paper.arxiv_id, arxiv_id), (publisher_doi(paper), doi))
    comparable = [ours == theirs for ours, theirs in known if ours and theirs]
    return any(comparable) or not comparable


SOURCE = SourceKind(
    name="semantic-scholar",
    title="Semantic Scholar",
    about="Citations, venues, one-sentence summaries and open-access copies of known papers.",
    hosts=("api.semanticscholar.org",),
    pause_seconds=2.0,
    calendar=Every(hours=24),
    enrich=enrich,
    record_source="semantic_scholar",
    secret=("key",),
    options={
        "url": ("https://api.semanticscholar.org", "Address of the API."),
        "key": ("", "An API key; without one all users share one small allowance."),
    },
)
