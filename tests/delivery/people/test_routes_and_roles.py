"""Every route of the application by people of every role, generated from the application itself.

Charlie is signed out, Bob a reader, Edda an editor, Mora a moderator, Alice the owner.
"""

from __future__ import annotations

import dataclasses
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import editions
import libraries
import pytest
from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient
from tools.generate_docs import RoleRow, role_rows, roles_page

from broadsheet.delivery.app import create_app
from broadsheet.delivery.middleware import SECURITY_HEADERS
from broadsheet.errors import NotFound
from broadsheet.people import Account, Role
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.store.schema import metadata
from parts import PROJECT
from people_factories import person

NAMES = {Role.READER: "bob", Role.EDITOR: "edda", Role.MODERATOR: "mora", Role.OWNER: "alice"}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
KEY = "2608.00100"
FILLING = {
    "{key:path}": KEY, "{called:path}": "day.atom", "{name}": "nobody-here", "{owner}": "nobody-here",
    "{slug}": "nothing", "{number}": "999999", "{token}": "nothing", "{token_id}": "nothing",
    "{action}": "vote", "{ending}": "bib",
}  # fmt: skip
OBJECT_LEVEL = {
    ("POST", "/papers/{key:path}/additions"), ("GET", "/papers/{key:path}/additions"),
    ("PUT", "/api/v1/papers/{key:path}/additions"),
}  # fmt: skip
"""Rows that refuse those whose role would do, as the paper is not theirs."""
WITH_STYLES = {"/digest/preview"}
OF_REQUESTS = {"session", "throttle", "api_token", "counter"}
"""Tables that note requests themselves."""


def _rows() -> list[RoleRow]:
    with tempfile.TemporaryDirectory() as folder:
        services = open_services(Settings(data=Path(folder), _env_file=None))
        found = role_rows(create_app(services))
        services.store.close()
    return found


ROWS = _rows()
CHANGES = [row for row in ROWS if row.method in CHANGING and not row.is_from_anywhere]
by_name = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
by_change = pytest.mark.parametrize("row", CHANGES, ids=lambda row: f"{row.method} {row.path}")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    records = editions.edition(editions.TODAY, 3, first=100)
    opened = libraries.open_library(tmp_path_factory.mktemp("roles"), records)
    yield opened
    opened.store.close()


@pytest.fixture(scope="module")
def browser(services: Services) -> Iterator[TestClient]:
    with TestClient(create_app(services), follow_redirects=False) as client:
        yield client


_sessions: dict[Role, str] = {}
"""Sessions that the route before may have ended."""


def someone(services: Services, role: Role) -> Account:
    """The person of a role; made anew where the route before deleted or changed them."""
    try:
        known = services.store.people.accounts.by_name(NAMES[role])
    except NotFound:
        return person(services, NAMES[role], role)
    changed = services.store.people.accounts.change(
        known.account_id, role=role.label, suspended_at=None
    )
    assert changed is not None
    return changed


def headers_of(services: Services, role: Role | None) -> dict[str, str]:
    """What a browser of this person sends with a change; nothing for Charlie."""
    if role is None:
        return {}
    community = services.community
    secret = _sessions.get(role, "")
    visit = community.sessions.visit(secret)
    if visit is None or visit.account.role is not role or visit.account.is_suspended:
        secret = _sessions[role] = community.sessions.open(someone(services, role), "a test")
    token = community.secrets.signature("form", secret)
    return {"Cookie": f"broadsheet={secret}", "X-Form-Token": token}


def ask(client: TestClient, row: RoleRow, headers: dict[str, str]) -> Response:
    path = row.path
    for name, value in FILLING.items():
        path = path.replace(name, value)
    assert "{" not in path, f"say in FILLING what to put into {path}"
    body = {"json": {}} if "/api/" in path and row.method in CHANGING else {}
    return client.request(
        row.method, path, headers={"Accept": "application/json", **headers}, **body
    )


def is_refused_by_role(reply: Response) -> bool:
    """Whether a reply says that the asker is not one who may."""
    if reply.status_code == 401:
        return True
    return reply.status_code == 403 and "needs the role" in reply.text


