"""Pages that list no papers: help, the API's description, health and static files."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from broadsheet.delivery.access import ALWAYS_OPEN, OPEN_TO_ALL, services_of
from broadsheet.delivery.web.cards import source_name
from broadsheet.delivery.web.source_states import source_lines
from broadsheet.errors import NotFound
from broadsheet.status import status

router = APIRouter(include_in_schema=False)
_YEAR = "public, max-age=31536000, immutable"


@router.get("/about", dependencies=[OPEN_TO_ALL])
def about(request: Request) -> Response:
    """What this is and what it holds."""
    state = status(services_of(request))
    sources = [(source_name(count.source), count) for count in state.sources]
    return _page(request, "about.html", state=state, sources=sources)


@router.get("/sources", dependencies=[OPEN_TO_ALL])
def sources(request: Request) -> Response:
    """How every live source stands, and why."""
    return _page(request, "sources.html", lines=source_lines(services_of(request)))


@router.get("/search-help", dependencies=[OPEN_TO_ALL])
def search_help(request: Request) -> Response:
    """The search language and the keyboard shortcuts."""
    return _page(request, "search_help.html")


@router.get("/api", dependencies=[OPEN_TO_ALL])
@router.get("/api/v1", dependencies=[OPEN_TO_ALL])
def api_description(request: Request) -> Response:
    """The API's endpoints, read from the same description that programs read."""
    return _page(request, "api.html", description=request.app.state.api.openapi())


@router.get("/api/", dependencies=[OPEN_TO_ALL])
def api_slash() -> Response:
    """The same page under the address that people shorten by hand."""
    return RedirectResponse("/api")


@router.get("/health", dependencies=[ALWAYS_OPEN])
def health(request: Request) -> Response:
    """For monitors: whether the library answers, how many papers, and the state of the index."""
    state = status(services_of(request), with_sources=False)
    body = {
        "status": "ok",
        "papers": state.papers,
        "newest_day": state.newest_on.isoformat() if state.newest_on else None,
        "index": "ready" if state.is_whole else "behind" if state.is_index_available else "missing",
        "index_sentence": state.index_sentence,
        "sources": {line.name: line.state for line in state.live},
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.get("/static/{name}", dependencies=[ALWAYS_OPEN])
def static(request: Request, name: str) -> Response:
    """A static file under its hashed address."""
    asset = request.app.state.pages.by_path.get(f"/static/{name}")
    if asset is None:
        message = "There is no such file, or it has changed since the page was made."
        raise NotFound(message)
    headers = {"Cache-Control": _YEAR}
    return Response(asset.body, media_type=asset.media_type, headers=headers)


def _page(request: Request, template: str, **context: object) -> Response:
    rendered: Response = request.app.state.pages.render(request, template, **context)
    return rendered
