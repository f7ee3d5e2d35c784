"""The PyPI package `arxiv`, pointed at our server, and the grammar behind it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import arxiv
import harbour
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.delivery.protocols.arxiv_search_query import parse_search_query
from broadsheet.errors import QueryError
from broadsheet.index.words import Column
from broadsheet.ranking.conditions import (
    Between,
    Every,
    HasWords,
    InCategory,
    Moment,
    OneOf,
    Some,
    Without,
    leaves,
)
from broadsheet.services import open_services
from broadsheet.settings import Settings
from broadsheet.sources.arxiv_atom import entries, record_of_entry
from broadsheet.sources.fields import Context

ATOM = {"a": "http://www.w3.org/2005/Atom", "o": "http://a9.com/-/spec/opensearch/1.1/"}
SEALS = "10.1101/2026.08.01.123456"


@pytest.fixture
def client(harbour_site: str) -> arxiv.Client:
    client = arxiv.Client(page_size=2, delay_seconds=0, num_retries=0)
    client.query_url_format = f"{harbour_site}/api/query?{{}}"
    return client


def found(client: arxiv.Client, query: str, **more: Any) -> list[str]:
    """The short ids without version, papers of other archives by the end of their address."""
    results = client.results(arxiv.Search(query=query, **more))
    return [result.get_short_id().partition("v")[0].rpartition("papers/")[2] for result in results]


def test_every_field_of_a_result_is_filled(client: arxiv.Client) -> None:
    result = next(client.results(arxiv.Search(id_list=["2608.10001"])))
    assert result.entry_id == "http://arxiv.org/abs/2608.10001v2"
    assert result.title == "Lanterns that Count Ships"
    assert result.summary.startswith("We hang lanterns")
    assert [author.name for author in result.authors] == ["Ada Lin", "Bo Quill"]
    assert result.published == datetime(2026, 8, 19, 17, 8, 18, tzinfo=UTC)
    assert result.updated == datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
    assert result.comment == "12 pages, accepted at Harbour Days 2026"
    assert result.journal_ref == "Journal of Lanterns 7 (2026) 1-12"
    assert result.doi == "10.5555/lanterns.7"
    assert (result.primary_category, result.categories) == ("cs.CV", ["cs.CV", "cs.LG"])
    assert result.pdf_url == "http://arxiv.org/pdf/2608.10001v2"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ti:lanterns", {"2608.10001", SEALS}),
        ('ti:"lanterns that count"', {"2608.10001"}),
        ("au:quill", {"2608.10001"}),
        ("au:lin_a", {"2608.10001"}),
        ('au:"van der Berg"', {"2608.10002", "2607.00004", "hep-th/9901001", "2608.10005"}),
        ("abs:attention", {"2608.10001", "2608.10002"}),
        ("co:accepted", {"2608.10001"}),
        ('co:"harbour days"', {"2608.10001"}),
        ("jr:journal", {"2608.10001"}),
        ("rn:HARBOUR-26-07", {"2608.10001"}),
        ("cat:cs.CL", {"2608.10002", "2608.10005"}),
        ("cat:cs.*", {"2608.10001", "2608.10002", "2608.10005"}),
        ("cat:cs", {"2608.10001", "2608.10002", "2608.10005"}),
        ("id:2608.10003v1", {"2608.10003"}),
        ("all:accepted", {"2608.10001"}),
        ("echoes", {"2608.10002"}),
        ("ti:lanterns AND abs:seals", {SEALS}),
        ("ti:lanterns ANDNOT au:ray", {"2608.10001"}),
        ("ti:gulls OR ti:buoys", {"2607.00004", "2608.10005"}),
        ("ti:gulls OR ti:buoys AND cat:cs.CL", {"2607.00004", "2608.10005"}),
        ("(ti:gulls OR ti:buoys) AND cat:cs.CL", {"2608.10005"}),
        ("cat:cs.CV AND (lanterns)", {"2608.10001"}),
        ("ti:(gulls OR buoys)", {"2607.00004", "2608.10005"}),
        ("lanterns ships", {"2608.10001", SEALS}),
        ("submittedDate:[202608190000 TO 202608200000]", {"2608.10001"}),
        ("submittedDate:[1999 TO 1999]", {"hep-th/9901001"}),
        ("cat:cs.CL AND submittedDate:[20260818 TO *]", {"2608.10002", "2608.10005"}),
        ("lastUpdatedDate:[20260820 TO 20260820]", {"2608.10001"}),
        ("ti:the", set()),
        ("ti:that AND ti:lanterns", {"2608.10001", SEALS}),
        ("ti:nothinglikethis", set()),
    ],
)
def test_each_part_of_the_grammar_finds_what_it_says(
    client: arxiv.Client, query: str, expected: set[str]
) -> None:
    assert set(found(client, query)) == expected


def test_results_are_sorted_and_paged_without_loss(client: arxiv.Client) -> None:
    by_date = {"sort_by": arxiv.SortCriterion.SubmittedDate}
    oldest_first = found(client, "cat:cs.* OR cat:hep-th OR cat:q-bio.PE",
                         sort_order=arxiv.SortOrder.Ascending, **by_date)  # fmt: skip
    assert oldest_first[:2] == ["hep-th/9901001", "2607.00004"]
    assert oldest_first[-1] == "2608.10001"
    assert len(oldest_first) == len(set(oldest_first)) == 6
    assert found(client, "cat:cs.* OR cat:hep-th OR cat:q-bio.PE", **by_date) == oldest_first[::-1]


def test_a_list_of_ids_keeps_its_order_and_versions(client: arxiv.Client) -> None:
    listed = ["hep-th/9901001", "2608.10001v1", "2608.99999", "2608.10002v9"]
    results = list(client.results(arxiv.Search(id_list=listed)))
    assert [r.entry_id for r in results] == [
        "http://arxiv.org/abs/hep-th/9901001v1", "http://arxiv.org/abs/2608.10001v1"]  # fmt: skip
    assert results[1].updated == datetime(2026, 8, 19, 17, 8, 18, tzinfo=UTC)


def test_our_own_harvester_reads_what_is_served(asking: TestClient) -> None:
    document = asking.get("/api/query?id_list=2608.10001").content
    read = [record_of_entry(entry, Context(date.min))  # type: ignore[arg-type]
            for entry in entries(document, is_transcoded=False)]  # fmt: skip
    found, given = read[0], harbour.LANTERNS_AT_ARXIV
    for name in ("arxiv_id", "title", "abstract", "authors", "categories", "comment", "journal_ref",
                 "doi", "versions", "submitted_at", "updated_at"):  # fmt: skip
        assert getattr(found, name) == getattr(given, name)


def test_a_query_narrows_a_list_of_ids(client: arxiv.Client) -> None:
    assert found(client, "ti:lanterns", id_list=["2608.10001", "2608.10002"]) == ["2608.10001"]


def test_mark_up_in_titles_and_long_forms_come_through(client: arxiv.Client) -> None:
    result = next(client.results(arxiv.Search(query="ti:ropes")))
    assert result.title == "Tides & <Currents>: $O(n^2)$ Ropes"
    assert result.authors[1].name == "E. Finch, Jr."


@pytest.mark.parametrize(
    "arguments",
    [
        {"search_query": "ti:"}, {"search_query": "xx:word"}, {"search_query": "(ti:word"},
        {"search_query": "ti:word)"}, {"search_query": "AND"}, {"search_query": "ti:word OR"},
        {"search_query": '"open'}, {"search_query": "submittedDate:[2023 TO soon]"},
        {"search_query": "submittedDate:2023"}, {"search_query": "ti:[1 TO 2]"},
        {"search_query": "electro*"}, {"search_query": "(" * 100 + "a" + ")" * 100},
        {"search_query": "a " * 300}, {"search_query": "x" * 10_001},
        {"id_list": "1234.12345.1"}, {"id_list": ",".join(["2608.10001"] * 2001)},
        {"search_query": "a", "start": "-1"}, {"search_query": "a", "start": "x"},
        {"search_query": "a", "max_results": "30001"}, {"search_query": "a", "max_results": "-1"},
        {"search_query": "a", "sortBy": "votes"}, {"search_query": "a", "sortOrder": "up"},
    ],
)  # fmt: skip
def test_an_error_is_a_feed_with_one_entry(asking: TestClient, arguments: dict[str, str]) -> None:
    reply = asking.get("/api/query", params=arguments)
    feed = etree.fromstring(reply.content)
    assert reply.status_code == 400
    assert reply.headers["content-type"].startswith("application/atom+xml")
    assert feed.findtext("o:totalResults", namespaces=ATOM) == "1"
    entry = feed.findall("a:entry", ATOM)[0]
    assert (entry.findtext("a:id", namespaces=ATOM) or "").startswith("http://arxiv.org/api/errors")
    assert entry.findtext("a:title", namespaces=ATOM) == "Error"
    assert entry.findtext("a:summary", namespaces=ATOM)


def test_a_repeated_argument_is_an_error(asking: TestClient) -> None:
    assert asking.get("/api/query?search_query=a&search_query=b").status_code == 400


def test_a_long_question_can_be_posted(asking: TestClient) -> None:
    query = " OR ".join(f"ti:word{number}" for number in range(150)) + " OR ti:gulls"
    reply = asking.post("/api/query", data={"search_query": query})
    assert reply.status_code == 200
    assert "2607.00004" in reply.text


def test_without_an_index_the_feed_says_so(tmp_path: Path) -> None:
    services = open_services(Settings(data=tmp_path), lambda: harbour.NOW)
    services.store.ingest(harbour.library(), now=harbour.NOW)
    with TestClient(create_app(services)) as client:
        searched = client.get("/api/query?search_query=lanterns")
        listed = client.get("/api/query?id_list=2608.10001")
    assert searched.status_code == 503
    assert "broadsheet reindex" in searched.text
    assert listed.text.count("<entry>") == 1


def test_nothing_asked_gives_nothing(asking: TestClient) -> None:
    feed = etree.fromstring(asking.get("/api/query").content)
    assert feed.findtext("o:totalResults", namespaces=ATOM) == "0"


# The grammar

LEAVES = (HasWords, InCategory, OneOf, Between)


def nobody(_: str) -> None:
    return None


def parsed(text: str) -> object:
    return parse_search_query(text, nobody)


def word(text: str) -> HasWords:
    return HasWords((Column.TITLE,), text)


def test_and_binds_more_closely_than_or() -> None:
    assert parsed("ti:a OR ti:b AND ti:c") == Some((word("a"), Every((word("b"), word("c")))))


def test_andnot_goes_from_left_to_right() -> None:
    assert parsed("ti:a ANDNOT ti:b ANDNOT ti:c") == Without(
        Without(word("a"), word("b")), word("c")
    )


def test_dates_may_be_as_coarse_as_a_year() -> None:
    assert parsed("submittedDate:[2023 TO 202402]") == Between(
        Moment.SUBMITTED,
        datetime(2023, 1, 1, tzinfo=UTC),
        datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
    )


def test_a_query_error_tells_its_place() -> None:
    with pytest.raises(QueryError) as caught:
        parsed("ti:good AND xx:bad")
    assert caught.value.position == 12


TERMS = st.builds(
    lambda field, value: f"{field}:{value}" if field else value,
    st.sampled_from(["", "ti", "au", "abs", "co", "jr", "rn", "all", "cat"]),
    st.sampled_from(["gull", '"old strings"', "cs.LG", "x-1", "naïve"]),
)


@st.composite
def queries(draw: st.DrawFn, depth: int = 0) -> tuple[str, int]:
    """A query that is right by construction, and how many terms it has."""
    if depth == 3 or draw(st.booleans()):
        return draw(TERMS), 1
    parts = [draw(queries(depth=depth + 1)) for _ in range(draw(st.integers(2, 3)))]
    texts = [f"({text})" if count > 1 else text for text, count in parts]
    joint = draw(st.sampled_from([" AND ", " OR ", " ANDNOT ", " "]))
    return joint.join(texts), sum(count for _, count in parts)


@given(queries())
def test_every_term_of_a_right_query_is_kept(asked: tuple[str, int]) -> None:
    text, count = asked
    assert len(list(leaves(parse_search_query(text, nobody)))) == count


PIECES = st.sampled_from(
    ["ti:", "au:", "cat:", "(", ")", '"', "[", "]", "AND", "OR", "ANDNOT", " TO ", "submittedDate:",
     "2023", "*", "gull", " ", "\x00", "é", "id:", "\ud800", ":"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    try:
        condition = parse_search_query(text, nobody)
    except QueryError as error:
        is_settled = 0 <= error.position <= len(text) and bool(str(error))
    else:
        is_settled = all(isinstance(leaf, LEAVES) for leaf in leaves(condition))
    assert is_settled


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["search_query", "id_list", "start", "max_results", "sortBy", "x"]),
            st.lists(PIECES.filter(str.isprintable), max_size=5).map("".join)
            | st.sampled_from(["0", "3", "relevance", "2608.10001"]),
        ),
        max_size=4,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_arguments_crash_the_server(asking: TestClient, arguments: Any) -> None:
    reply = asking.get("/api/query", params=arguments)
    assert reply.status_code in {200, 400}
    assert etree.fromstring(reply.content).tag.endswith("feed")
