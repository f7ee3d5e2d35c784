"""The page of one paper, and its citation as a file."""

from datetime import date
from http import HTTPStatus
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import paper_of, services_of
from broadsheet.delivery.addresses import api_paper_path, paper_path
from broadsheet.delivery.citations import bibtex, citation_key, publication_day
from broadsheet.delivery.prose import abstract_html, excerpt, title_text
from broadsheet.delivery.web.cards import card, is_new, named_links, source_name
from broadsheet.domain import Listing, ListingKind, Paper

router = APIRouter(include_in_schema=False)
SIMILAR_SHOWN = 6
_DESCRIPTION = 200


@router.get("/papers/{key:path}.bib")
def paper_bibtex(request: Request, key: str) -> Response:
    """The BibTeX entry as a file."""
    paper = paper_of(request, key)
    if paper.key != key:
        return _moved(f"{paper_path(paper.key)}.bib")
    name = quote(f"{citation_key(paper)}.bib")
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(bibtex(paper), media_type="application/x-bibtex", headers=headers)


@router.get("/papers/{key:path}")
def paper_page(request: Request, key: str) -> Response:
    """One paper; a former key, a DOI in capitals or an id with version leads to its page."""
    paper = paper_of(request, key)
    if paper.key != key:
        return _moved(paper_path(paper.key))
    services = services_of(request)
    abstract, is_cut = abstract_html(paper.abstract)
    today = services.clock().date()
    similar = services.ranking.page(
        Listing(ListingKind.SIMILAR, seed=paper.key, limit=SIMILAR_SHOWN)
    )
    rendered: Response = request.app.state.pages.render(
        request,
        "paper.html",
        paper=paper,
        title=title_text(paper.title) or "Untitled",
        authors=[title_text(author) for author in paper.authors],
        abstract=abstract,
        api_path=api_paper_path(paper.key) if is_cut else "",
        description=excerpt(paper.abstract, _DESCRIPTION),
        links=named_links(paper.links),
        published_on=publication_day(paper),
        is_new=is_new(paper, today),
        related=services.store.related(paper.paper_id),
        sources=_sources(request, paper),
        similar=[card(hit, today=today) for hit in similar.hits],
        notes=similar.notes,
        bibtex=bibtex(paper),
        title_text=title_text,
    )
    return rendered


def _moved(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.MOVED_PERMANENTLY)


def _sources(request: Request, paper: Paper) -> list[tuple[str, str, date | None]]:
    """Name, record id and listing day of every record behind the paper."""
    return [
        (source_name(record.source), record.record_id, record.listed_on)
        for record in services_of(request).store.records(paper.paper_id)
    ]
