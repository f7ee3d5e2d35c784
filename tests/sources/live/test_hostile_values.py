"""Every field of every answer, one after the other, with a value that nobody foresaw.

A reader makes a record or a reject of it, or refuses the answer; it never breaks, since then the
whole source would stand still for one item.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from known_papers import arxiv_paper, doi_paper, with_code

from broadsheet.errors import SourceError
from broadsheet.record_json import record_to_json
from broadsheet.sources.live.harvesting import Batch, Reply
from broadsheet.sources.live.registry import KINDS

NOW = datetime(2026, 8, 21, 9, 30, tzinfo=UTC)
NUMBER = "9" * 5_000
"""Python's int() raises ValueError for so many digits."""


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


VALUES: tuple[Any, ...] = (
    None, "", -1, True, 1e308, 2**63, [], {}, [None], [["a"]], {"a": [1]}, nested(300), NUMBER, "\xb2",
    "\u0663\u0663\u0663\u0663-\u0660\u0661-\u0660\u0661", "0001-01-01T00:00:00+23:59", "2026-13-45",
    "Mon, 1 Jan 2024 00:00:00 +99999999999", "http://[bad", "http://a.example:99999999/", "\ufeff\x00",
    "arXiv:9999.99999v99999",
)  # fmt: skip

JSON_ANSWERS: dict[str, Any] = {
    "huggingface": [
        {
            "paper": {
                "id": "2608.00001", "title": "Looms", "summary": "We weave.", "upvotes": 3,
                "authors": [{"name": "Ada Weaver"}], "publishedAt": "2026-08-19T01:00:00.000Z",
                "submittedOnDailyAt": "2026-08-20T02:00:00.000Z", "ai_keywords": ["looms"],
                "githubRepo": "https://github.com/ada/loom", "githubStars": 4,
            },
            "title": "Looms", "numComments": 2,
        }
    ],
    "biorxiv": {
        "messages": [{"status": "ok", "count": 1, "cursor": 0, "total": "1"}],
        "collection": [
            {
                "doi": "10.1101/2026.08.14.000001", "title": "Looms", "authors": "Weaver, A.; B, C.",
                "date": "2026-08-18", "version": "1", "type": "new results", "license": "cc_by",
                "category": "cell biology", "abstract": "We weave.", "published": "NA",
            }
        ],
    },
    "openreview": {
        "count": 1,
        "notes": [
            {
                "id": "n", "forum": "n", "number": 1, "cdate": 1_780_000_000_000, "license": "CC",
                "pdate": 1_780_000_000_000, "mdate": 1_780_000_000_000,
                "content": {
                    "title": {"value": "Looms"}, "abstract": {"value": "We weave."},
                    "authors": {"value": ["Ada Weaver"]}, "keywords": {"value": ["looms"]},
                    "venue": {"value": "LOOM"}, "pdf": {"value": "/pdf/1.pdf"},
                },
            }
        ],
    },
    "crossref": {
        "status": "ok",
        "message": {
            "total-results": 1,
            "items": [
                {
                    "DOI": "10.1234/loom.1", "title": ["Looms"], "abstract": "<jats:p>We</jats:p>",
                    "author": [{"given": "Ada", "family": "Weaver", "suffix": "Jr"}],
                    "posted": {"date-parts": [[2026, 8, 20]]},
                    "created": {"date-time": "2026-08-20T00:00:00Z", "date-parts": [[2026, 8, 20]]},
                    "issued": {"date-parts": [[2026, 8]]}, "type": "posted-content",
                    "license": [{"URL": "https://a.example/l"}], "container-title": ["J"],
                    "relation": {"is-preprint-of": [{"id": "10.1234/x", "id-type": "doi"}]},
                    "link": [{"URL": "https://a.example/x.pdf", "content-type": "application/pdf"}],
                    "is-referenced-by-count": 3, "institution": [{"name": "Mill"}],
                }
            ],
        },
    },
    "semantic-scholar": [
        {
            "paperId": "p", "externalIds": {"ArXiv": "2608.00001", "DOI": "10.1234/x", "ACL": "P1"},
            "year": 2026, "venue": "V", "publicationVenue": {"name": "N"}, "citationCount": 1,
            "openAccessPdf": {"url": "https://a.example/x.pdf", "status": "GOLD"},
            "tldr": {"text": "Looms weave."},
        },
        None,
    ],
    "openalex": {
        "results": [
            {
                "id": "https://openalex.org/W1", "doi": "https://doi.org/10.1234/loom.1",
                "cited_by_count": 3, "primary_location": {"source": {"display_name": "V"}},
                "open_access": {"oa_status": "gold", "oa_url": "https://a.example/x.pdf"},
                "abstract_inverted_index": {"We": [0], "weave": [1]},
            }
        ]
    },
    "github": {"full_name": "ada/loom", "stargazers_count": 3, "archived": False},
}  # fmt: skip

