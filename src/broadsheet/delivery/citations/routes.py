"""Citations at addresses: of a paper, of a list (/cite/ and its name), and by unAPI."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from broadsheet.delivery.access import OPEN_TO_ALL, paper_of, services_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.citations.bibtex import citation_key
from broadsheet.delivery.citations.formats import FORMATS, Format
from broadsheet.delivery.lists.parameters import AskedChoice, AskedSieve
from broadsheet.delivery.lists.places import place_of
from broadsheet.delivery.lists.replying import Made, address, answer
from broadsheet.delivery.lists.sieve import sifted
from broadsheet.delivery.parameters import QueryText
from broadsheet.delivery.xml_writing import document, element, holding
from broadsheet.domain import Paper
from broadsheet.errors import NotFound

PREFIX = "/cite"
MOST_CITED = 500
router = APIRouter(include_in_schema=False, dependencies=[OPEN_TO_ALL])


@router.get("/papers/{key:path}.bib")
@router.get("/papers/{key:path}.ris")
@router.get("/papers/{key:path}.csl.json")
def paper_citation(request: Request, key: str) -> Response:
    """The citation of one paper as a file; a former key leads to the present one."""
    form = next(form for end, form in FORMATS.items() if request.url.path.endswith(f".{end}"))
    paper = paper_of(request, key)
    if paper.key != key:
        return RedirectResponse(f"{paper_path(paper.key)}.{form.ending}", 301)
    return citation(paper, form)


def citation(paper: Paper, form: Format) -> Response:
    """The citation of a paper in a format."""
    name = quote(f"{citation_key(paper)}.{form.ending}")
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(form.write([paper]), media_type=form.media_type, headers=headers)


@router.get(PREFIX + "/{called:path}")
def list_citations(
    request: Request,
    called: str,
    choice: AskedChoice,
    sieve: AskedSieve,
    limit: Annotated[int, Query(ge=1, le=MOST_CITED)] = 100,
) -> Response:
    """The citations of a listing's papers; more follow at the address in the Link header."""
    form = next((form for end, form in FORMATS.items() if called.endswith(f".{end}")), None)
    if form is None:
        message = "There are three citation formats: end the address in .bib, .ris or .csl.json."
        raise NotFound(message)
    place = place_of(called.removesuffix(f".{form.ending}"), choice)

    def make() -> Made:
        page = sifted(services_of(request).ranking.page, place.listing, sieve, limit)
        body = form.write([hit.paper for hit in page.hits])
        following = address(request, page.next_cursor) if page.next_cursor else ""
        return body, {"Link": f'<{following}>; rel="next"'} if following else {}

    return answer(request, form.media_type, make)


@router.get("/unapi")
def unapi(
    request: Request,
    id: QueryText = None,  # noqa: A002 - unAPI's own names
    format: QueryText = None,  # noqa: A002
) -> Response:
    """Records by unAPI 1.0 (unapi.info): the formats, those of a paper, or a paper in one."""
    if id is None:
        return _formats({})
    paper = paper_of(request, id)
    if format is None:
        return _formats({"id": paper.key}, 300)
    form = next((form for form in FORMATS.values() if form.name == format), None)
    if form is None:
        names = ", ".join(form.name for form in FORMATS.values())
        return Response(f"There is no format of this name. There are {names}.\n", 406,
                        media_type="text/plain")  # fmt: skip
    return citation(paper, form)


def _formats(of: dict[str, str], status: int = 200) -> Response:
    parts = [
        element("format", name=form.name, type=form.media_type, docs=form.docs)
        for form in FORMATS.values()
    ]
    return Response(document(holding("formats", parts, of)), status, media_type="application/xml")
