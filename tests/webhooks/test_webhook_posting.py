"""Where deliveries may go and how an answer is judged; the network's names are the test's."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest

from broadsheet.community.webhook_addresses import is_public, parse_webhook_url
from broadsheet.delivery.webhooks import posting
from broadsheet.delivery.webhooks.posting import post
from broadsheet.errors import InputError
from loopback import Loopback

NAME = "hooks.example"
Names = Callable[..., list[str]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Lets a name lead to addresses; the list that is given back holds the names looked up."""
    asked: list[str] = []

    def lead_to(*addresses: str) -> list[str]:
        def look_up(host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

        theirs = SimpleNamespace(getaddrinfo=look_up, SOCK_STREAM=socket.SOCK_STREAM)
        monkeypatch.setattr(posting, "socket", theirs)
        return asked

    return lead_to


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.0.2.1",  # noqa: S104
     "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1",
     "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "2002:7f00:1::",
     "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:db8::1",
     "2001:0:0:0:0:0:80ff:fffe"],
)  # fmt: skip
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "http://example.org/x", "ftp://example.org/x", "javascript:alert(1)",
     "https://", "https:///x", "https://user:word@example.org/", "https://localhost/x",
     "https://LOCALHOST./x", "https://printer.local/x", "https://db.internal/", "https://127.0.0.1/",
     "https://[::1]/", "https://10.0.0.7:8443/x", "https://169.254.169.254/latest/meta-data",
     "https://example.org:0/", "https://example.org:99999/", "https://exa mple.org/",
     "https://example.org/\r\nHost: x", "https://example.org\\@10.0.0.1/", "https://exämple.org/",
     "https://example.org/" + "x" * 2_000],
)  # fmt: skip
def test_an_address_that_cannot_be_a_webhooks_is_refused(url: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_webhook_url(url, allows_private=False)
    assert refusal.value.field == "url"


def test_an_address_is_kept_as_it_is_asked() -> None:
    given = " HTTPS://Example.org:8443/new?key=a#part "
    kept = parse_webhook_url(given, allows_private=False)
    assert kept == "https://Example.org:8443/new?key=a"
    assert parse_webhook_url("http://localhost:9/", allows_private=True) == "http://localhost:9/"


@pytest.mark.parametrize(
    "addresses", [("10.0.0.1",), ("93.184.216.34", "127.0.0.1"), ("169.254.169.254",), ("::1",)]
)
def test_a_name_that_leads_into_the_private_network_is_not_asked(
    receiver: Loopback, names: Names, addresses: tuple[str, ...]
) -> None:
    names(*addresses)
    receiver.forget()
    port = receiver.host.partition(":")[2]
    answer = post(f"https://{NAME}:{port}/x", b"{}", {})
    assert answer.error == (
        f"{NAME} leads into a private network, where webhooks of this Broadsheet do not go."
    )
    assert receiver.requests() == []


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "0177.0.0.1", "127.1"])
def test_numbers_in_disguise_are_judged_by_what_they_lead_to(receiver: Loopback, host: str) -> None:
    receiver.forget()
    port = receiver.host.partition(":")[2]
    assert "private network" in post(f"https://{host}:{port}/x", b"{}", {}).error
    assert receiver.requests() == []


def test_plain_http_goes_to_private_addresses_only(names: Names) -> None:
    names("93.184.216.34")
    answer = post(f"http://{NAME}/x", b"{}", {}, allows_private=True)
    assert answer.error == "The address is not https, so nothing was sent."


def test_the_connection_goes_to_the_address_that_was_judged(
    receiver: Loopback, names: Names
) -> None:
    asked = names("127.0.0.1")
    receiver.forget()
    receiver.answer("/x")
    port = receiver.host.partition(":")[2]
    answer = post(f"http://{NAME}:{port}/x", b'{"a":1}', {"x-y": "z"}, allows_private=True)
    [request] = receiver.requests()
    assert answer.status == 200
    assert asked == [NAME], "a name that is looked up twice can change its mind in between"
    assert request.headers["host"] == f"{NAME}:{port}"
    assert (request.body, request.headers["x-y"]) == (b'{"a":1}', "z")


