"""A real HTTP server on loopback, in a process of its own, that replays answers and faults.

    with Loopback.running() as server:
        server.answer("/oai", body=page, times=1)      # the next request, then
        server.answer("/oai", status=503)              # this one for ever
        fetch(server.url + "/oai?verb=ListRecords")
        assert server.requests()[0].path == "/oai"

Answers of one path are given in turn; the last repeats. A path that ends in `*` is a beginning. `query` narrows an answer to requests whose
query string holds these parameters.
"""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_CONTROL = "/__control__"
CUT, DRIP, HUGE, HANG = "cut", "drip", "huge", "hang"
"""Faults: the body ends in its middle; comes byte by byte; never ends; does not come at all."""
DRIP_HEADERS, DRIP_UNBOUNDED, ENDLESS = "drip headers", "drip unbounded", "endless"
"""Headers come byte by byte; so does a body without a length; a packed body unpacks to nothing."""
_PACKED_NOTHING = b"\x00\x00\x00\xff\xff" * 1_000  # empty blocks of DEFLATE, none the last


@dataclass(frozen=True)
class Request:
    """What the server was asked; `at` is in seconds of its clock, names of headers lower-case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float


class Loopback:
    """The tests' side of the server."""

    def __init__(self, port: int, certificate: Path | None = None) -> None:
        self.host = f"127.0.0.1:{port}"
        self.url = f"{'https' if certificate else 'http'}://{self.host}"
        self._certificate = certificate

    @classmethod
    @contextmanager
    def running(cls, certificate: Path | None = None) -> Iterator[Loopback]:
        """A server that lives as long as the block; with a certificate (PEM with key) over TLS."""
        command = [sys.executable, __file__, *([str(certificate)] if certificate else [])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield cls(int(process.stdout.readline()), certificate)
        finally:
            process.kill()
            process.wait()

    def answer(
        self,
        path: str,
        *,
        body: bytes | str = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        fault: str = "",
        times: int | None = None,
    ) -> None:
        """Add an answer for a path; `times` is how often it is given before the next one."""
        content = body.encode() if isinstance(body, str) else body
        self._control({
            "path": path,
            "body": base64.b64encode(content).decode(),
            "status": status,
            "headers": dict(headers or {}),
            "query": dict(query or {}),
            "fault": fault,
            "times": times,
        })  # fmt: skip

    def forget(self) -> None:
        """Drop all answers and the record of requests."""
        self._control({"forget": True})

    def requests(self) -> list[Request]:
        """Every request so far, in order."""
        found = json.loads(self._control({"list": True}))
        return [Request(**{**one, "body": base64.b64decode(one["body"])}) for one in found]

    def _control(self, message: dict[str, Any]) -> bytes:
        if self._certificate:
            trusted = ssl.create_default_context(cafile=str(self._certificate))
            connection: HTTPConnection = HTTPSConnection(self.host, timeout=10, context=trusted)
        else:
            connection = HTTPConnection(self.host, timeout=10)
        connection.request("POST", _CONTROL, json.dumps(message))
        reply = connection.getresponse().read()
        connection.close()
        return reply


class _Handler(BaseHTTPRequestHandler):
    answers: list[dict[str, Any]] = []  # noqa: RUF012 - shared by all handlers on purpose
    asked: list[dict[str, Any]] = []  # noqa: RUF012
    lock = threading.Lock()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._reply(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == _CONTROL:
            self._controlled(json.loads(body))
        else:
            self._reply(body)

    def _controlled(self, message: dict[str, Any]) -> None:
        with self.lock:
            if message.get("forget"):
                self.answers.clear()
                self.asked.clear()
            elif not message.get("list"):
                self.answers.append(message)
            found = json.dumps(self.asked).encode()
        self._send(200, {}, found)

    def _reply(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self.lock:
            self.asked.append({
                "method": self.command,
                "path": parts.path,
                "query": query,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": base64.b64encode(body).decode(),
                "at": time.monotonic(),
            })  # fmt: skip
            answer = self._chosen(parts.path, query)
        if answer is None:
            self._send(404, {}, b"no such answer")
        elif answer["fault"]:
            self._fail(answer)
        else:
            self._send(answer["status"], answer["headers"], base64.b64decode(answer["body"]))

    def _chosen(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        fitting = [
            answer
            for answer in self.answers
            if _fits(answer["path"], path) and answer["query"].items() <= query.items()
        ]
        for answer in fitting:
            if answer["times"] is None:
                return answer
            if answer["times"] > 0:
                answer["times"] -= 1
                return answer
        return fitting[-1] if fitting else None

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _fail(self, answer: dict[str, Any]) -> None:
        body = base64.b64decode(answer["body"]) or b"x" * 1000
        fault = answer["fault"]
        self.close_connection = True
        if fault == HANG:
            time.sleep(30)
            return
        if fault == DRIP_HEADERS:
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000)
            return
        self.send_response(answer["status"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        if fault in {DRIP_UNBOUNDED, ENDLESS}:
            self.end_headers()
            self._drip(body, _PACKED_NOTHING if fault == ENDLESS else b"")
            return
        length = 10 * 2**30 if fault == HUGE else len(body)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        try:
            if fault == CUT:
                self.wfile.write(body[: len(body) // 2])
            while fault == HUGE:
                self.wfile.write(b"x" * 2**16)
        except OSError:
            return
        if fault == DRIP:
            self._drip(body)

    def _drip(self, body: bytes, rest: bytes = b"") -> None:
        """Send byte by byte; then the rest again and again, if there is one."""
        try:
            if rest:
                self.wfile.write(body)
            while rest:
                self.wfile.write(rest)
                time.sleep(0.001)
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                time.sleep(0.05)
        except OSError:
            return

    def send_response(self, code: int, message: str | None = None) -> None:
        """Without a date, which would be another one than that of the tests' clocks."""
        self.send_response_only(code, message)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def _fits(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    if len(sys.argv) > 1:
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(sys.argv[1])
        server.socket = secure.wrap_socket(server.socket, server_side=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
