"""Asks other people's servers, with manners: one gate per service, limits, and honest errors.

Nothing is retried here but one 406; when to try again is `broadsheet.intake`'s decision, made
from what the SourceError says.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
from filelock import FileLock

from broadsheet import __version__
from broadsheet.errors import SourceError
from broadsheet.sources.live.addresses import shown_address
from broadsheet.sources.live.harvesting import Reply

LARGEST_BODY = 128 * 1024 * 1024
"""Bytes of one answer; a week of arXiv in one answer has 20 million."""
LONGEST_ANSWER = 300.0
"""Seconds for one answer from the first byte asked to the last received."""
SILENCE = 60.0
"""Seconds without a byte; arXiv may think for half a minute before it begins."""
MOST_REDIRECTS = 5
THROTTLING = frozenset((403, 406, 429, 503))
RETRY_AFTER_THROTTLING = 300.0
"""Seconds to stay away when a service throttles without saying for how long."""
_LONGEST_NAME = 200
_LONGEST_RETRY_AFTER = 86_400.0
_RATE_EXCEEDED = b"rate exceeded"
_KEEPING_METHOD = frozenset((307, 308))
_SECRET = frozenset(("authorization", "x-api-key"))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Gate:
    """Lets one request at a time pass to a service, at a distance, over all processes.

    The state is a lock file and a time file in one folder: all workers of one data folder share
    the gate. `wait` and `clock` stand in for the seconds of the real world in tests.
    """

    def __init__(
        self,
        folder: Path,
        *,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._wait = wait
        self._clock = clock

    @contextmanager
    def passing(self, service: str, pause_seconds: float) -> Iterator[None]:
        """Hold the gate of a service for one request, `pause_seconds` after the last one ended."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stamp = self._folder / f"{service}.last"
        with FileLock(self._folder / f"{service}.lock"):
            # A clock set back must not close the gate for longer than the pause.
            since = abs(self._clock() - _read_stamp(stamp))
            if since < pause_seconds:
                self._wait(pause_seconds - since)
            try:
                yield
            finally:
                stamp.write_text(repr(self._clock()))


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
    its like, certificates from the system, or from the file that SSL_CERT_FILE names.
    """

    hosts: frozenset[str]
    pause_seconds: float
    gate: Gate
    contact: str = ""
    largest_body: int = LARGEST_BODY
    longest_answer: float = LONGEST_ANSWER
    silence: float = SILENCE
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
            if reply.status not in _REDIRECTS or not reply.headers.get("location"):
                break
            target = _target(reply)
            if _origin(target) != _origin(reply.url):
                asked = {name: asked[name] for name in asked if name.lower() not in _SECRET}
            if reply.status not in _KEEPING_METHOD:
                content = None
            reply = self._ask(target, asked, content, is_redirect=True)
        return _judged(reply, allow)

    def close(self) -> None:
        """Close the connections."""
        while self._client:
            self._client.pop().close()

    def _user_agent(self) -> str:
        contact = f"; {self.contact}" if self.contact else ""
        name = f"Broadsheet/{__version__} (research paper reader{contact})"
        return name.encode("ascii", "replace").decode()

    def _ask(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        *,
        is_redirect: bool = False,
    ) -> Reply:
        try:
            parts = urlsplit(url)
            name = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        except ValueError as error:
            raise SourceError(f"{shown_address(url)} is no web address.") from error
        if parts.scheme not in {"http", "https"} or name not in self.hosts:
            raise SourceError(
                f"The source leads to {name or shown_address(url)}, which is not one of its hosts; "
                "nothing was asked there.",
                permanent=not is_redirect,
            )
        with self.gate.passing(service_of(url), self.pause_seconds):
            try:
                return self._read(url, _sendable(headers), content)
            except (httpx2.InvalidURL, UnicodeError) as error:
                raise SourceError(f"{shown_address(url)} cannot be asked.") from error
            except httpx2.HTTPError as error:
                raise _unreachable(str(name), error) from error

    def _read(self, url: str, headers: Mapping[str, str], content: bytes | None) -> Reply:
        if not self._client:
            self._client.append(httpx2.Client(timeout=self.silence, follow_redirects=False))
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
            return self._received(client, url, headers, content)
        except (httpx2.HTTPError, RuntimeError, OSError) as error:
            if not is_late.is_set():
                raise
            raise SourceError(
                f"The answer of {urlsplit(url).hostname} took longer than "
                f"{self.longest_answer:.0f} seconds.",
                permanent=False,
            ) from error
        finally:
            watchdog.cancel()
            if is_late.is_set():
                self._client.clear()

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


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that can be sent; a validator that a server sent broken is left out."""
    return {name: value for name, value in headers.items() if value.isascii()}


def _target(reply: Reply) -> str:
    """Where a redirect leads; never from https to http, where keys would travel in the clear."""
    try:
        target = urljoin(reply.url, reply.headers["location"])
        scheme = urlsplit(target).scheme
    except ValueError as error:
        raise SourceError("The service redirects to no web address.", permanent=False) from error
    if urlsplit(reply.url).scheme == "https" and scheme != "https":
        raise SourceError("The service redirects from https to http.", permanent=False)
    return target


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _unreachable(host: str, error: httpx2.HTTPError) -> SourceError:
    if isinstance(error, httpx2.TimeoutException):
        reason = "did not answer in time"
    elif isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError):
        reason = f"broke off its answer ({error})" if str(error) else "broke off its answer"
    elif isinstance(error, httpx2.DecodingError):
        reason = "sent an answer that cannot be unpacked"
    else:
        reason = f"cannot be reached ({error})" if str(error) else "cannot be reached"
    return SourceError(f"{host} {reason}.", permanent=False)


def _judged(reply: Reply, allow: tuple[int, ...]) -> Reply:
    """The reply if it may be read; raises SourceError for all others."""
    host = urlsplit(reply.url).hostname
    is_excuse = reply.body[:200].strip().lower().startswith(_RATE_EXCEEDED)
    if reply.status in allow or (reply.status == HTTPStatus.OK and not is_excuse):
        return reply
    if is_excuse or reply.status in THROTTLING:
        raise SourceError(
            f"{host} asks to slow down (HTTP {reply.status}).",
            permanent=False,
            retry_after=_retry_after(reply),
        )
    if reply.status in _REDIRECTS:
        raise SourceError(f"{host} redirects without end.", permanent=False)
    is_passing = reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or reply.status in {408, 425}
    raise SourceError(
        f"{host} answered HTTP {reply.status}.",
        permanent=not is_passing,
        retry_after=_retry_after(reply) if "retry-after" in reply.headers else None,
    )


def _retry_after(reply: Reply) -> float:
    """Seconds to stay away, as seconds or as a date (RFC 9110, section 10.2.3)."""
    value = reply.headers.get("retry-after", "").strip()
    seconds = RETRY_AFTER_THROTTLING
    if value.isascii() and value.isdecimal():
        seconds = float(value[:9])
    elif value:
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return seconds
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)