def test_the_next_address_is_tried_where_the_first_cannot_be_reached(
    receiver: Loopback, names: Names
) -> None:
    names("127.0.0.2", "127.0.0.1")
    receiver.forget()
    receiver.answer("/x")
    port = receiver.host.partition(":")[2]
    assert post(f"http://{NAME}:{port}/x", b"{}", {}, allows_private=True).status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the name, and its key, in one file."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    whole = folder / "both.pem"
    whole.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return whole


@pytest.mark.parametrize(("host", "is_good"), [(NAME, True), ("other.example", False)])
def test_the_certificate_must_be_the_names(
    certificate: Path, names: Names, monkeypatch: pytest.MonkeyPatch, host: str, is_good: bool
) -> None:
    names("127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    # The server's own control connection asks for its number, which this certificate lacks.
    with Loopback.running(certificate) as server:
        port = server.host.partition(":")[2]
        answer = post(f"https://{host}:{port}/x", b"{}", {}, allows_private=True)
    if is_good:
        assert answer.status == 404, "it was asked, and has no such page"
    else:
        assert (
            answer.error == f"The certificate of {host} is not valid for it, so nothing was sent."
        )


def test_the_proxy_of_the_environment_is_used(
    receiver: Loopback, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names("127.0.0.9")
    monkeypatch.setenv("http_proxy", receiver.url)
    monkeypatch.setenv("no_proxy", "elsewhere.example")
    receiver.forget()
    receiver.answer("/x")
    assert post(f"http://{NAME}:81/x", b"{}", {}, allows_private=True).status == 200
    assert receiver.requests()[0].headers["host"] == f"{NAME}:81"


def test_a_redirect_is_not_followed(receiver: Loopback) -> None:
    receiver.forget()
    receiver.answer("/x", status=307, headers={"Location": f"{receiver.url}/y"})
    receiver.answer("/y")
    answer = post(f"{receiver.url}/x", b"{}", {}, allows_private=True)
    assert "redirect, which is not followed" in answer.error
    assert [each.path for each in receiver.requests()] == ["/x"]


@pytest.mark.parametrize("fault", ["huge", "endless", "cut", "drip"])
def test_of_an_answer_only_the_status_counts(receiver: Loopback, fault: str) -> None:
    receiver.forget()
    receiver.answer("/x", fault=fault)
    began = monotonic()
    answer = post(f"{receiver.url}/x", b"{}", {}, allows_private=True, timeout=0.5)
    assert (answer.status, answer.error) == (200, "")
    assert monotonic() - began < 3


@pytest.mark.parametrize("fault", ["hang", "drip headers"])
def test_a_time_limit_holds_for_the_whole_answer(receiver: Loopback, fault: str) -> None:
    receiver.forget()
    receiver.answer("/x", fault=fault)
    began = monotonic()
    answer = post(f"{receiver.url}/x", b"{}", {}, allows_private=True, timeout=0.5)
    assert answer.error == "127.0.0.1 did not answer within 0.5 seconds."
    assert monotonic() - began < 3


def test_a_name_that_is_looked_up_for_too_long_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from threading import Event

    slow = SimpleNamespace(getaddrinfo=lambda *_, **__: Event().wait(5), SOCK_STREAM=1)
    monkeypatch.setattr(posting, "socket", slow)
    began = monotonic()
    answer = post(f"https://{NAME}/x", b"{}", {}, timeout=0.3)
    assert answer.error == f"The name {NAME} cannot be found; nothing was sent."
    assert monotonic() - began < 2


def test_a_port_where_nobody_listens_is_said_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        answer = post(url, b"{}", {}, allows_private=True)
    assert answer.error == "127.0.0.1 cannot be reached."


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("120", 120.0), ("soon", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("-5", None)],
)
def test_retry_after_is_read(receiver: Loopback, given: str, seconds: float | None) -> None:
    receiver.forget()
    receiver.answer("/x", status=429, headers={"Retry-After": given})
    answer = post(f"{receiver.url}/x", b"{}", {}, allows_private=True)
    assert answer.retry_after == seconds
