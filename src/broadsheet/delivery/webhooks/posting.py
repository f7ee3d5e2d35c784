"""Posts one message to an address that a person typed: never into the operator's own network.

The name is looked up here and the connection goes to the very address that was judged, so that a
name cannot change its mind in between (DNS rebinding). Redirects are not followed, one time limit
holds from the first byte to the last, and nothing of the answer but its status is kept.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from time import monotonic
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from broadsheet import __version__
from broadsheet.community.webhook_addresses import is_public

TIMEOUT_SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read, so that the other side is not cut off; none is kept."""
_PORTS = {"https": 443, "http": 80}
_MOST_ADDRESSES = 4
_LEAST_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Answer:
    """How a posting went: `error` is a sentence, empty where the status is 2xx.

    `status` is None where no answer came; `retry_after` is in seconds, where the other side asked.
    """

    status: int | None = None
    error: str = ""
    retry_after: float | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the other side wants nothing any more."""
        return self.status == HTTPStatus.GONE


class Refused(Exception):
    """The address may not be asked; the sentence says why."""


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allows_private: bool = False,
    timeout: float = TIMEOUT_SECONDS,
) -> Answer:
    """Post JSON to an address; every trouble is an answer with its sentence."""
    deadline = monotonic() + timeout
    parts = urlsplit(url)
    try:
        addresses = _judged(parts, allows_private=allows_private, timeout=timeout)
    except Refused as refusal:
        return Answer(error=str(refusal))
    for place, address in enumerate(addresses):
        left = max(deadline - monotonic(), _LEAST_SECONDS)
        posting = _Posting(parts, address, left, connect=left / (len(addresses) - place))
        said = posting.answer(body, headers, timeout)
        if not posting.is_unreached:
            break
    return said


def _judged(parts: SplitResult, *, allows_private: bool, timeout: float) -> list[str]:
    """The addresses of the host, which may be asked one after the other. Raises Refused.

    A name with one private address is refused whole: it may lead to that one the next time.
    """
    host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 0)
    found = _looked_up(host, port, timeout)
    are_public = all(map(is_public, found))
    if not are_public and not allows_private:
        raise Refused(
            f"{host} leads into a private network, where webhooks of this Broadsheet do not go."
        )
    if parts.scheme != "https" and are_public:
        raise Refused("The address is not https, so nothing was sent.")
    return found[:_MOST_ADDRESSES]


def _looked_up(host: str, port: int, timeout: float) -> list[str]:
    looking = ThreadPoolExecutor(1, thread_name_prefix="lookup")
    try:
        rows = looking.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(
            timeout
        )
    except (OSError, UnicodeError) as error:
        raise Refused(f"The name {host} cannot be found; nothing was sent.") from error
    finally:
        looking.shutdown(wait=False)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


class _Posting:
    """One request to one judged address within one time limit."""

    def __init__(self, parts: SplitResult, address: str, seconds: float, *, connect: float) -> None:
        self.is_unreached = False
        self._parts = parts
        self._host = parts.hostname or ""
        self._address = address
        self._seconds = seconds
        self._is_late = threading.Event()
        proxy = None if proxy_bypass(self._host) else getproxies().get(parts.scheme)
        self._client = httpx2.Client(
            verify=_trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            timeout=httpx2.Timeout(seconds, connect=connect),
            trust_env=False,
            proxy=proxy,
        )

    def answer(self, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:
        """What the other side says, or why it did not."""
        # Limits between bytes do not see headers that drip: see sources.live.fetching.
        watchdog = threading.Timer(self._seconds, self._give_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            return self._ask(body, headers)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, RuntimeError) as error:
            self.is_unreached = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
            if self._is_late.is_set() or isinstance(error, httpx2.TimeoutException):
                return Answer(error=f"{self._host} did not answer within {timeout:g} seconds.")
            return Answer(error=_sentence(self._host, error))
        finally:
            watchdog.cancel()
            self._client.close()

    def _give_up(self) -> None:
        self._is_late.set()
        self._client.close()

    def _ask(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        port = self._parts.port
        host = f"[{self._host}]" if ":" in self._host else self._host
        asked = {
            **headers,
            "Content-Type": "application/json",
            "User-Agent": f"Broadsheet/{__version__} (webhook)",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Host": f"{host}:{port}" if port and port != _PORTS[self._parts.scheme] else host,
        }
        extensions = {} if _is_number(self._host) else {"sni_hostname": self._host}
        with self._client.stream(
            "POST", self._numbered(), content=body, headers=asked, extensions=extensions
        ) as reply:
            said = _judge(self._host, reply)
            self._hear_out(reply)
        return said

    def _numbered(self) -> str:
        """The address with the judged number in place of the name."""
        number = f"[{self._address}]" if ":" in self._address else self._address
        port = f":{self._parts.port}" if self._parts.port else ""
        return self._parts._replace(netloc=f"{number}{port}").geturl()

    def _hear_out(self, reply: httpx2.Response) -> None:
        """Read on for a while; what was answered is known already, whatever happens here."""
        heard = 0
        try:
            for piece in reply.iter_raw():
                heard += len(piece)
                if heard >= LARGEST_ANSWER:
                    return
        except (httpx2.HTTPError, OSError, RuntimeError):
            return


def _judge(host: str, reply: httpx2.Response) -> Answer:
    status = reply.status_code
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Answer(status)
    if status == HTTPStatus.GONE:
        return Answer(status, f"{host} answered 410: it wants no deliveries any more.")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Answer(
            status, f"{host} answered {status}, a redirect, which is not followed. Use its target."
        )
    return Answer(
        status, f"{host} answered {status}.", _seconds(reply.headers.get("retry-after", ""))
    )


def _seconds(header: str) -> float | None:
    """What Retry-After asks for: seconds, or an HTTP date."""
    if header.isascii() and header.strip().isdecimal():
        return float(header[:9])
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((aware - datetime.now(UTC)).total_seconds(), 0.0)


def _sentence(host: str, error: Exception) -> str:
    """A broken connection in words; never with what was sent."""
    text = str(error)
    if "certificate" in text.lower():
        return f"The certificate of {host} is not valid for it, so nothing was sent."
    if isinstance(error, httpx2.ConnectError):
        return f"{host} cannot be reached."
    if isinstance(error, httpx2.ProxyError):
        return f"The proxy of this machine does not lead to {host}."
    return f"{host} broke off the connection before it answered."


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4)
def _trusted(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The certificates trusted here, for what the environment names; reading them takes a while."""
    return httpx2.create_ssl_context()
