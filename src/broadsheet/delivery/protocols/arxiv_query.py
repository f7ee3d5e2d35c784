"""arXiv's query API at `/api/query`: grammar, lists of ids, order, paging, errors as entries."""

import re
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from broadsheet.delivery.access import origin_of, services_of
from broadsheet.delivery.addresses import with_query
from broadsheet.delivery.errors import Problem
from broadsheet.delivery.protocols.arxiv_atom import (
    MEDIA_TYPE,
    Answer,
    entry,
    error_entry,
    feed,
)
from broadsheet.delivery.protocols.arxiv_search_query import parse_search_query
from broadsheet.delivery.protocols.routes import READABLE, answering, given_once, whole_number
from broadsheet.domain import Paper
from broadsheet.errors import InputError
from broadsheet.identifiers import parse_arxiv_id
from broadsheet.ranking.asking import find
from broadsheet.ranking.conditions import Every, Moment, OneOf, matching
from broadsheet.services import Services

MOST_IN_SLICE = 2_000
MOST_IN_ALL = 30_000
MOST_IDS = 2_000
_ORDERS = {
    "relevance": None,
    "submittedDate": Moment.SUBMITTED,
    "lastUpdatedDate": Moment.UPDATED,
}
_DIRECTIONS = {"descending": False, "ascending": True}
_BAD_INPUT = 422
_VERSION = re.compile(r"v([1-9]\d{0,3})$")


def _refused(request: Request, problem: Problem) -> Response:
    """The feed with one entry that arXiv says errors with; whatever is unsaid there stays so."""
    status = 400 if problem.status == _BAD_INPUT else problem.status
    now = services_of(request).clock()
    position = problem.more.get("position")
    place = f" (at character {position + 1})" if position is not None else ""
    name = HTTPStatus(status).phrase.lower().replace(" ", "_")
    body = error_entry(problem.detail + place, name, now)
    address = _address(request)
    answer = Answer("arXiv Query: error", address, _id_of(address), now, 1, 0, 1)
    headers = {**problem.headers, "Cache-Control": "no-store"}
    return Response(feed(answer, [body]), status, headers, MEDIA_TYPE)


router = APIRouter(
    route_class=answering(_refused), include_in_schema=False, dependencies=[READABLE]
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments of a request, read and checked."""

    query: str
    ids: tuple[str, ...]
    start: int
    size: int
    order: Moment | None
    is_ascending: bool

    @property
    def title(self) -> str:
        """What was asked, as arXiv's feeds say it."""
        ids = ",".join(self.ids)
        place = f"start={self.start}&max_results={self.size}"
        return f"arXiv Query: search_query={self.query}&id_list={ids}&{place}"


@router.get("/api/query")
def query_by_address(request: Request) -> Response:
    """Papers for a `search_query`, an `id_list`, or those of the list that the query finds."""
    return _answer(request, given_once(request.query_params.multi_items()))


@router.post("/api/query")
async def query_by_form(request: Request) -> Response:
    """The same for questions too long for an address."""
    form = [(name, str(value)) for name, value in (await request.form()).multi_items()]
    return await run_in_threadpool(_answer, request, given_once(form))


def _answer(request: Request, given: dict[str, str]) -> Response:
    services = services_of(request)
    asked = _read(given)
    found, total = _papers(services, asked)
    origin = origin_of(request)
    answer = Answer(
        title=asked.title,
        url=_address(request),
        id=_id_of(asked.title),
        updated_at=services.clock().replace(hour=0, minute=0, second=0, microsecond=0),
        total=total,
        start=asked.start,
        size=asked.size,
    )
    return Response(
        feed(answer, (entry(paper, origin, version) for paper, version in found)),
        media_type=MEDIA_TYPE,
    )


def _read(given: dict[str, str]) -> _Asked:
    """The arguments; raises InputError for what cannot be meant."""
    order = given.get("sortBy", "").strip() or "relevance"
    direction = given.get("sortOrder", "").strip() or "descending"
    if order not in _ORDERS:
        raise InputError(f"sortBy must be in: {', '.join(_ORDERS)}.")
    if direction not in _DIRECTIONS:
        raise InputError(f"sortOrder must be in: {', '.join(_DIRECTIONS)}.")
    ids = tuple(filter(None, (part.strip() for part in given.get("id_list", "").split(","))))
    if len(ids) > MOST_IDS:
        raise InputError(f"id_list may name {MOST_IDS} papers at most.")
    size = whole_number(given, "max_results", 10, 0, MOST_IN_ALL)
    return _Asked(
        query=given.get("search_query", "").strip(),
        ids=ids,
        start=whole_number(given, "start", 0, 0, 10**9),
        size=min(size, MOST_IN_SLICE),
        order=_ORDERS[order],
        is_ascending=_DIRECTIONS[direction],
    )


Found = list[tuple[Paper, int | None]]


def _papers(services: Services, asked: _Asked) -> tuple[Found, int]:
    """The papers of the page, each with the version asked for, and how many there are in all."""
    if not asked.query:
        listed = _listed(services, asked.ids)
        return listed[asked.start : asked.start + asked.size], len(listed)
    condition = parse_search_query(asked.query, lambda name: find(services.store, name))
    versions: dict[int, int | None] = {}
    if asked.ids:
        versions = {paper.paper_id: version for paper, version in _listed(services, asked.ids)}
        condition = Every((condition, OneOf(frozenset(versions))))
    matches = matching(
        services.index.snapshot(),
        condition,
        order=asked.order,
        is_ascending=asked.is_ascending,
    )
    chosen = matches.paper_ids[asked.start : asked.start + asked.size].tolist()
    papers = services.store.papers(chosen)
    return [(paper, versions.get(paper.paper_id)) for paper in papers], matches.total


def _listed(services: Services, ids: tuple[str, ...]) -> Found:
    """The papers of a list of ids; unknown ones and versions that never were are left out."""
    found: dict[tuple[int, int | None], tuple[Paper, int | None]] = {}
    numbers = [(find(services.store, _checked(name)), _version(name)) for name in ids]
    wanted = list({number for number, _ in numbers if number is not None})
    papers = {paper.paper_id: paper for paper in services.store.papers(wanted)}
    for number, version in numbers:
        paper = papers.get(number) if number is not None else None
        if paper is not None and (version is None or version <= paper.version):
            found.setdefault((paper.paper_id, version), (paper, version))
    return list(found.values())


def _checked(name: str) -> str:
    is_key = name.startswith(("10.", "~"))
    if not is_key and parse_arxiv_id(name) is None:
        raise InputError(f"incorrect id format for {name[:60]}")
    return name


def _version(name: str) -> int | None:
    found = _VERSION.search(name) if parse_arxiv_id(name) else None
    return int(found[1]) if found else None


def _address(request: Request) -> str:
    given = dict(request.query_params)
    return with_query(origin_of(request) + "/api/query", **given)


def _id_of(text: str) -> str:
    """A stable name of a question."""
    digest = blake2b(text.encode(errors="replace"), digest_size=15).hexdigest()
    return f"http://arxiv.org/api/{digest}"
