"""Messages as bytes: headers that nothing can be smuggled into, a text and an HTML part.

Headers of a fixed form (List-*, Message-ID) are written as they are, because the standard library
would encode the long addresses in them; texts of people are encoded by RFC 2047.
"""

from __future__ import annotations

import binascii
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, formataddr

_LONGEST_LINE = 998
"""RFC 5322, 2.1.1."""
_LONGEST_PLAIN = 60
_LONGEST_PART = 36
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a reader reads: a subject, and the same content as text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a message is from and for, and what names it; `headers` are further ones, as written."""

    sender_name: str
    sender_address: str
    recipient: str
    message_id: str
    sent_at: datetime
    headers: Mapping[str, str]


def new_message_id(domain: str) -> str:
    """A Message-ID that nobody can guess."""
    return f"<{secrets.token_hex(16)}@{domain}>"


def make_message(letter: Letter, envelope: Envelope) -> bytes:
    """The whole message, lines ended by CR LF, in 7-bit characters but for an address beyond ASCII.

    Raises ValueError for a header that would break out of its line.
    """
    boundary = f"=_{secrets.token_hex(12)}"
    sender = formataddr((plain_line(envelope.sender_name), envelope.sender_address), "utf-8")
    head = {
        "From": sender,
        "To": envelope.recipient,
        "Subject": encoded_subject(letter.subject),
        "Date": format_datetime(envelope.sent_at),
        "Message-ID": envelope.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        **envelope.headers,
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="{boundary}"',
    }
    lines = [_header(name, value) for name, value in head.items()]
    parts = (_part("plain", letter.text, boundary), _part("html", letter.html, boundary))
    closing = f"--{boundary}--\r\n".encode()
    return "".join([*lines, "\r\n"]).encode() + b"".join(parts) + closing


def plain_line(text: str) -> str:
    """A text as one line without control characters, and none that reverse the reading order."""
    return " ".join(_BIDI.sub("", _CONTROL.sub(" ", text)).split())


def encoded_subject(text: str) -> str:
    """A subject as header text: ASCII as it is, all else as encoded words (RFC 2047).

    Written here because the standard library takes a millisecond for it, a third of a digest.
    """
    line = plain_line(text)
    if line.isascii() and len(line) < _LONGEST_PLAIN and "=?" not in line:
        return line
    return "\r\n ".join(
        f"=?utf-8?b?{binascii.b2a_base64(part.encode(), newline=False).decode()}?="
        for part in _short_parts(line)
    )


def _short_parts(line: str) -> Iterator[str]:
    """Parts of at most 36 bytes, so that a line has 76 characters at most."""
    start = size = 0
    for place, character in enumerate(line):
        length = len(character.encode())
        if size + length > _LONGEST_PART:
            yield line[start:place]
            start, size = place, 0
        size += length
    yield line[start:]


def _header(name: str, value: str) -> str:
    line = f"{name}: {value}\r\n"
    folded = value.replace("\r\n ", "")
    if "\r" in folded or "\n" in folded or "\x00" in folded:
        message = f"The header {name} would break out of its line."
        raise ValueError(message)
    if max(map(len, line.split("\r\n"))) > _LONGEST_LINE:
        message = f"The header {name} is longer than a mail may have it."
        raise ValueError(message)
    return line


def _part(subtype: str, content: str, boundary: str) -> bytes:
    """One part, as quoted-printable: what is English stays readable, and no line is too long."""
    head = (
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    text = content.encode("utf-8", "replace").replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"
    body = binascii.b2a_qp(text, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return head.encode() + body
