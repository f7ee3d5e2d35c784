"""Looking up one paper: in the library first, then at the one service that its name belongs to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from broadsheet.errors import InputError, TooManyRequests
from broadsheet.lookup import Lookup
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from loopback import DRIP_HEADERS, HANG, HUGE, Loopback
from services_of_papers import (
    ARXIV,
    arxiv_knows,
    arxiv_knows_nothing,
    crossref_knows,
    use,
)

BELLS = "Bells on Windmills and What Birds Say of Them"
DOI = "10.5555/mills.1"
PREPRINT = "10.1101/2026.07.01.573000"


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Loopback]:
    with Loopback.running() as server:
        yield server


@pytest.fixture
def server(shared_server: Loopback) -> Loopback:
    shared_server.forget()
    return shared_server


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, shared_server: Loopback) -> Services:
    """An empty library whose look-ups ask the loopback server."""
    opened = open_services(Settings(data=tmp_path_factory.mktemp("lookup")))
    use(opened, shared_server)
    return opened


def asked(server: Loopback) -> list[str]:
    return [request.path for request in server.requests()]


def test_an_arxiv_id_is_asked_at_arxiv(services: Services, server: Loopback) -> None:
    arxiv_knows(server, "2607.12345", BELLS)
    found = Lookup(services).find("https://arxiv.org/abs/2607.12345v2")
    assert found.record is not None
    assert (found.record.title, found.service) == (BELLS, "arXiv")
    [request] = server.requests()
    assert request.query == {"id_list": "2607.12345", "max_results": "1"}


def test_a_doi_is_asked_at_crossref(services: Services, server: Loopback) -> None:
    crossref_knows(server, "/crossref/works/10.5555%2Fmills.1", DOI, BELLS)
    found = Lookup(services).find(f"https://doi.org/{DOI}")
    assert found.record is not None
    assert (found.record.doi, found.service) == (DOI, "Crossref")
    assert found.record.extras["orcids"] == {"Ada Wheel": "0000-0002-1825-0097"}


def test_a_doi_with_dots_between_slashes_stays_one_segment(
    services: Services, server: Loopback
) -> None:
    Lookup(services).find("10.5555/../../members")
    assert asked(server) == ["/crossref/works/10.5555%2F..%2F..%2Fmembers"]


def test_a_preprint_is_asked_at_both_servers_and_then_at_crossref(
    services: Services, server: Loopback
) -> None:
    nothing = json.dumps({"messages": [{"status": "no posts found"}], "collection": []})
    server.answer("/details/*", body=nothing)
    found = Lookup(services).find(PREPRINT)
    assert (found.record, found.is_unanswered) == (None, False)
    assert asked(server) == [
        f"/details/biorxiv/{PREPRINT}/na/json",
        f"/details/medrxiv/{PREPRINT}/na/json",
        f"/crossref/works/{PREPRINT.replace('/', '%2F')}",
    ]


def test_a_preprint_of_medrxiv_is_asked_there_first(services: Services, server: Loopback) -> None:
    version = {
        "doi": PREPRINT,
        "title": BELLS,
        "authors": "Wheel, A.; Salt, B.",
        "date": "2026-07-01",
        "version": "1",
        "category": "epidemiology",
        "abstract": "Birds were asked.",
        "server": "medRxiv",
    }
    answer = {"messages": [{"status": "ok", "count": 1, "total": "1"}], "collection": [version]}
    server.answer("/details/medrxiv/*", body=json.dumps(answer))
    found = Lookup(services).find(f"https://www.medrxiv.org/content/{PREPRINT}v1.full")
    assert found.record is not None
    assert (found.record.source, found.record.authors[0]) == ("medrxiv", "A. Wheel")
    assert len(server.requests()) == 1


def test_a_forum_is_asked_at_openreview(services: Services, server: Loopback) -> None:
    content = {"title": {"value": BELLS}, "authors": {"value": ["Ada Wheel"]}}
    note = {"id": "aB_3-xYz", "forum": "aB_3-xYz", "content": content, "cdate": 1_780_000_000_000}
    server.answer("/notes", body=json.dumps({"notes": [note], "count": 1}))
    found = Lookup(services).find("https://openreview.net/forum?id=aB_3-xYz")
    assert found.record is not None
    assert (found.record.record_id, found.record.title) == ("aB_3-xYz", BELLS)
    assert server.requests()[0].query == {"id": "aB_3-xYz"}


def test_a_paper_of_the_library_is_found_without_asking(
    services: Services, server: Loopback
) -> None:
    arxiv_knows(server, "2607.55555", BELLS)
    record = Lookup(services).find("2607.55555").record
    assert record is not None
    services.store.ingest([record], now=services.clock())
    server.forget()
    found = Lookup(services).find("https://huggingface.co/papers/2607.55555")
    assert found.paper is not None
    assert found.paper.key == "2607.55555"
    assert server.requests() == []


def test_a_key_of_no_paper_is_asked_nowhere(services: Services, server: Loopback) -> None:
    found = Lookup(services).find("~0123456789ab")
    assert (found.paper, found.record, found.is_unanswered) == (None, None, False)
    assert server.requests() == []


def test_an_id_that_arxiv_does_not_know_is_told(services: Services, server: Loopback) -> None:
    arxiv_knows_nothing(server)
    found = Lookup(services).find("2607.99999")
    assert (found.record, found.is_unanswered) == (None, False)
    assert found.trouble.startswith("arXiv knows no paper arXiv 2607.99999.")


@pytest.mark.parametrize("fault", [HANG, DRIP_HEADERS, HUGE])
def test_a_service_that_hangs_is_given_up_in_time(
    services: Services, server: Loopback, fault: str
) -> None:
    server.answer("/arxiv", fault=fault)
    begun = time.monotonic()
    found = Lookup(services, seconds=0.6).find("2607.12345")
    assert time.monotonic() - begun < 3
    assert found.is_unanswered
    assert found.trouble.startswith("arXiv did not answer. Try again in a minute")


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_service_that_refuses_is_told_apart_from_an_unknown_id(
    services: Services, server: Loopback, status: int
) -> None:
    server.answer("/arxiv", status=status, body="no")
    assert Lookup(services).find("2607.12345").is_unanswered


@pytest.mark.parametrize(
    "body", ["", "<html>no</html>", "<feed", ARXIV.format(total="", entries="")]
)
def test_an_answer_that_cannot_be_read_is_no_answer(
    services: Services, server: Loopback, body: str
) -> None:
    server.answer("/arxiv", body=body)
    assert Lookup(services).find("2607.12345").is_unanswered


def test_another_paper_in_the_answer_is_not_taken(services: Services, server: Loopback) -> None:
    from services_of_papers import ENTRY

    other = ARXIV.format(total=1, entries=ENTRY.format(id="2607.00001", title=BELLS))
    server.answer("/arxiv", body=other)
    assert Lookup(services).find("2607.12345").record is None


def test_a_busy_gate_is_not_waited_for_without_end(services: Services, server: Loopback) -> None:
    from filelock import FileLock

    from broadsheet.sources.live.fetching import service_of

    arxiv_knows(server, "2607.12345", BELLS)
    folder = services.settings.data / "gates"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / f"{service_of(server.url)}.lock"):
        found = Lookup(services, seconds=0.5).find("2607.12345")
    assert found.is_unanswered
    assert server.requests() == []


@pytest.mark.parametrize(
    "address",
    [
        "{url}/secret",
        "{url}/latest/meta-data/",
        "{url}/?url=http://169.254.169.254/",
        "file:///etc/hostname",
        "gopher://{host}/_GET",
        "//{host}/secret",
        "http://[::1]/secret",
    ],
)
def test_a_pasted_address_is_never_asked(
    services: Services, server: Loopback, address: str
) -> None:
    server.answer("/*", body="secret")
    with pytest.raises(InputError):
        Lookup(services).find(address.format(url=server.url, host=server.host))
    assert server.requests() == []


@pytest.mark.parametrize(
    "address",
    ["{url}/abs/2607.12345", "{url}/pdf/2607.12345", "http://169.254.169.254/abs/2607.12345"],
)
def test_an_identifier_in_any_address_leads_to_its_own_service_only(
    services: Services, server: Loopback, address: str
) -> None:
    arxiv_knows(server, "2607.12345", BELLS)
    Lookup(services).find(address.format(url=server.url))
    assert asked(server) == ["/arxiv"]


def test_an_answer_that_redirects_elsewhere_is_not_followed(
    services: Services, server: Loopback
) -> None:
    with Loopback.running() as other:
        other.answer("/*", body="secret")
        server.answer("/arxiv", status=302, headers={"Location": f"{other.url}/secret"})
        assert Lookup(services).find("2607.12345").is_unanswered
        assert other.requests() == []


def test_whoever_may_not_ask_asks_nobody(services: Services, server: Loopback) -> None:
    def refuse() -> None:
        raise TooManyRequests("Later.", 60)

    with pytest.raises(TooManyRequests):
        Lookup(services).find("2607.12345", refuse)
    assert server.requests() == []
