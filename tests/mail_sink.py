"""A real SMTP server in a process of its own, that accepts, refuses, delays, breaks off and lies.

    with Sink.running(tmp_path) as sink:
        ... send to sink.port ...
        assert [one.recipient for one in sink.mails()] == ["ann@example.org"]

What it does with a mail stands in the recipient's local part, before a `+`:
`refuse` 550 5.1.1; `policy` 550 5.7.1; `full` 552 5.2.2; `later` 450; `once` 450, then taken;
`poison` 554 after the message; `drop` closes after the message without an answer, always;
`droponce` so once; `slow` answers after 0.4 s; `lie` answers 250 and forgets the mail;
`late` keeps the mail at once and answers 0.4 s later; `unknown` 550 without an enhanced code.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True)
class Taken:
    """A mail that the server kept."""

    recipient: str
    sender: str
    content: bytes
    is_secure: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed by the standard library."""
        return cast("EmailMessage", message_from_bytes(self.content, policy=policy.default))


class Sink:
    """The tests' side of the server."""

    def __init__(self, port: int, folder: Path, pid: int) -> None:
        self.port = port
        self.pid = pid
        self._folder = folder

    @classmethod
    @contextmanager
    def running(cls, folder: Path, *options: str, port: int = 0) -> Iterator[Sink]:
        """A server that lives as long as the block."""
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, __file__, str(folder), "--port", str(port), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield cls(int(process.stdout.readline()), folder, process.pid)
        finally:
            process.kill()
            process.wait()

    def mails(self) -> list[Taken]:
        """Every mail that was kept, in order."""
        path = self._folder / "mails.jsonl"
        if not path.exists():
            return []
        found = []
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            content = row.pop("content").encode("latin-1")
            found.append(Taken(**row, content=content))
        return found

    def recipients(self) -> list[str]:
        """To whom the kept mails went, sorted."""
        return sorted(mail.recipient for mail in self.mails())

    def sessions(self) -> int:
        """How many connections were made."""
        path = self._folder / "sessions"
        return path.stat().st_size if path.exists() else 0


def certificate(folder: Path) -> Sequence[str]:
    """The options that give a server a certificate for localhost; trusted as `folder/cert.pem`."""
    folder.mkdir(parents=True, exist_ok=True)
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key),
            "-out", str(cert), "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return ("--cert", str(cert), "--key", str(key))


class _Handler:
    def __init__(self, folder: Path, *, is_short: bool, is_tls: bool, data_delay: float) -> None:
        self._file = os.open(folder / "mails.jsonl", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self._sessions = os.open(folder / "sessions", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self._seen: Counter[str] = Counter()
        self._is_short = is_short
        self._is_tls = is_tls
        self._delay = data_delay

    async def handle_EHLO(  # noqa: N802 - the server calls it so
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if not session.ssl:
            os.write(self._sessions, b"x")
        return responses

    async def handle_RCPT(  # noqa: N802 - the server calls it so
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        kind = _kind(address)
        self._seen[address] += 1
        answers = {
            "refuse": "550 5.1.1 <" + address + ">: no such user",
            "unknown": "550 no such user here",
            "policy": "550 5.7.1 rejected by policy",
            "full": "552 5.2.2 mailbox full",
            "later": "450 4.2.0 greylisted, come again",
        }
        if kind in answers:
            return answers[kind]
        if kind == "once" and self._seen[address] == 1:
            return answers["later"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the server calls it so
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        address = envelope.rcpt_tos[0]
        kind = _kind(address)
        if kind == "drop" or (kind == "droponce" and self._seen[address] == 1):
            server.transport.abort()
            return "421 never heard"
        if kind == "poison":
            return "554 5.6.0 the content is not liked"
        if kind == "slow":
            await asyncio.sleep(0.4)
        if kind != "lie":
            self._keep(session, envelope, address)
        if kind == "late":
            await asyncio.sleep(0.4)
        if self._delay:
            await asyncio.sleep(self._delay)
        return "250 OK"

    def _keep(self, session: Any, envelope: Any, address: str) -> None:
        content = b"" if self._is_short else envelope.content
        row = {
            "recipient": address,
            "sender": envelope.mail_from,
            "content": content.decode("latin-1"),
            "is_secure": bool(session.ssl) or self._is_tls,
            "user": (session.auth_data or b"").decode(),
        }
        os.write(self._file, json.dumps(row).encode() + b"\n")


def _kind(address: str) -> str:
    return address.partition("+")[0] if "+" in address else ""


async def _serve(options: argparse.Namespace) -> None:
    from aiosmtpd.smtp import SMTP, AuthResult

    context = None
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    handler = _Handler(
        options.folder,
        is_short=options.short,
        is_tls=options.implicit,
        data_delay=options.delay,
    )

    def authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> Any:
        is_right = f"{data.login.decode()}:{data.password.decode()}" == options.login
        return AuthResult(success=is_right, handled=False, auth_data=data.login)

    def protocol() -> Any:
        return SMTP(
            handler,
            hostname="localhost",
            enable_SMTPUTF8=not options.ascii,
            tls_context=context if not options.implicit else None,
            require_starttls=bool(context) and not options.implicit,
            authenticator=authenticate if options.login else None,
            auth_required=bool(options.login),
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
            data_size_limit=50_000_000,
        )

    server = await asyncio.get_running_loop().create_server(
        protocol, "127.0.0.1", options.port, ssl=context if options.implicit else None
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert", default="")
    parser.add_argument("--key", default="")
    parser.add_argument("--implicit", action="store_true")
    parser.add_argument("--login", default="")
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--delay", type=float, default=0.0)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    _main()
