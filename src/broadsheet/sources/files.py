"""Files and folders to import: found, opened, told apart by content and read record by record.

A record that cannot be read becomes a Reject and the file goes on; only a file of which nothing
can be read raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

import orjson

from broadsheet.domain import PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources import arxiv_atom, bibliography, hf_page, listing_page
from broadsheet.sources.detection import Format, detect
from broadsheet.sources.fields import Context, checked, excerpt, json_excerpt, reason
from broadsheet.sources.objects import broken_items, error_answer, records_of
from broadsheet.sources.streams import Input, Stream, lines, open_stream

__all__ = ["Input", "ReadItem", "expand", "read_file"]

_NAMED_DAY = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
_TOO_LONG = "The line is longer than 16 MB and was passed over."


@dataclass(frozen=True, slots=True)
class ReadItem:
    """One record or one reject, and how many bytes of the file had been taken by then.

    `place` is the line or the item of the file that it comes from, counted from 1: `read_file`
    can go on after it.
    """

    record: PaperRecord | None
    reject: Reject | None
    bytes_read: int
    place: int = 0


@dataclass(frozen=True, slots=True)
class _File:
    """One file being read."""

    name: str
    stream: Stream
    context: Context

    def record(self, record: PaperRecord, place: int = 0) -> ReadItem:
        return ReadItem(checked(record, self.context.today), None, self.stream.consumed, place)

    def reject(self, position: str, reason: str, content: str | bytes, place: int = 0) -> ReadItem:
        reject = Reject(self.name, position, reason, excerpt(content))
        return ReadItem(None, reject, self.stream.consumed, place)


def expand(paths: Sequence[str]) -> list[Input]:
    """The files that the paths name: `-` as it is, folders walked in order of name.

    Hidden files in folders are left out. Raises SourceError for a path that does not exist.
    """
    found: list[Input] = []
    for name in paths:
        if name == "-":
            found.append("-")
            continue
        path = Path(name)
        if not path.exists():
            raise SourceError(f"There is no file or folder {name}. Check the path.")
        found.extend(_walked(path) if path.is_dir() else [path])
    return found


def _walked(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def read_file(
    path: Input,
    *,
    listed_on: date | None = None,
    source: str | None = None,
    today: date,
    after: int = 0,
) -> Iterator[ReadItem]:
    """Every record of a file and every reject, in the order of the file, as it is read.

    `listed_on` sets the day of the listing whatever the file says; `source` sets the name of the
    source. Only what stands after the place `after` comes. Raises SourceError, with a sentence,
    when nothing of the file can be read.
    """
    name = "standard input" if path == "-" else str(path)
    named_on = None if path == "-" else _day_in_name(path.name)
    with open_stream(path) as stream:
        file = _File(name, stream, Context(today, listed_on, named_on, source))
        found = detect(stream)
        if found == "json_lines":
            yield from _read_lines(file, after)
        else:
            items = enumerate(_READERS[found](file), 1)
            yield from (replace(item, place=place) for place, item in items if place > after)
        if stream.damage is not None:
            yield file.reject("end of the file", stream.damage, b"")


def _day_in_name(name: str) -> date | None:
    found = _NAMED_DAY.search(name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _read_lines(file: _File, after: int) -> Iterator[ReadItem]:
    for line in lines(file.stream):
        if line.number <= after:
            continue
        position = f"line {line.number}"
        if not line.is_whole:
            yield file.reject(position, _TOO_LONG, line.content, line.number)
            continue
        try:
            value = orjson.loads(line.content)
        except orjson.JSONDecodeError as error:
            # The line where damaged data ends is part of that damage, which is reported once.
            if file.stream.damage is None:
                found = _not_json(line.content, error)
                yield file.reject(position, found, line.content, line.number)
            continue
        yield from _read_object(file, value, position, line.content, line.number)


def _not_json(content: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        content.decode()
    except UnicodeDecodeError as wrong:
        byte = f"0x{content[wrong.start]:02X}"
        return f"The line is not UTF-8 (byte {byte}). Save the file as UTF-8 and import it again."
    return f"The line is not valid JSON: {error.msg} at character {error.pos + 1}."


def _read_object(
    file: _File, value: object, position: str, content: str | bytes, place: int = 0
) -> Iterator[ReadItem]:
    try:
        for record in records_of(value, file.context):
            yield file.record(record, place)
    except (RecordError, ValueError) as error:
        yield file.reject(position, reason(error), content, place)


def _read_document(file: _File) -> Iterator[ReadItem]:
    content = file.stream.read_all()
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        yield from _read_broken_document(file, content, error)
        return
    if (answer := error_answer(value)) is not None:
        raise SourceError(answer)
    items = value if isinstance(value, list) else _listed(value)
    if items and bibliography.is_csl_item(items[0]):
        yield from _items(file, bibliography.csl_records(items, file.context))
        return
    for number, item in enumerate(items, 1):
        yield from _read_object(file, item, f"item {number}", json_excerpt(item))


def _listed(value: object) -> list[object]:
    fields = value if isinstance(value, dict) else {}
    lists = (fields.get(name) for name in ("dailyPapers", "items"))
    return next((found for found in lists if isinstance(found, list)), [value])


def _read_broken_document(
    file: _File, content: bytes, error: orjson.JSONDecodeError
) -> Iterator[ReadItem]:
    broken = f"The JSON breaks off or is damaged here: {error.msg}."
    read = 0
    rejects: list[ReadItem] = []
    text = content.decode("utf-8", "surrogateescape")
    for number, (value, start, offset) in enumerate(broken_items(text), 1):
        if value is None:
            rejects.append(file.reject(f"item {number}, character {offset + 1}", broken, start))
            continue
        read += 1
        yield from _read_object(file, value, f"item {number}", start)
    if not read:
        raise SourceError(f"The file is not valid JSON: {error.msg} at character {error.pos + 1}.")
    yield from rejects


def _read_feed(file: _File) -> Iterator[ReadItem]:
    found = arxiv_atom.entries(file.stream.read_all(), is_transcoded=file.stream.is_transcoded)
    number = 0
    for number, entry in enumerate(found, 1):
        position = f"entry {number}"
        if isinstance(entry, SourceError):
            if number == 1:
                raise entry
            yield file.reject(position, str(entry), b"")
            continue
        yield from _read_entry(file, entry, position)


def _read_entry(file: _File, entry: Element, position: str) -> Iterator[ReadItem]:
    try:
        yield file.record(arxiv_atom.record_of_entry(entry, file.context))
    except (RecordError, ValueError) as error:
        yield file.reject(position, reason(error), " ".join(entry.itertext()))


def _read_page(file: _File) -> Iterator[ReadItem]:
    page = listing_page.read_page(file.stream.read_all().decode("utf-8", "surrogateescape"))
    if not page.entries:
        raise SourceError("The page has the header of a listing and no papers.")
    listed_on = listing_page.day_of_page(page, file.context)
    for entry in page.entries:
        try:
            yield file.record(listing_page.record_of_entry(entry, listed_on, file.context))
        except (RecordError, ValueError) as error:
            yield file.reject(f"line {entry.line}", reason(error), entry.title)


def _read_hf_page(file: _File) -> Iterator[ReadItem]:
    page = hf_page.read_page(_text(file))
    file = replace(file, context=hf_page.context_of_page(page, file.context))
    for number, item in enumerate(page.items, 1):
        yield from _read_object(file, item, f"item {number}", json_excerpt(item))


def _read_bibtex(file: _File) -> Iterator[ReadItem]:
    yield from _items(file, bibliography.bibtex_records(_text(file), file.context))


def _read_ris(file: _File) -> Iterator[ReadItem]:
    yield from _items(file, bibliography.ris_records(_text(file), file.context))


def _items(file: _File, found: Iterable[PaperRecord | Reject]) -> Iterator[ReadItem]:
    for each in found:
        if isinstance(each, Reject):
            yield file.reject(each.position, each.reason, each.excerpt)
        else:
            yield file.record(each)


def _text(file: _File) -> str:
    return file.stream.read_all().decode("utf-8", "surrogateescape")


_READERS: dict[Format, Callable[[_File], Iterator[ReadItem]]] = {
    "json_document": _read_document,
    "arxiv_atom": _read_feed,
    "listing_page": _read_page,
    "hf_page": _read_hf_page,
    "bibtex": _read_bibtex,
    "ris": _read_ris,
}
