"""Single-user mode signs in the person at this machine, and nobody who only looks like it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk import Desk, form_token, opened
from starlette.testclient import TestClient
from typer.testing import CliRunner

from broadsheet.cli import app as command_line
from broadsheet.errors import ConfigurationError

HERE = ("127.0.0.1", 50_000)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("local"), single_user=True) as desk:
        yield desk


def at(desk: Desk, host: str = "127.0.0.1:8000", client: tuple[str, int] = HERE) -> TestClient:
    return desk.browser(base_url=f"http://{host}", client=client)


def who(client: TestClient, **headers: str) -> str | None:
    reply = client.get("/api/v1/me", headers=headers)
    name: str | None = reply.json().get("name") if reply.status_code == 200 else None
    return name


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_the_person_at_this_machine_owns_the_instance(local: Desk, host: str) -> None:
    reply = at(local, host, ("::1" if "::1" in host else "127.0.0.1", 5)).get("/api/v1/me")
    assert (reply.json()["name"], reply.json()["role"]) == ("me", "owner")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "2130706433", "[", "",
             "127.0.0.1@evil.example", "192.168.1.5"],
)  # fmt: skip
def test_a_foreign_name_for_this_machine_signs_nobody_in(local: Desk, host: str) -> None:
    """DNS rebinding: a site's name that leads here all of a sudden."""
    assert who(at(local), host=host) is None


@pytest.mark.parametrize("address", ["192.168.1.5", "10.0.0.1", "2001:db8::1", "testclient"])
def test_another_machine_signs_nobody_in(local: Desk, address: str) -> None:
    assert who(at(local, client=(address, 5))) is None


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_what_a_proxy_passes_on_signs_nobody_in(local: Desk, header: str) -> None:
    assert who(at(local), **{header: "127.0.0.1"}) is None


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://["},
     {"origin": "http://localhost:3000"}, {"sec-fetch-site": "cross-site"},
     {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},
     {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}],
)  # fmt: skip
def test_another_site_in_the_same_browser_reads_nothing(
    local: Desk, headers: dict[str, str]
) -> None:
    """Our API may be read by every site, but not as the person at this machine."""
    assert who(at(local), **headers) is None


def test_a_link_from_another_site_leads_to_a_page_of_the_person(local: Desk) -> None:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert at(local).get("/settings", headers=headers).status_code == 200


def test_another_site_changes_nothing(local: Desk) -> None:
    client = at(local)
    token = form_token(client.get("/papers").text)
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    form = {"full_name": "Mallory", "form_token": token}
    assert client.post("/settings/profile", data=form, headers=evil).status_code in {401, 403}
    assert client.post("/settings/profile", data={"full_name": "Mallory"}).status_code == 403
    assert client.post("/settings/profile", data=form).status_code == 303


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])  # noqa: S104
def test_serving_a_network_in_single_user_mode_is_refused(
    host: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("BROADSHEET_DATA", str(tmp_path))
    result = CliRunner().invoke(command_line, ["serve", "--single-user", "--host", host])
    assert isinstance(result.exception, ConfigurationError)
    assert "this machine only" in str(result.exception)


def test_a_public_address_in_single_user_mode_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """A proxy before the server may hide where requests come from."""
    monkeypatch.setenv("BROADSHEET_DATA", str(tmp_path))
    monkeypatch.setenv("BROADSHEET_BASE_URL", "https://papers.example.org")
    result = CliRunner().invoke(command_line, ["serve", "--single-user"])
    assert isinstance(result.exception, ConfigurationError)
