"""The API answers whatever its own description allows, and much that it does not, without failing.

Requests are made by Schemathesis from our OpenAPI description, as the owner and as nobody.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from urllib.parse import quote

import editions
import libraries
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.people import Role
from broadsheet.services import Services
from people_factories import person

EXAMPLES = 5
"""Of each operation, for each asker."""
LONGEST_SECONDS = 5
KEY = "2608.00100"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    records = editions.edition(editions.TODAY, 3, first=100)
    opened = libraries.open_library(tmp_path_factory.mktemp("survival"), records)
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), raise_server_exceptions=False) as client:
        yield client


def fresh_headers(services: Services) -> dict[str, str]:
    """The token of an owner; of a new one, as what is tried may delete the last."""
    name = f"owner{services.store.people.accounts.count()}"
    secret, _ = services.community.sessions.make_token(
        person(services, name, Role.OWNER), "a test", can_write=True
    )
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("asker", ["owner", "nobody"])
def test_no_request_makes_the_api_fail(services: Services, client: TestClient, asker: str) -> None:
    description = client.get("/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(description)
    headers = fresh_headers(services) if asker == "owner" else {}
    tried: set[int] = set()
    turn = itertools.count()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            path = case.path
            for name, value in (case.path_parameters or {}).items():
                # Every other request is about a paper that is there.
                filled = KEY if name == "key" and next(turn) % 2 else quote(str(value), safe="")
                path = path.replace(f"{{{name}}}", filled or "-")
            body = case.body if isinstance(case.body, dict | list | str | int) else None
            started = time.perf_counter()
            reply = client.request(
                case.method,
                f"/api/v1{path}",
                params={key: str(value) for key, value in (case.query or {}).items()},
                content=None if body is None else json.dumps(body),
                headers={**headers, "Content-Type": "application/json"},
            )
            assert reply.status_code < 500, (case.method, path, case.query, body, reply.text)
            assert time.perf_counter() - started < LONGEST_SECONDS
            tried.add(reply.status_code)

        ask()
    assert 404 in tried
    assert (401 in tried) is (asker == "nobody")
