"""The page of one paper."""

from datetime import date
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from broadsheet.delivery.access import OPEN_TO_ALL, origin_of, paper_of, services_of
from broadsheet.delivery.addresses import api_paper_path, paper_path
from broadsheet.delivery.citations import bibtex, publication_day
from broadsheet.delivery.citations.schema_org import as_script
from broadsheet.delivery.collecting import collecting
from broadsheet.delivery.prose import abstract_html, excerpt, title_text
from broadsheet.delivery.representations import forms_of, other_form
from broadsheet.delivery.web.cards import card, is_new, named_links, source_name
from broadsheet.delivery.web.people.authorship import authorship_of
from broadsheet.delivery.web.people.doings import doings_of
from broadsheet.delivery.web.people.thread import thread_view
from broadsheet.domain import Listing, ListingKind, Paper
from broadsheet.ranking.votes_in_words import votes_in_words

router = APIRouter(include_in_schema=False, dependencies=[OPEN_TO_ALL])
SIMILAR_SHOWN = 6
_DESCRIPTION = 200


@router.get("/papers/{key:path}")
def paper_page(request: Request, key: str) -> Response:
    """One paper; a former key, a DOI in capitals or an id with version leads to its page."""
    paper = paper_of(request, key)
    if paper.key != key:
        return _moved(paper_path(paper.key))
    other = other_form(request, paper)
    if other is not None:
        return other
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
        thread=thread_view(request, paper),
        authorship=authorship_of(request, paper),
        doings=doings_of(request, [paper.paper_id, *(hit.paper.paper_id for hit in similar.hits)]),
        votes_in_words=votes_in_words(paper),
        notes=similar.notes,
        bibtex=bibtex(paper),
        json_ld=as_script(paper, origin_of(request)),
        forms=forms_of(paper),
        title_text=title_text,
        **collecting(request, paper),
    )
    rendered.headers.add_vary_header("Accept")
    return rendered


def _moved(path: str) -> Response:
    return RedirectResponse(path, HTTPStatus.MOVED_PERMANENTLY)


def _sources(request: Request, paper: Paper) -> list[tuple[str, str, date | None]]:
    """Name, record id and listing day of every record behind the paper."""
    return [
        (source_name(record.source), record.record_id, record.listed_on)
        for record in services_of(request).store.records(paper.paper_id)
    ]