def assert_safe_headers(row: RoleRow, reply: Response) -> None:
    """The security headers, or stricter ones; a preview of a mail may have the mail's styles."""
    assert SECURITY_HEADERS.keys() <= {name.title() for name in reply.headers}
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    if "unsafe" in policy:
        assert row.path in WITH_STYLES
        assert "script-src" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_table_of_routes_and_roles_is_complete() -> None:
    committed = (PROJECT / "docs" / "roles.md").read_text(encoding="utf-8")
    assert committed == roles_page(), "run `make docs`, and look at what changed"


@by_name
def test_only_those_with_the_role_may_use_it(
    services: Services, browser: TestClient, row: RoleRow
) -> None:
    for role in (None, *Role):
        reply = ask(browser, row, headers_of(services, role))
        may = row.least is None or (role is not None and role >= row.least)
        assert reply.status_code < 500, (role, reply.text)
        assert is_refused_by_role(reply) is not may, (role, reply.status_code, reply.text[:300])
        if may and reply.status_code == 403:
            assert (row.method, row.path) in OBJECT_LEVEL, reply.text
        assert_safe_headers(row, reply)


@by_change
def test_another_site_cannot_ask_for_a_change(
    services: Services, browser: TestClient, row: RoleRow
) -> None:
    owner = headers_of(services, Role.OWNER)
    without = {"Cookie": owner["Cookie"]}
    for headers in (
        without,
        {**without, "X-Form-Token": "wrong"},
        {**owner, "Origin": "https://elsewhere.example"},
        {**owner, "Sec-Fetch-Site": "cross-site"},
        {**owner, "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
    ):
        reply = ask(browser, row, headers)
        assert reply.status_code == 403, (headers, reply.text)
        assert "nothing was changed" in reply.text or "was not made" in reply.text


@by_change
def test_a_token_that_may_only_read_changes_nothing(
    services: Services, browser: TestClient, row: RoleRow
) -> None:
    secret, _ = services.community.sessions.make_token(
        someone(services, Role.OWNER), "a test", can_write=False
    )
    reply = ask(browser, row, {"Authorization": f"Bearer {secret}"})
    assert reply.status_code == 403
    assert "may read only" in reply.text


@by_change
def test_an_unknown_token_is_nobody(services: Services, browser: TestClient, row: RoleRow) -> None:
    reply = ask(browser, row, {"Authorization": "Bearer bsk_nothing"})
    assert reply.status_code == 401


def test_only_members_read_where_the_instance_says_so(services: Services) -> None:
    closed = dataclasses.replace(
        services, settings=services.settings.model_copy(update={"reading": "members"})
    )
    with TestClient(create_app(closed), follow_redirects=False) as client:
        for row in ROWS:
            reply = ask(client, row, {})
            is_open = row.is_always_open and row.least is None
            assert (reply.status_code == 401) is not is_open, (row, reply.status_code)
            assert_safe_headers(row, reply)
        member = headers_of(services, Role.READER)
        assert client.get("/papers", headers=member).status_code == 200


def state(services: Services) -> dict[str, str]:
    """A digest of every table."""
    with services.store._database.read() as connection:
        return {
            table.name: hashlib.sha256(
                repr(sorted(map(repr, connection.execute(select(table))))).encode()
            ).hexdigest()
            for table in metadata.sorted_tables
            if table.name not in OF_REQUESTS
        }


def test_looking_changes_nothing(services: Services, browser: TestClient) -> None:
    for role in Role:
        someone(services, role)
    services.community.votes.cast(someone(services, Role.READER), KEY)
    before = state(services)
    for row in ROWS:
        if row.method == "GET":
            ask(browser, row, headers_of(services, Role.OWNER))
    assert state(services) == before


def test_a_suspended_account_only_reads(services: Services, browser: TestClient) -> None:
    headers = headers_of(services, Role.OWNER)
    bob = headers_of(services, Role.READER)
    services.store.people.accounts.change(
        someone(services, Role.READER).account_id, suspended_at=editions.NOW
    )
    for row in CHANGES:
        if row.least is not None and not row.is_even_suspended:
            reply = ask(browser, row, bob)
            assert reply.status_code == 403, (row, reply.status_code)
    assert browser.get("/papers", headers=bob).status_code == 200
    assert browser.get("/library", headers=headers).status_code == 200
