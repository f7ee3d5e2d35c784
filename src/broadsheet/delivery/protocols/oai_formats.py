"""Metadata of a paper in the formats oai_dc, arXiv and arXivRaw, as text of XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime

from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.xml_writing import element, holding, plain
from broadsheet.domain import LinkKind, Paper, PaperRecord, Version
from broadsheet.identifiers import arxiv_id_of_doi

ARXIV_ONLY = frozenset(("arXiv", "arXivRaw"))
_SUFFIXES = frozenset(("Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV"))
_XSI = "http://www.w3.org/2001/XMLSchema-instance"

Records = Sequence[PaperRecord]
Parts = Iterator[str]


@dataclass(frozen=True, slots=True)
class Format:
    """A metadata format: its namespace, its schema, and how its root element is written."""

    namespace: str
    schema: str
    write: Callable[[Paper, Records, str], str]


def _dublin_core(paper: Paper, records: Records, origin: str) -> str:
    del records
    return holding(
        "oai_dc:dc",
        _dublin_core_parts(paper, origin),
        {
            "xmlns:oai_dc": FORMATS["oai_dc"].namespace,
            "xmlns:dc": "http://purl.org/dc/elements/1.1/",
            **_location("oai_dc"),
        },
    )


def _dublin_core_parts(paper: Paper, origin: str) -> Parts:
    yield _said("dc:title", paper.title)
    for author in paper.authors:
        yield _said("dc:creator", author)
    for subject in dict.fromkeys((*paper.categories, *paper.keywords)):
        yield _said("dc:subject", subject)
    yield _said("dc:description", paper.abstract)
    yield _said("dc:description", f"Comment: {paper.comment}" if paper.comment else None)
    dates = (paper.submitted_at, paper.updated_at)
    for day in dict.fromkeys(moment.date().isoformat() for moment in dates if moment):
        yield _said("dc:date", day)
    yield _said("dc:type", "text")
    yield _said("dc:identifier", paper.link(LinkKind.ABSTRACT))
    yield _said("dc:identifier", f"doi:{paper.doi}" if paper.doi else None)
    yield _said("dc:identifier", origin + paper_path(paper.key))
    yield _said("dc:source", paper.journal_ref)
    yield _said("dc:rights", paper.license)


def _arxiv(paper: Paper, records: Records, origin: str) -> str:
    del origin
    space = {"xmlns": FORMATS["arXiv"].namespace, **_location("arXiv")}
    return holding("arXiv", _arxiv_parts(paper, records), space)


def _arxiv_parts(paper: Paper, records: Records) -> Parts:
    yield _said("id", paper.arxiv_id)
    if paper.submitted_at:
        yield _said("created", paper.submitted_at.date().isoformat())
    if paper.updated_at and paper.version > 1:
        yield _said("updated", paper.updated_at.date().isoformat())
    yield holding("authors", (holding("author", _name_parts(name)) for name in paper.authors))
    yield _said("title", paper.title)
    yield from _common(paper, records)


def _name_parts(name: str) -> Parts:
    """Key name, forenames and suffix; small words before the last name belong to it."""
    family, comma, given = (part.strip() for part in name.partition(","))
    words = given.split() if comma else family.split()
    suffix = words.pop() if len(words) > 1 and words[-1] in _SUFFIXES else ""
    if not comma:
        start = max(len(words) - 1, 0)
        while start > 1 and words[start - 1].islower():
            start -= 1
        family, words = " ".join(words[start:]), words[:start]
    yield _said("keyname", family)
    yield _said("forenames", " ".join(words))
    yield _said("suffix", suffix)


def _arxiv_raw(paper: Paper, records: Records, origin: str) -> str:
    del origin
    space = {"xmlns": FORMATS["arXivRaw"].namespace, **_location("arXivRaw")}
    return holding("arXivRaw", _raw_parts(paper, records), space)


def _raw_parts(paper: Paper, records: Records) -> Parts:
    yield _said("id", paper.arxiv_id)
    yield _said("submitter", _extra(records, "submitter"))
    for version in paper.versions or (Version(1, paper.submitted_at),):
        at = version.submitted_at
        parts = [element("date", format_datetime(at.astimezone(UTC), usegmt=True))] if at else []
        yield holding("version", parts, {"version": f"v{version.number}"})
    yield _said("title", paper.title)
    yield _said("authors", ", ".join(paper.authors))
    yield from _common(paper, records)


def _common(paper: Paper, records: Records) -> Parts:
    yield _said("categories", " ".join(paper.categories))
    yield _said("comments", paper.comment)
    yield _said("msc-class", _extra(records, "msc-class"))
    yield _said("acm-class", _extra(records, "acm-class"))
    yield _said("report-no", paper.report_number)
    yield _said("journal-ref", paper.journal_ref)
    yield _said("doi", None if arxiv_id_of_doi(paper.doi) else paper.doi)
    yield _said("license", paper.license)
    yield _said("abstract", paper.abstract)


def _said(name: str, value: str | None) -> str:
    return element(name, plain(value)) if value else ""


def _extra(records: Records, name: str) -> str | None:
    found = (record.extras.get(name) for record in records)
    return next((value for value in found if isinstance(value, str) and value), None)


def _location(name: str) -> dict[str, str]:
    found = FORMATS[name]
    return {"xmlns:xsi": _XSI, "xsi:schemaLocation": f"{found.namespace} {found.schema}"}


FORMATS: Mapping[str, Format] = {
    "oai_dc": Format(
        "http://www.openarchives.org/OAI/2.0/oai_dc/",
        "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
        _dublin_core,
    ),
    "arXiv": Format("http://arxiv.org/OAI/arXiv/", "http://arxiv.org/OAI/arXiv.xsd", _arxiv),
    "arXivRaw": Format(
        "http://arxiv.org/OAI/arXivRaw/", "http://arxiv.org/OAI/arXivRaw.xsd", _arxiv_raw
    ),
}
"""The formats by prefix; those in ARXIV_ONLY are for papers with an arXiv id."""
