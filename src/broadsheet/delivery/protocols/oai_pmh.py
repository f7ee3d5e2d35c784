"""An OAI-PMH 2.0 provider at `/oai`, by address or by form; the answers are `oai_provider`'s."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from broadsheet.delivery.access import origin_of, services_of
from broadsheet.delivery.errors import Problem
from broadsheet.delivery.protocols.oai_arguments import OaiError, checked
from broadsheet.delivery.protocols.oai_provider import Provider
from broadsheet.delivery.protocols.routes import READABLE, answering
from broadsheet.delivery.xml_writing import document, element, plain

RETRY_SECONDS = 60
MEDIA_TYPE = "text/xml; charset=utf-8"


def _unavailable(request: Request, problem: Problem) -> Response:
    """What is no error of the protocol is one of HTTP, as section 3.1.2.2 has it."""
    del request
    headers = {**problem.headers, "Cache-Control": "no-store"}
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        headers["Retry-After"] = str(RETRY_SECONDS)
    return Response(problem.detail + "\n", problem.status, headers, "text/plain; charset=utf-8")


router = APIRouter(
    route_class=answering(_unavailable), include_in_schema=False, dependencies=[READABLE]
)


@router.get("/oai")
def by_address(request: Request) -> Response:
    """One request of the protocol by address."""
    return _reply(request, request.query_params.multi_items())


@router.post("/oai")
async def by_form(request: Request) -> Response:
    """One request of the protocol by form."""
    form = [(name, str(value)) for name, value in (await request.form()).multi_items()]
    return await run_in_threadpool(_reply, request, form)


def _reply(request: Request, arguments: list[tuple[str, str]]) -> Response:
    provider = Provider(services_of(request), origin_of(request))
    shown: dict[str, str] = {}
    try:
        given = checked(arguments)
        shown = given
        content = provider.answer(given)
    except OaiError as error:
        if error.code in {"badVerb", "badArgument"}:
            shown = {}
        content = element("error", plain(str(error)), code=error.code)
    return Response(document(provider.envelope(shown, content)), media_type=MEDIA_TYPE)
