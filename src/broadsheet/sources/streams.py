"""Bytes of a file as a stream: decompressed, as UTF-8, in bounded memory.

Damage in the middle of a file does not raise: what came before it is handed out, then the stream
ends and says what was wrong.
"""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, cast

import zstandard

from broadsheet.errors import SourceError

Input = Path | Literal["-"]

HEAD = 65_536
LONGEST_LINE = 16 * 1024 * 1024
LARGEST_DOCUMENT = 64 * 1024 * 1024
_CHUNK = 131_072
# Small, because a frame of zstandard may grow thirty thousand times and has no bound of its own.
_ZSTD_CHUNK = 2_048
_MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstandard"}
# UTF-32 comes first: its little-endian mark starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


class _Reader(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Counting(io.RawIOBase):
    """A raw stream that counts what was taken from it."""

    def __init__(self, inner: BinaryIO, start: bytes) -> None:
        self._inner = inner
        self._start = start
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._start:
            size = len(self._start) if size < 0 else size
            part, self._start = self._start[:size], self._start[size:]
        else:
            part = self._inner.read(size)
        self.taken += len(part)
        return part


class Stream:
    """Decompressed UTF-8 bytes of one input.

    `consumed` is the number of bytes taken from the file so far, before decompression. `damage`
    is None, or a sentence once the stream has ended before the file's proper end.
    """

    def __init__(self, inner: BinaryIO) -> None:
        start = inner.read(6)
        self._raw = _Counting(inner, start)
        self.damage: str | None = None
        self.compression = next(
            (name for mark, name in _MAGIC.items() if start.startswith(mark)), ""
        )
        self._source = self._guarded(_OPENERS[self.compression](self._raw))
        self._held = b""
        self._is_at_end = False
        self._take_head()
        self.is_transcoded = self._transcode()

    @property
    def consumed(self) -> int:
        """Bytes taken from the file so far."""
        return self._raw.taken

    @property
    def head(self) -> bytes:
        """The first 64 KB, or less where the file is shorter; asked before any reading."""
        return self._held[:HEAD]

    @property
    def is_short(self) -> bool:
        """Whether the head is the whole content."""
        return self._is_at_end and len(self._held) <= HEAD

    def chunks(self) -> Iterator[bytes]:
        """The content, once, in pieces."""
        held, self._held = self._held, b""
        if held:
            yield held
        yield from self._source

    def read_all(self) -> bytes:
        """The whole content. Raises SourceError when it is larger than 64 MB."""
        parts: list[bytes] = []
        size = 0
        for part in self.chunks():
            parts.append(part)
            size += len(part)
            if size > LARGEST_DOCUMENT:
                raise SourceError(
                    "The file is one document of more than 64 MB. "
                    "Split it, or bring it in the form of one JSON object a line."
                )
        return b"".join(parts)

    def _take_head(self) -> None:
        parts: list[bytes] = []
        size = 0
        while size < HEAD:
            part = next(self._source, None)
            if part is None:
                self._is_at_end = True
                break
            parts.append(part)
            size += len(part)
        self._held = b"".join(parts)

    def _guarded(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from parts
        except _DAMAGE as error:
            reason = str(error) or type(error).__name__
            what = f"The {self.compression} data" if self.compression else "The file"
            self.damage = f"{what} cannot be read further after {self.consumed:,} bytes: {reason}."

    def _transcode(self) -> bool:
        encoding = _foreign_encoding(self._held)
        if encoding is None:
            self._held = self._held.removeprefix(codecs.BOM_UTF8)
            return False
        held, source = self._held, self._source
        self._held = b""
        self._source = self._guarded_decoding(held, source, encoding)
        self._is_at_end = False
        self._take_head()
        return True

    def _guarded_decoding(
        self, held: bytes, source: Iterator[bytes], encoding: str
    ) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            yield decoder.decode(held).encode()
            for part in source:
                yield decoder.decode(part).encode()
            yield decoder.decode(b"", final=True).encode()
        except UnicodeError as error:
            self.damage = f"The text is not whole {encoding.upper()}: {error}."


def _foreign_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 by their mark, or UTF-16 without one by its zero bytes; else None."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    start = head[:2_048]
    even, odd = start[::2].count(0), start[1::2].count(0)
    half = len(start) // 2
    if half and odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if half and even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _pieces(reader: _Reader) -> Iterator[bytes]:
    while part := reader.read1(_CHUNK):
        yield part


def _plain(raw: _Counting) -> Iterator[bytes]:
    while part := raw.read(_CHUNK):
        yield part


def _gzip(raw: _Counting) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=raw, mode="rb") as reader:
        yield from _pieces(reader)


def _xz(raw: _Counting) -> Iterator[bytes]:
    with lzma.LZMAFile(cast("BinaryIO", raw)) as reader:
        yield from _pieces(reader)


def _zstandard(raw: _Counting) -> Iterator[bytes]:
    held = b""
    while held or (held := raw.read(_ZSTD_CHUNK)):
        frame = zstandard.ZstdDecompressor().decompressobj()
        while not frame.eof:
            held = held or raw.read(_ZSTD_CHUNK)
            if not held:
                raise EOFError("it ends in the middle of a frame")
            if part := frame.decompress(held):
                yield part
            held = frame.unused_data if frame.eof else b""


_OPENERS: dict[str, Callable[[_Counting], Iterator[bytes]]] = {
    "": _plain,
    "gzip": _gzip,
    "xz": _xz,
    "zstandard": _zstandard,
}


@contextmanager
def open_stream(path: Input) -> Iterator[Stream]:
    """The stream of a file, or of standard input for `-`.

    Raises SourceError when it cannot be opened, is empty, or fails at its very start.
    """
    try:
        file = sys.stdin.buffer if path == "-" else path.open("rb")
    except OSError as error:
        raise SourceError(_unreadable(error)) from error
    try:
        yield _started(_opened(file))
    finally:
        if path != "-":
            file.close()


def _opened(file: BinaryIO) -> Stream:
    try:
        return Stream(file)
    except OSError as error:
        raise SourceError(_unreadable(error)) from error


def _unreadable(error: OSError) -> str:
    return f"The file cannot be read: {error.strerror or error}."


def _started(stream: Stream) -> Stream:
    if stream.head.strip():
        return stream
    if stream.damage:
        raise SourceError(stream.damage)
    if stream.is_short:
        raise SourceError("The file is empty.")
    return stream


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a stream; `is_whole` is False for a line that was cut at 16 MB."""

    number: int
    content: bytes
    is_whole: bool = True


def lines(stream: Stream) -> Iterator[Line]:
    """The lines that are not blank, numbered from 1; of a line over 16 MB only the start."""
    number = 1
    open_parts: list[bytes] = []
    size = 0
    for chunk in stream.chunks():
        first, *rest = chunk.split(b"\n")
        size += len(first)
        if size <= LONGEST_LINE + len(first):
            open_parts.append(first)
        for following in rest:
            yield from _line(number, open_parts, size)
            number += 1
            open_parts, size = [following], len(following)
    yield from _line(number, open_parts, size)


def _line(number: int, parts: list[bytes], size: int) -> Iterator[Line]:
    if size > LONGEST_LINE:
        yield Line(number, b"".join(parts)[:HEAD], is_whole=False)
        return
    content = parts[0] if len(parts) == 1 else b"".join(parts)
    if content and not content.isspace():
        yield Line(number, content)
