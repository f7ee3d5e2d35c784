"""A person's library as reference managers export it: BibTeX, RIS, CSL-JSON and Zotero's JSON.

An entry that cannot be used becomes a Reject and the rest goes on. Private things (notes, paths of
files, days of access) are not taken. TeX in titles and abstracts stays; names become plain text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from broadsheet.domain import PaperRecord, Reject
from broadsheet.errors import RecordError, SourceError
from broadsheet.latex import readable
from broadsheet.sources import bibtex, ris
from broadsheet.sources.bibtex import BibtexEntry, BrokenEntry
from broadsheet.sources.csl_json import reference_of_item, zotero_fields
from broadsheet.sources.fields import (
    Context,
    checked,
    excerpt,
    fold,
    json_excerpt,
    reason,
    whole_number,
)
from broadsheet.sources.references import (
    Reference,
    date_parts,
    record_of_reference,
    valid_parts,
)

_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# A run of blanks is looked at once, from its start: else long runs take time without bound.
_AND = re.compile(r"(?<!\s)\s++and\s+", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")
_MOST_LAYERS = 20
"""Each layer of braces takes a look at the whole title; people's files have three at most."""
_PROTECTED = re.compile(r"(?<![\\\w^_}])\{([^{}\\$]*)\}")
_DOUBLED = re.compile(r"\{(\{[^{}]*\})\}")
# Zotero escapes TeX that stands in its titles once more.
_ESCAPED = re.compile(r"\\textbackslash(?:\{(\w*)\}|\s)?|\\([$_{}^%&#])")
_CSL_ONLY = ("issued", "author", "container-title", "DOI", "URL", "ISBN", "citation-key")
_NO_PAPERS = frozenset(("note", "attachment", "annotation"))


def bibtex_records(text: str, context: Context) -> Iterator[PaperRecord | Reject]:
    """The record of each BibTeX entry, or why there is none; `position` names key and line."""
    for entry in bibtex.entries(text):
        if isinstance(entry, BrokenEntry):
            yield Reject("", f"line {entry.line}", entry.reason, excerpt(entry.excerpt))
            continue
        position = f"entry {entry.key or 'without key'}, line {entry.line}"
        shown = ", ".join(f"{name} = {value}" for name, value in entry.fields.items())
        yield from _one(partial(record_of_bibtex, entry), context, position, shown)


def ris_records(text: str, context: Context) -> Iterator[PaperRecord | Reject]:
    """The record of each RIS reference, or why there is none; `position` names its first line."""
    for reference in ris.references(text):
        read = partial(_ris_record, reference.tags)
        yield from _one(read, context, f"line {reference.line}", reference.excerpt)


def csl_records(value: object, context: Context) -> Iterator[PaperRecord | Reject]:
    """The record of each CSL-JSON or Zotero item, or why there is none.

    Zotero's notes, attachments and annotations are passed over. Raises SourceError where the value
    is no list of items.
    """
    for number, item in enumerate(csl_items(value), 1):
        if isinstance(item, dict) and zotero_fields(item).get("itemType") in _NO_PAPERS:
            continue
        read = partial(_item_record, item)
        yield from _one(read, context, f"item {number}", json_excerpt(item))


def csl_items(value: object) -> list[Any]:
    """The items of a CSL-JSON list, of `{"items": [...]}` or of one item. Raises SourceError."""
    if isinstance(value, dict):
        value = value["items"] if isinstance(value.get("items"), list) else [value]
    if not isinstance(value, list):
        raise SourceError("The JSON is no list of CSL or Zotero items.")
    return value


def is_csl_item(item: object) -> bool:
    """Whether a JSON object is an item of CSL-JSON or of Zotero, by the fields only these have."""
    if not isinstance(item, dict):
        return False
    if isinstance(zotero_fields(item).get("itemType"), str):
        return True
    has_names = any(name in item for name in _CSL_ONLY)
    return isinstance(item.get("type"), str) and "id" in item and has_names


def _one(
    read: Callable[[Context], PaperRecord], context: Context, position: str, shown: str
) -> Iterator[PaperRecord | Reject]:
    try:
        yield checked(read(context), context.today)
    except (RecordError, ValueError) as error:
        yield Reject("", position, reason(error), excerpt(shown))


def record_of_bibtex(entry: BibtexEntry, context: Context) -> PaperRecord:
    """The record of one BibTeX entry. Raises RecordError where it has no title."""
    given = entry.fields
    archive = (given.get("archiveprefix") or given.get("eprinttype") or "").lower()
    is_arxiv = "arxiv" in archive or not archive
    named = [given.get("eprint", "")] if is_arxiv else []
    venue = _first(given, "journal", "journaltitle", "booktitle")
    named += [name for name in (given.get("number", ""), venue) if "arxiv" in name.lower()]
    keywords = re.split(r"[;,]", given.get("keywords", ""))
    reference = Reference(
        kind=entry.kind,
        key=entry.key,
        title=_without_protection(given.get("title", "")),
        abstract=_unwrapped(given.get("abstract", "")),
        authors=tuple(map(_bibtex_name, _AND.split(_mask(given.get("author", ""))))),
        arxiv_names=named,
        doi=_unescaped(given.get("doi", "")),
        url=_unescaped(given.get("url", "")),
        published=_bibtex_date(given),
        venue=_plain(venue),
        volume=given.get("volume", ""),
        issue=_first(given, "number", "issue"),
        pages=given.get("pages", "").replace("--", "-"),
        publisher=_plain(_first(given, "publisher", "institution", "school")),
        comment=given.get("note", ""),
        keywords=[_plain(word) for word in keywords],
        categories=re.split(r"[,;\s]+", given.get("primaryclass", "")) if is_arxiv else (),
        more={"isbn": given.get("isbn", "")},
    )
    return record_of_reference(reference, context, "bibtex")


