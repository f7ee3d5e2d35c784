"""Semantic Scholar's `/paper/batch`, with answers written after its documentation about invented
papers; the recorded answers of the test data are replayed where present.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from known_papers import arxiv_paper, doi_paper, nameless_paper

from broadsheet.domain import LinkKind, Paper
from broadsheet.errors import SourceError
from broadsheet.sources.live import semantic_scholar
from broadsheet.sources.live.harvesting import Batch, Fetch
from broadsheet.sources.live.semantic_scholar import SOURCE
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
PATH = "/graph/v1/paper/batch"


def answer(arxiv_id: str | None = "2608.00001", **changes: Any) -> dict[str, Any]:
    return {
        "paperId": "00c0ffee",
        "externalIds": {"ArXiv": arxiv_id, "CorpusId": 7} if arxiv_id else {"CorpusId": 7},
        "year": 2026,
        "venue": "Conf. Looms",
        "publicationVenue": {"name": "Conference on Looms", "type": "conference"},
        "citationCount": 12,
        "influentialCitationCount": 3,
        "openAccessPdf": {"url": "https://loom.example/1.pdf", "status": "GREEN"},
        "tldr": {"model": "tldr@v2.0.0", "text": "Looms\u00a0weave. "},
        **changes,
    }


def enriched(fetch: Fetch, server: Loopback, *papers: Paper, **options: str) -> list[Batch]:
    asked = SOURCE.completed({"url": server.url, **options})
    return list(semantic_scholar.enrich(fetch, asked, papers, NOW))


def test_facts_become_a_record_of_the_paper(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=orjson.dumps([answer()]))
    (batch,) = enriched(fetch, server, arxiv_paper(doi="10.1234/loom.1"))
    (record,) = batch.records
    assert (record.source, record.record_id) == ("semantic_scholar", "2608.00001")
    assert (record.arxiv_id, record.doi) == ("2608.00001", "10.1234/loom.1")
    assert (record.title, record.abstract) == ("Looms of 2608.00001", "")
    assert record.extras == {
        "semantic_scholar": {
            "paper_id": "00c0ffee",
            "citations": 12,
            "influential_citations": 3,
            "venue": "Conference on Looms",
            "year": 2026,
            "tldr": "Looms weave.",
            "open_access": "GREEN",
            "read_on": "2026-08-21",
        }
    }
    assert [(link.kind, link.url) for link in record.links] == [
        (LinkKind.PDF, "https://loom.example/1.pdf")
    ]
    assert batch.cursor == {}


def test_papers_are_asked_for_by_arxiv_id_else_doi(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=b"[null,null]")
    papers = (arxiv_paper(doi="10.1234/loom.1"), nameless_paper(), doi_paper("10.1234/loom.2"))
    enriched(fetch, server, *papers)
    (request,) = server.requests()
    assert orjson.loads(request.body) == {"ids": ["ARXIV:2608.00001", "DOI:10.1234/loom.2"]}
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert request.query["fields"].split(",") == [
        "externalIds", "year", "venue", "publicationVenue", "citationCount",
        "influentialCitationCount", "openAccessPdf", "tldr",
    ]  # fmt: skip


def test_key_is_sent_as_a_header_only(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=b"[null]")
    enriched(fetch, server, arxiv_paper(), key="hush")
    (request,) = server.requests()
    assert request.headers["x-api-key"] == "hush"
    assert "key" not in request.query


def test_no_key_is_sent_where_none_is_given(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=b"[null]")
    enriched(fetch, server, arxiv_paper())
    assert "x-api-key" not in server.requests()[0].headers


def test_key_stands_in_no_message(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, status=400, body=b'{"error":"Unrecognized or unsupported fields: [x]"}')
    with pytest.raises(SourceError, match="unsupported fields") as caught:
        enriched(fetch, server, arxiv_paper(), key="hush")
    assert "hush" not in str(caught.value)
    assert caught.value.permanent


def test_unknown_papers_bring_nothing_but_a_note(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=orjson.dumps([None, answer("2608.00002")]))
    (batch,) = enriched(fetch, server, arxiv_paper(), arxiv_paper("2608.00002"))
    assert [record.record_id for record in batch.records] == ["2608.00002"]
    assert batch.note == "1 of 2 papers are unknown to Semantic Scholar."


def test_request_of_unknown_papers_only_is_no_error(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, status=400, body=b'{"error":"No valid paper ids given"}')
    (batch,) = enriched(fetch, server, arxiv_paper())
    assert (batch.records, batch.note) == ((), "1 of 1 papers are unknown to Semantic Scholar.")


def test_five_hundred_papers_go_into_a_request(server: Loopback, fetch: Fetch) -> None:
    ids = [f"2608.{number:05}" for number in range(1, 502)]
    server.answer(PATH, body=orjson.dumps([answer(one) for one in ids[:500]]), times=1)
    server.answer(PATH, body=orjson.dumps([answer(ids[500])]))
    batches = enriched(fetch, server, *map(arxiv_paper, ids))
    assert [len(batch.records) for batch in batches] == [500, 1]


def test_nothing_is_asked_about_no_papers(server: Loopback, fetch: Fetch) -> None:
    assert enriched(fetch, server, nameless_paper()) == []
    assert server.requests() == []


def test_answer_about_another_paper_is_set_aside(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=orjson.dumps([answer("2608.00009"), answer("2608.00002")]))
    (batch,) = enriched(fetch, server, arxiv_paper(), arxiv_paper("2608.00002"))
    assert [record.record_id for record in batch.records] == ["2608.00002"]
    (reject,) = batch.rejects
    assert reject.position == "2608.00001"
    assert reject.reason == "The answer is about another paper than ARXIV:2608.00001."


@pytest.mark.parametrize(
    "ids", [{"DOI": "10.1234/LOOM.1"}, {"ArXiv": "2608.00001", "DOI": "10.1/other"}, {}, None]
)
def test_one_common_id_is_enough(
    server: Loopback, fetch: Fetch, ids: dict[str, str] | None
) -> None:
    server.answer(PATH, body=orjson.dumps([answer(externalIds=ids)]))
    (batch,) = enriched(fetch, server, arxiv_paper(doi="10.1234/loom.1"))
    assert len(batch.records) == 1


def test_facts_that_are_missing_are_left_out(server: Loopback, fetch: Fetch) -> None:
    bare = {"paperId": "00c0ffee", "externalIds": None, "tldr": None, "openAccessPdf": None,
            "citationCount": None, "publicationVenue": None, "venue": "", "year": None}  # fmt: skip
    server.answer(PATH, body=orjson.dumps([bare]))
    (batch,) = enriched(fetch, server, arxiv_paper())
    facts = batch.records[0].extras["semantic_scholar"]
    assert facts == {"paper_id": "00c0ffee", "read_on": "2026-08-21"}
    assert batch.records[0].links == ()


def test_zero_citations_are_a_fact(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=orjson.dumps([answer(citationCount=0)]))
    (batch,) = enriched(fetch, server, arxiv_paper())
    assert batch.records[0].extras["semantic_scholar"]["citations"] == 0


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", 7, None])
def test_only_web_addresses_become_links(server: Loopback, fetch: Fetch, address: object) -> None:
    server.answer(PATH, body=orjson.dumps([answer(openAccessPdf={"url": address})]))
    (batch,) = enriched(fetch, server, arxiv_paper())
    assert batch.records[0].links == ()


@pytest.mark.parametrize("bad", ["text", 7, {"paperId": 7}, {"tldr": {"text": []}}])
def test_bad_answer_is_set_aside_and_the_rest_goes_on(
    server: Loopback, fetch: Fetch, bad: object
) -> None:
    server.answer(PATH, body=orjson.dumps([bad, answer("2608.00002")]))
    (batch,) = enriched(fetch, server, arxiv_paper(), arxiv_paper("2608.00002"))
    assert [record.record_id for record in batch.records] == ["2608.00002"]
    assert len(batch.rejects) == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", b"[null", b"{}", b"[]", b"[null,null]", b"null"]
)
def test_unreadable_answer_is_passing(server: Loopback, fetch: Fetch, body: bytes) -> None:
    server.answer(PATH, body=body)
    with pytest.raises(SourceError) as caught:
        enriched(fetch, server, arxiv_paper())
    assert not caught.value.permanent


def test_answer_that_breaks_off_is_passing(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=orjson.dumps([answer()]), fault=CUT)
    with pytest.raises(SourceError) as caught:
        enriched(fetch, server, arxiv_paper())
    assert not caught.value.permanent


def test_throttling_keeps_the_batches_before_it(server: Loopback, fetch: Fetch) -> None:
    ids = [f"2608.{number:05}" for number in range(1, 502)]
    server.answer(PATH, body=orjson.dumps([None] * 500), times=1)
    server.answer(PATH, status=429)
    asked = SOURCE.completed({"url": server.url})
    batches = semantic_scholar.enrich(fetch, asked, list(map(arxiv_paper, ids)), NOW)
    assert next(batches).records == ()
    with pytest.raises(SourceError, match="slow down"):
        next(batches)


def test_recorded_answer_is_read(server: Loopback, fetch: Fetch, test_data: Path) -> None:
    path = test_data / "protocol_samples/semantic_scholar/test_get_papers_not_found_warning.yaml"
    found = re.search(r"string: '((?:[^']|'')*)'", path.read_text())
    assert found is not None
    body = re.sub(r"\s*\n\s*", " ", found[1].replace("''", "'"))
    known = [one["externalIds"].get("DOI") for one in orjson.loads(body) if one]
    papers = [doi_paper("10.1/unknown"), *(doi_paper(doi.lower()) for doi in known)]
    server.answer(PATH, body=body)
    (batch,) = enriched(fetch, server, *papers)
    assert [record.doi for record in batch.records] == [doi.lower() for doi in known]
    assert batch.rejects == ()
    citations = [one.extras["semantic_scholar"]["citations"] for one in batch.records]
    assert 10_670 in citations
