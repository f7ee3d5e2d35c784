"""One paper in the forms that its address offers beside the page: by ending or by Accept header."""

import orjson
from fastapi import APIRouter, Request, Response

from broadsheet.delivery.access import OPEN_TO_ALL, origin_of, paper_of
from broadsheet.delivery.addresses import paper_path
from broadsheet.delivery.citations.formats import FORMATS
from broadsheet.delivery.citations.routes import citation
from broadsheet.delivery.citations.schema_org import MEDIA_TYPE as JSON_LD
from broadsheet.delivery.citations.schema_org import scholarly_article
from broadsheet.delivery.lists.ways import FormatLink
from broadsheet.delivery.negotiation import preferred
from broadsheet.delivery.paper_markdown import MEDIA_TYPE as MARKDOWN
from broadsheet.delivery.paper_markdown import paper_markdown
from broadsheet.domain import Paper

router = APIRouter(include_in_schema=False, dependencies=[OPEN_TO_ALL])
_PAGE = "text/html"
_BY_TYPE = {form.media_type: form for form in FORMATS.values()}
_LABELS = {"bib": "BibTeX", "ris": "RIS", "csl.json": "CSL-JSON"}
_OFFERS = (_PAGE, "text/markdown", *_BY_TYPE, JSON_LD)


@router.get("/papers/{key:path}.md")
def paper_as_markdown(request: Request, key: str) -> Response:
    """The paper as Markdown, under any of its names; `hf papers read` asks here too."""
    return _markdown(request, paper_of(request, key))


def forms_of(paper: Paper) -> tuple[FormatLink, ...]:
    """The forms of a paper that have addresses of their own."""
    path, title = paper_path(paper.key), "This paper"
    cited = [
        FormatLink(_LABELS[end], title, form.media_type, f"{path}.{end}")
        for end, form in FORMATS.items()
    ]
    return (*cited, FormatLink("Markdown", title, "text/markdown", f"{path}.md"))


def other_form(request: Request, paper: Paper) -> Response | None:
    """The paper in the form that the request prefers to the page; None where it wants the page."""
    wanted = preferred(request.headers.get("accept", ""), _OFFERS)
    if wanted == _PAGE:
        return None
    reply = _made(request, paper, wanted)
    reply.headers["Vary"] = "Accept"
    return reply


def _made(request: Request, paper: Paper, wanted: str) -> Response:
    if wanted in _BY_TYPE:
        return citation(paper, _BY_TYPE[wanted])
    if wanted == JSON_LD:
        body = orjson.dumps(scholarly_article(paper, origin_of(request)))
        return Response(body, media_type=JSON_LD)
    return _markdown(request, paper)


def _markdown(request: Request, paper: Paper) -> Response:
    return Response(paper_markdown(paper, origin_of(request)), media_type=MARKDOWN)