_OAI = (
    '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-08-20T00:00:00Z'
    '</responseDate><ListRecords><record><header status="new"><identifier>oai:arXiv.org:2608.00001'
    "</identifier><datestamp>2026-08-20</datestamp><setSpec>cs</setSpec></header><metadata>"
    "{metadata}</metadata></record></ListRecords></OAI-PMH>"
)
_RAW = (
    '<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2608.00001</id><submitter>A</submitter>'
    '<version version="v1"><date>Mon, 17 Aug 2026 10:00:00 GMT</date><source_type>D</source_type>'
    "</version><title>Looms</title><authors>A, B, and C</authors><categories>cs.LG</categories>"
    "<comments>c</comments><doi>10.1234/x</doi><journal-ref>j</journal-ref><license>l</license>"
    "<abstract>We weave.</abstract></arXivRaw>"
)
_PLAIN = (
    '<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2608.00001</id><created>2026-08-19</created>'
    "<updated>2026-08-20</updated><authors><author><keyname>Weaver</keyname><forenames>Ada"
    "</forenames><suffix>Jr</suffix></author></authors><title>Looms</title><categories>cs.LG"
    "</categories><doi>10.1234/x</doi><abstract>We weave.</abstract></arXiv>"
)
_RSS = (
    '<rss xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>cs</title>'
    "<pubDate>Fri, 21 Aug 2026 00:00:00 -0400</pubDate><item><title>Looms</title><link>"
    "https://arxiv.org/abs/2608.00001</link><description>arXiv:2608.00001v1 Announce Type: new "
    'Abstract: We weave.</description><guid isPermaLink="false">oai:arXiv.org:2608.00001v1</guid>'
    "<category>cs.LG</category><pubDate>Fri, 21 Aug 2026 00:00:00 -0400</pubDate>"
    "<dc:creator>Ada Weaver, Bo</dc:creator></item></channel></rss>"
)
_ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
    'xmlns:o="http://a9.com/-/spec/opensearch/1.1/"><title>q</title><updated>2026-08-20T00:00:00Z'
    "</updated><o:totalResults>1</o:totalResults><entry><id>http://arxiv.org/abs/2608.00001v2</id>"
    "<updated>2026-08-20T00:00:00Z</updated><published>2026-08-19T00:00:00Z</published>"
    "<title>Looms</title><summary>We weave.</summary><author><name>Ada Weaver</name></author>"
    '<arxiv:doi>10.1234/x</arxiv:doi><link href="http://arxiv.org/pdf/2608.00001v2" rel="related" '
    'type="application/pdf"/><category term="cs.LG"/></entry></feed>'
)
_BIBTEX = (
    '@inproceedings{loom,\n  title = "Looms",\n  author = "Weaver, Ada",\n  month = "aug",\n'
    '  year = "2026",\n  url = "https://aclanthology.org/2026.acl-long.1/",\n'
    '  doi = "10.1234/x",\n  pages = "1--2",\n  abstract = "We weave."\n}\n'
)
TEXTS = (
    ("arxiv-oai", _OAI.replace("{metadata}", _RAW)),
    ("arxiv-oai", _OAI.replace("{metadata}", _PLAIN)),
    ("arxiv-announcements", _RSS),
    ("arxiv-announcements", _ATOM.replace("We weave.", "arXiv:2608.00001v1 Announce Type: new")),
    ("arxiv-query", _ATOM),
    ("feed", _RSS),
    ("feed", _ATOM),
    ("acl-anthology", _BIBTEX),
)
_SLOT = re.compile(r'>([^<>]+)<|="([^"]*)"|= "([^"]*)"')


def read(kind_name: str, body: bytes) -> list[Batch]:
    """What a harvest makes of a body, or nothing where it refuses it; all of it can be stored."""
    kind = KINDS[kind_name]
    options = kind.completed({"url": "https://a.example/list", "venue": "Loom.cc", "days": "1"})
    asked = 0

    def fetch(url: str, **_: object) -> Reply:
        nonlocal asked
        asked += 1
        if asked > 3:
            raise SourceError("No more.")
        return Reply(url, 200, {}, body)

    try:
        if kind.enrich is not None:
            papers = [with_code(arxiv_paper(), "https://github.com/ada/loom"), doi_paper()]
            batches = list(kind.enrich(fetch, options, papers, NOW))
        else:
            assert kind.harvest is not None
            batches = list(kind.harvest(fetch, options, {}, NOW))
    except SourceError:
        return []
    for batch in batches:
        orjson.dumps([record_to_json(record) for record in batch.records])
        orjson.dumps(dict(batch.cursor))
    return batches


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, below in pairs:
        yield from places(below, (*at, name))


def with_value(answer: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    changed = copy.deepcopy(answer)
    around = changed
    for name in at[:-1]:
        around = around[name]
    around[at[-1]] = value
    return changed


ANSWERS = [*((kind, json.dumps(answer)) for kind, answer in JSON_ANSWERS.items()), *TEXTS]


@pytest.mark.parametrize(("kind", "text"), ANSWERS)
def test_answer_without_such_a_value_gives_a_record(kind: str, text: str) -> None:
    assert sum(len(batch.records) for batch in read(kind, text.encode())) == 1


@pytest.mark.parametrize("kind", JSON_ANSWERS)
def test_no_value_in_json_breaks_the_reader(kind: str) -> None:
    answer = JSON_ANSWERS[kind]
    for at in places(answer):
        for value in VALUES:
            read(kind, json.dumps(with_value(answer, at, value)).encode())


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_no_value_in_a_text_breaks_the_reader(kind: str, text: str) -> None:
    values = [value for value in VALUES if isinstance(value, str)]
    for slot in _SLOT.finditer(text):
        start, end = next(slot.span(group) for group in (1, 2, 3) if slot[group] is not None)
        for value in values:
            read(kind, (text[:start] + value + text[end:]).encode())


@pytest.mark.parametrize(("kind", "text"), TEXTS)
def test_no_end_of_a_text_breaks_the_reader(kind: str, text: str) -> None:
    for end in range(0, len(text), 11):
        read(kind, text[:end].encode())
