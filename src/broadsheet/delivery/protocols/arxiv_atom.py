"""Answers of arXiv's query API as documents: Atom with the OpenSearch and arXiv elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.xml_writing import document, element, holding, plain
from broadsheet.domain import LinkKind, Paper
from broadsheet.identifiers import arxiv_id_of_doi

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
_SPACES = {
    "xmlns": "http://www.w3.org/2005/Atom",
    "xmlns:opensearch": "http://a9.com/-/spec/opensearch/1.1/",
    "xmlns:arxiv": "http://arxiv.org/schemas/atom",
}
ERRORS = "http://arxiv.org/api/errors"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what was asked, in words and as an address, and where its entries stand."""

    title: str
    url: str
    id: str
    updated_at: datetime
    total: int
    start: int
    size: int


def feed(answer: Answer, entries: Iterable[str]) -> bytes:
    """The whole document."""
    return document(holding("feed", [*_head(answer), *entries], _SPACES))


def _head(answer: Answer) -> Iterator[str]:
    yield element("id", answer.id)
    yield element("title", plain(answer.title))
    yield element("updated", instant(answer.updated_at))
    yield element("link", href=plain(answer.url), type="application/atom+xml", rel="self")
    yield element("opensearch:itemsPerPage", str(answer.size))
    yield element("opensearch:totalResults", str(answer.total))
    yield element("opensearch:startIndex", str(answer.start))


def error_entry(message: str, name: str, at: datetime) -> str:
    """The entry that arXiv says an error with."""
    return holding(
        "entry",
        [
            element("id", f"{ERRORS}#{name}"),
            element("title", "Error"),
            element("summary", plain(message)),
            element("updated", instant(at)),
            element("link", href=f"{ERRORS}#{name}", rel="alternate", type="text/html"),
            holding("author", [element("name", "arXiv api core")]),
        ],
    )


def entry(paper: Paper, origin: str, version: int | None = None) -> str:
    """A paper in the version asked for, else the newest; without arXiv id under our address."""
    return holding("entry", _entry(paper, origin, version or paper.version))


def _entry(paper: Paper, origin: str, version: int) -> Iterator[str]:
    page = _page_of(paper, origin, version)
    yield element("id", page)
    yield element("title", plain(paper.title))
    yield element("updated", instant(_updated_at(paper, version)))
    yield element("published", instant(_published_at(paper)))
    yield element("link", href=page, rel="alternate", type="text/html")
    yield from _links(paper, version)
    yield element("summary", plain(paper.abstract))
    for category in paper.categories:
        yield element("category", term=plain(category), scheme="http://arxiv.org/schemas/atom")
    if paper.primary_category:
        yield element("arxiv:primary_category", term=plain(paper.primary_category))
    for name, value in (
        ("comment", paper.comment),
        ("journal_ref", paper.journal_ref),
        ("doi", _publisher_doi(paper)),
    ):
        if value:
            yield element(f"arxiv:{name}", plain(value))
    for author in paper.authors or ("",):
        yield holding("author", [element("name", plain(author))])


def _page_of(paper: Paper, origin: str, version: int) -> str:
    if paper.arxiv_id:
        return f"http://arxiv.org/abs/{paper.arxiv_id}v{version}"
    return origin + paper_path(paper.key)


def _links(paper: Paper, version: int) -> Iterator[str]:
    if paper.arxiv_id:
        pdf: str | None = f"http://arxiv.org/pdf/{paper.arxiv_id}v{version}"
    else:
        pdf = paper.link(LinkKind.PDF)
    if pdf:
        yield element("link", href=plain(pdf), rel="related", type="application/pdf", title="pdf")
    if doi := _publisher_doi(paper):
        yield element("link", rel="related", href=plain(f"https://doi.org/{doi}"), title="doi")


def _publisher_doi(paper: Paper) -> str | None:
    """The DOI unless it is arXiv's own, which its feeds leave unsaid."""
    return None if arxiv_id_of_doi(paper.doi) else paper.doi


def _published_at(paper: Paper) -> datetime:
    return paper.submitted_at or _midnight(paper.listed_on)


def _updated_at(paper: Paper, version: int) -> datetime:
    known = {each.number: each.submitted_at for each in paper.versions}
    if version == paper.version:
        return paper.updated_at or known.get(version) or _published_at(paper)
    return known.get(version) or _published_at(paper)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def instant(moment: datetime) -> str:
    """An instant with whole seconds and Z."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