def _first(fields: Mapping[str, str], *names: str) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _unwrapped(value: str) -> str:
    """The value without braces around the whole of it."""
    value = value.strip()
    if not value.startswith("{"):
        return value
    closing = _closings(value)
    start, end = 0, len(value)
    while closing.get(start) == end - 1:
        start, end = start + 1, end - 1
        while start < end and value[start].isspace():
            start += 1
        while start < end and value[end - 1].isspace():
            end -= 1
    return value[start:end]


def _closings(value: str) -> dict[int, int]:
    """Where each brace that opens is closed, by where it opens."""
    opened: list[int] = []
    closing = {}
    for found in _BRACE.finditer(value):
        if found[0] == "{":
            opened.append(found.start())
        elif opened:
            closing[opened.pop()] = found.start()
    return closing


def _without_protection(title: str) -> str:
    """The title without the braces that only keep capitals from BibTeX."""
    title = _unwrapped(title)
    if title.count("\\$") > 1:
        title = _ESCAPED.sub(lambda sign: sign[2] or f"\\{sign[1] or ''}", title)
    for _ in range(_MOST_LAYERS):
        bare = _PROTECTED.sub(r"\1", _DOUBLED.sub(r"\1", title))
        if bare == title:
            break
        title = bare
    return title


def _plain(value: str) -> str:
    """The value as plain text; now and then a second layer of TeX is under the first."""
    plain = readable(_without_protection(value))
    return fold((readable(plain) if "\\" in plain else plain).replace("{", "").replace("}", ""))


def _unescaped(address: str) -> str:
    return re.sub(r"\\([_%#&~])", r"\1", _unwrapped(address))


_MASKED_BLANK = "\x1f"


def _mask(names: str) -> str:
    """The names with the blanks and commas in braces hidden, so that these part nothing."""
    masked, depth = [], 0
    for sign in names:
        depth += (sign == "{") - (sign == "}")
        hidden = {" ": _MASKED_BLANK, "\n": _MASKED_BLANK, ",": "\x1e"}
        masked.append(hidden.get(sign, sign) if depth > 0 else sign)
    return "".join(masked)


def _bibtex_name(masked: str) -> str:
    """`First Last Jr` of `Last, First`, `Last, Jr, First` or a name as it stands; no "others"."""
    parts = [part.strip() for part in masked.split(",")]
    last, rest = parts[0], parts[1:]
    ordered = [*rest[1:], last, rest[0]] if len(rest) > 1 else [*rest, last]
    name = " ".join(ordered).replace(_MASKED_BLANK, " ").replace("\x1e", ",")
    name = _plain(name)
    return "" if name.lower() == "others" else name


def _bibtex_date(given: Mapping[str, str]) -> tuple[int, ...]:
    if parts := date_parts(given.get("date", "")):
        return parts
    year, month = _YEAR.search(given.get("year", "")), given.get("month", "")
    if year is None:
        return ()
    number = re.fullmatch(r"\W*(\d{1,2})\W*", month)
    name = re.search("|".join(_MONTHS), month.lower())
    months = int(number[1]) if number else _MONTHS.index(name[0]) + 1 if name else None
    in_month = re.search(r"(?<!\d)\d{1,2}(?!\d)", month) if name else None
    day = given.get("day", "") or (in_month[0] if in_month else "")
    return valid_parts(int(year[1]), months, whole_number(day, 2))


def _ris_record(tags: Mapping[str, Sequence[str]], context: Context) -> PaperRecord:
    def first(*names: str) -> str:
        return next((tags[name][0] for name in names if tags.get(name)), "")

    kind = first("TY")
    venue = first("T2", "JO", "JF", "JA", "J2", "BT" if kind == "CHAP" else "T3")
    pages = "-".join(filter(None, (first("SP"), first("EP"))))
    names = [*tags.get("UR", ()), *tags.get("M1", ()), *tags.get("AN", ()), venue]
    reference = Reference(
        kind=kind.lower(),
        key=first("ID"),
        title=first("TI", "T1", "CT", "BT"),
        abstract=first("AB", "N2"),
        authors=tuple(map(_comma_name, tags.get("AU") or tags.get("A1") or ())),
        arxiv_names=[name for name in names if "arxiv" in name.lower()],
        doi=first("DO"),
        url=first("UR", "L2", "LK"),
        published=max(map(date_parts, (first("DA"), first("PY", "Y1"))), key=len),
        venue=venue,
        volume=first("VL"),
        issue=first("IS"),
        pages=pages,
        publisher=first("PB"),
        keywords=list(tags.get("KW", ())),
        more={"issn": first("SN")},
    )
    return record_of_reference(reference, context, "ris")


def _comma_name(name: str) -> str:
    """`First Last Jr` of RIS's `Last, First, Jr`."""
    last, *rest = (part.strip() for part in name.split(","))
    return fold(" ".join((*rest[:1], last, *rest[1:])))


def _item_record(item: object, context: Context) -> PaperRecord:
    return record_of_reference(reference_of_item(item), context, "csl_json")
