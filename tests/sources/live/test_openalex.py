"""OpenAlex's `/works` by DOI, with answers written after its documentation about invented papers;
the recorded answers of the test data are replayed where present.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from known_papers import arxiv_paper, doi_paper, nameless_paper

from broadsheet.domain import LinkKind, Paper
from broadsheet.errors import RecordError, SourceError
from broadsheet.identifiers import normalise_doi
from broadsheet.sources.live import openalex
from broadsheet.sources.live.harvesting import Batch, Fetch
from broadsheet.sources.live.openalex import SOURCE, text_of_index
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)


def work(doi: str = "10.1234/loom.1", **changes: Any) -> dict[str, Any]:
    return {
        "id": "https://openalex.org/W7",
        "doi": f"https://doi.org/{doi}",
        "cited_by_count": 12,
        "primary_location": {"source": {"display_name": "Journal of Looms", "type": "journal"}},
        "open_access": {"oa_status": "green", "oa_url": "https://loom.example/1.pdf"},
        "abstract_inverted_index": {"weave": [1, 3], "Looms": [0], "and": [2]},
        **changes,
    }


def results(*works: Any) -> bytes:
    return orjson.dumps({"meta": {"count": len(works)}, "results": works})


def enriched(fetch: Fetch, server: Loopback, *papers: Paper, **options: str) -> list[Batch]:
    asked = SOURCE.completed({"url": server.url, **options})
    return list(openalex.enrich(fetch, asked, papers, NOW))


def test_facts_become_a_record_of_the_paper(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results(work()))
    (batch,) = enriched(fetch, server, doi_paper())
    (record,) = batch.records
    assert (record.source, record.record_id) == ("openalex", "10.1234/loom.1")
    assert (record.title, record.abstract) == ("Threads of 10.1234/loom.1", "")
    assert record.extras == {
        "openalex": {
            "work_id": "W7",
            "citations": 12,
            "venue": "Journal of Looms",
            "venue_type": "journal",
            "open_access": "green",
            "read_on": "2026-08-21",
        }
    }
    assert [(link.kind, link.url) for link in record.links] == [
        (LinkKind.PDF, "https://loom.example/1.pdf")
    ]


def test_papers_are_asked_for_by_doi(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results())
    papers = (
        doi_paper(), arxiv_paper(), nameless_paper(), arxiv_paper("2608.00002", doi="10.1234/b"),
    )  # fmt: skip
    enriched(fetch, server, *papers, key="hush", mailto="a@loom.example")
    (request,) = server.requests()
    assert request.query == {
        "filter": "doi:10.1234/loom.1|10.48550/arxiv.2608.00001|10.1234/b",
        "select": "id,doi,cited_by_count,primary_location,open_access,abstract_inverted_index",
        "per-page": "100",
        "mailto": "a@loom.example",
        "api_key": "hush",
    }


def test_arxiv_papers_are_found_by_the_doi_of_arxiv(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results(work("10.48550/arXiv.2608.00001")))
    (batch,) = enriched(fetch, server, arxiv_paper())
    (record,) = batch.records
    assert (record.record_id, record.arxiv_id, record.doi) == ("2608.00001", "2608.00001", None)


@pytest.mark.parametrize("doi", ["10.1234/a|b", "10.1234/a,b"])
def test_doi_that_no_filter_can_hold_is_passed_over(
    server: Loopback, fetch: Fetch, doi: str
) -> None:
    assert enriched(fetch, server, doi_paper(doi)) == []


def test_fifty_papers_go_into_a_request(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results())
    batches = enriched(fetch, server, *(doi_paper(f"10.1234/{number}") for number in range(51)))
    asked = [request.query["filter"].count("|") + 1 for request in server.requests()]
    assert asked == [50, 1]
    assert len(batches) == 2


def test_abstract_is_taken_where_the_paper_has_none(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results(work()))
    (batch,) = enriched(fetch, server, doi_paper(abstract=""))
    assert batch.records[0].abstract == "Looms weave and weave"


def test_abstract_that_openalex_brought_is_brought_again(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results(work()))
    paper = doi_paper(abstract="Looms weave and weave", sources=("corpus", "openalex"))
    (batch,) = enriched(fetch, server, paper)
    assert batch.records[0].abstract == "Looms weave and weave"


def test_abstract_of_another_source_stays_alone(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results(work()))
    (batch,) = enriched(fetch, server, doi_paper(sources=("corpus", "openalex")))
    assert batch.records[0].abstract == ""


def test_index_becomes_text_in_the_order_of_places() -> None:
    assert text_of_index({"b": [1, 2], "a": [0], "c\n": [9]}) == "a b b c"


@pytest.mark.parametrize("index", ["text", [1], {"a": [-1]}, {"a": ["0"]}, {"a": [10**9]}])
def test_index_without_places_is_refused(index: object) -> None:
    with pytest.raises(RecordError, match="abstract_inverted_index"):
        text_of_index(index)


def test_of_two_works_with_one_doi_the_one_cited_more_counts(
    server: Loopback, fetch: Fetch
) -> None:
    works = (work(cited_by_count=3), work(cited_by_count=40), work(cited_by_count=None))
    server.answer("/works", body=results(*works))
    (batch,) = enriched(fetch, server, doi_paper())
    (record,) = batch.records
    assert record.extras["openalex"]["citations"] == 40


def test_works_nobody_asked_for_are_left_out(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results(work("10.9999/other"), work(doi="")))
    (batch,) = enriched(fetch, server, doi_paper())
    assert batch.records == ()
    assert batch.note == "1 of 1 papers are unknown to OpenAlex."


def test_landing_page_is_no_pdf(server: Loopback, fetch: Fetch) -> None:
    access = {"oa_url": "https://loom.example/1?format=pdf", "oa_status": "gold"}
    server.answer("/works", body=results(work(open_access=access)))
    (batch,) = enriched(fetch, server, doi_paper())
    assert batch.records[0].links[0].kind is LinkKind.ABSTRACT


def test_missing_facts_are_left_out(server: Loopback, fetch: Fetch) -> None:
    bare = work(
        primary_location=None, open_access=None, cited_by_count=None, abstract_inverted_index=None
    )
    server.answer("/works", body=results(bare))
    (batch,) = enriched(fetch, server, doi_paper(abstract=""))
    assert batch.records[0].extras["openalex"] == {"work_id": "W7", "read_on": "2026-08-21"}


@pytest.mark.parametrize("bad", ["text", {"doi": 7}, work(id=7), work(abstract_inverted_index=7)])
def test_bad_work_is_set_aside_and_the_rest_goes_on(
    server: Loopback, fetch: Fetch, bad: object
) -> None:
    server.answer("/works", body=results(bad, work("10.1234/loom.2")))
    papers = (doi_paper(abstract=""), doi_paper("10.1234/loom.2"))
    (batch,) = enriched(fetch, server, *papers)
    assert [record.record_id for record in batch.records] == ["10.1234/loom.2"]
    assert len(batch.rejects) == 1


@pytest.mark.parametrize("status", [400, 401])
def test_refusal_is_told_without_the_key(server: Loopback, fetch: Fetch, status: int) -> None:
    body = orjson.dumps({"error": "Invalid query parameters", "message": "Bad filter."})
    server.answer("/works", status=status, body=body)
    with pytest.raises(SourceError, match="refused the question: Bad filter") as caught:
        enriched(fetch, server, doi_paper(), key="hush")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b'{"results":[', b"[]", b"{}"])
def test_unreadable_answer_is_passing(server: Loopback, fetch: Fetch, body: bytes) -> None:
    server.answer("/works", body=body)
    with pytest.raises(SourceError) as caught:
        enriched(fetch, server, doi_paper())
    assert not caught.value.permanent


def test_answer_that_breaks_off_is_passing(server: Loopback, fetch: Fetch) -> None:
    server.answer("/works", body=results(work()), fault=CUT)
    with pytest.raises(SourceError) as caught:
        enriched(fetch, server, doi_paper())
    assert not caught.value.permanent


def test_nothing_found_is_no_error(server: Loopback, fetch: Fetch, test_data: Path) -> None:
    folder = test_data / "protocol_samples" / "openalex"
    server.answer("/works", body=(folder / "openalex_empty_response.json").read_bytes())
    (batch,) = enriched(fetch, server, doi_paper())
    assert (batch.records, batch.rejects) == ((), ())


@pytest.mark.parametrize(
    "name", ["openalex_works.json", "openalex_sample_response.json", "openalex_author_works.json"]
)
def test_recorded_works_are_read(
    server: Loopback, fetch: Fetch, test_data: Path, name: str
) -> None:
    body = (test_data / "protocol_samples" / "openalex" / name).read_bytes()
    dois = {normalise_doi(one["doi"]) for one in orjson.loads(body)["results"] if one["doi"]}
    papers = [doi_paper(doi, abstract="") for doi in sorted(filter(None, dois))]
    server.answer("/works", body=body)
    batches = enriched(fetch, server, *papers)
    records = [record for batch in batches for record in batch.records]
    assert {record.doi for record in records} == dois
    assert [batch.rejects for batch in batches] == [()] * len(batches)
    assert any(len(record.abstract) > 200 for record in records)
