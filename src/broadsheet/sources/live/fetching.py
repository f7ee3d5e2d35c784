"""Asks other people's servers, with manners: one gate per service, limits, and honest errors.

Nothing is retried here but one 406; when to try again is `broadsheet.intake`'s decision, made
from what the SourceError says.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from filelock import FileLock, Timeout

from broadsheet import __version__
from broadsheet.errors import SourceError
from broadsheet.sources.live.addresses import host_of, shown_address
from broadsheet.sources.live.harvesting import Reply
from broadsheet.sources.live.verdicts import (
    REDIRECTS,
    broken_connection,
    check_clock,
    judge_reply,
    redirect_target,
)

LARGEST_BODY = 128 * 1024 * 1024
"""Bytes of one answer; a week of arXiv in one answer has 20 million."""
LONGEST_ANSWER = 300.0
"""Seconds for one answer from the first byte asked to the last received."""
SILENCE = 60.0
"""Seconds without a byte; arXiv may think for half a minute before it begins."""
MOST_REDIRECTS = 5
_LONGEST_NAME = 200
_KEEPING_METHOD = frozenset((307, 308))
_SECRET = frozenset(("authorization", "x-api-key"))


class Gate:
    """Lets one request at a time pass to a service, at a distance, over all processes.

    The state is a lock file and a time file in one folder: all workers of one data folder share
    the gate. `wait` and `clock` stand in for the seconds of the real world in tests. `patience` is
    how many seconds to wait for whoever is passing; negative is without end.
    """

    def __init__(
        self,
        folder: Path,
        *,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        patience: float = -1,
    ) -> None:
        self._patience = patience
        self._folder = folder
        self._wait = wait
        self._clock = clock

    @contextmanager
    def passing(self, service: str, pause_seconds: float) -> Iterator[None]:
        """Hold the gate of a service for one request, `pause_seconds` after the last one ended."""
        stamp = self._folder / f"{service}.last"
        with self._held(service):
            # A clock set back must not close the gate for longer than the pause.
            since = abs(self._clock() - _read_stamp(stamp))
            if since < pause_seconds:
                self._wait(pause_seconds - since)
            try:
                yield
            finally:
                self._write_stamp(stamp)

    @contextmanager
    def _held(self, service: str) -> Iterator[None]:
        lock = FileLock(self._folder / f"{service}.lock")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=self._patience)
        except Timeout as error:
            raise SourceError(
                f"{service} is being asked for something else, which takes long.", permanent=False
            ) from error
        except OSError as error:
            raise self._unusable(error) from error
        try:
            yield
        finally:
            lock.release()

    def _write_stamp(self, stamp: Path) -> None:
        try:
            stamp.write_text(repr(self._clock()))
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> SourceError:
        return SourceError(
            f"The folder {self._folder}, where requests are paced, cannot be written "
            f"({error.strerror}); nothing is asked without it.",
            permanent=False,
        )


def _read_stamp(stamp: Path) -> float:
    try:
        return float(stamp.read_text())
    except (OSError, ValueError):
        return 0.0


def service_of(url: str) -> str:
    """The name of the gate for an address: all hosts of one domain share it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.replace(".", "").isdigit() or ":" in host or "." not in host:
        return f"{host}-{parts.port or 80}".replace(":", "_")[:_LONGEST_NAME]
    return ".".join(host.split(".")[-2:])[:_LONGEST_NAME]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches for one source: only its hosts, through its gate. Implements `Fetch`.

    `contact` is the operator's address in the User-Agent. Proxies are taken from HTTPS_PROXY and
    its like, certificates from the system, or from the file that SSL_CERT_FILE names. With `now`,
    answers are refused while that clock and the services' are days apart.
    """

    hosts: frozenset[str]
    pause_seconds: float
    gate: Gate
    contact: str = ""
    largest_body: int = LARGEST_BODY
    longest_answer: float = LONGEST_ANSWER
    silence: float = SILENCE
    now: Callable[[], datetime] | None = None
    _client: list[httpx2.Client] = field(default_factory=list)

    def __call__(
        self,
        url: str,
        *,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        allow: tuple[int, ...] = (),
    ) -> Reply:
        """The answer at an address; see `Fetch` for the contract."""
        asked = {"Accept": accept, "User-Agent": self._user_agent(), **(headers or {})}
        reply = self._ask(url, asked, content)
        if reply.status == HTTPStatus.NOT_ACCEPTABLE:
            reply = self._ask(url, {**asked, "Accept": "*/*"}, content)
        for _ in range(MOST_REDIRECTS):
            if reply.status not in REDIRECTS or not reply.headers.get("location"):
                break
            target = redirect_target(reply)
            if _origin(target) != _origin(reply.url):
                asked = {name: asked[name] for name in asked if name.lower() not in _SECRET}
            if reply.status not in _KEEPING_METHOD:
                content = None
            reply = self._ask(target, asked, content, is_redirect=True)
        judge_reply(reply, allow)
        if self.now is not None:
            check_clock(reply, self.now())
        return reply

    def close(self) -> None:
        """Close the connections."""
        while self._client:
            self._client.pop().close()

    def _user_agent(self) -> str:
        contact = f"; {self.contact}" if self.contact else ""
        name = f"Broadsheet/{__version__} (research paper reader{contact})"
        return "".join(sign if " " <= sign <= "~" else "?" for sign in name)

    def _ask(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        *,
        is_redirect: bool = False,
    ) -> Reply:
        host = host_of(url)
        if not host or host not in self.hosts:
            raise SourceError(
                f"The source leads to {host or shown_address(url)}, which is not one of its hosts; "
                "nothing was asked there.",
                permanent=not is_redirect,
            )
        with self.gate.passing(service_of(url), self.pause_seconds):
            try:
                return self._read(url, _sendable(headers), content)
            except (httpx2.InvalidURL, UnicodeError) as error:
                raise SourceError(
                    f"{shown_address(url)} cannot be asked.", permanent=not is_redirect
                ) from error
            except httpx2.HTTPError as error:
                raise broken_connection(host, error) from error

    def _read(self, url: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        if not self._client:
            trusted = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
            self._client.append(httpx2.Client(timeout=self.silence, verify=trusted))
        client = self._client[0]
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            client.close()

        # Limits between bytes do not see headers that drip, or a body that unpacks to nothing.
        watchdog = threading.Timer(self.longest_answer, give_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            reply = self._received(client, url, headers, content)
        except (httpx2.HTTPError, RuntimeError, OSError) as error:
            if not is_late.is_set():
                raise
            raise self._too_late(url) from error
        finally:
            watchdog.cancel()
            if is_late.is_set():
                self._client.clear()
        # A body without a length ends wherever its connection does, also where it was closed here.
        if is_late.is_set():
            raise self._too_late(url)
        return reply

    def _too_late(self, url: str) -> SourceError:
        return SourceError(
            f"The answer of {urlsplit(url).hostname} took longer than "
            f"{self.longest_answer:g} seconds.",
            permanent=False,
        )

    def _received(
        self,
        client: httpx2.Client,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> Reply:
        method = "GET" if content is None else "POST"
        body = bytearray()
        with client.stream(method, url, headers=dict(headers), content=content) as reply:
            for piece in reply.iter_bytes():
                body += piece
                if len(body) > self.largest_body:
                    limit = self.largest_body // 2**20
                    raise SourceError(f"The answer of {reply.url.host} is larger than {limit} MiB.")
            named = {name.lower(): value for name, value in reply.headers.items()}
            return Reply(str(reply.url), reply.status_code, named, bytes(body))


@lru_cache(maxsize=4)
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The certificates trusted here, for what the environment names; reading them takes a while."""
    return httpx2.create_ssl_context()


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that can be sent; a validator that a server sent broken is left out."""
    return {name: value for name, value in headers.items() if value.isascii()}


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme, host_of(url)
