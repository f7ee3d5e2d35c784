"""What the index keeps of a paper, how it lies in the table, and where changes come from.

Texts arrive readable (TeX already shown as Unicode); the pipeline does that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from broadsheet.identifiers import title_key

AUTHOR_GAP = " and and "
"""Between two authors: longer than PHRASE_SLOP, so that no phrase spans two people."""

_NOTES = ("comment", "journal_ref", "report_number")
_INSTANTS = ("submitted_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Document:
    """One paper as the index sees it; instants in seconds since 1970, 0 where unknown."""

    paper_id: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    listed_on: date
    has_code: bool
    comment: str = ""
    journal_ref: str = ""
    report_number: str = ""
    submitted_at: int = 0
    updated_at: int = 0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the index gets changes from; revisions are the store's, and only ever rise.

    `changes(after, limit)` are documents with a revision above `after`, ascending; `removals`
    are (paper_id, revision) above `after`; `pending(after)` counts the changes; `revision()` is
    the newest one. `wait()` blocks a little and says whether more changes are on their way, as
    during an import that is indexed while it goes on.
    """

    changes: Callable[[int, int], Sequence[tuple[Document, int]]]
    removals: Callable[[int], Sequence[tuple[int, int]]]
    pending: Callable[[int], int]
    revision: Callable[[], int]
    wait: Callable[[], bool] = lambda: False


def schema() -> pa.Schema:
    """The columns of the table of words."""
    fields = [
        pa.field("paper_id", pa.int64()),
        pa.field("revision", pa.int64()),
        pa.field("title", pa.string()),
        pa.field("authors", pa.string()),
        pa.field("text", pa.string()),
        pa.field("title_hash", pa.int64()),
        pa.field("text_hash", pa.int64()),
        pa.field("categories", pa.list_(pa.string())),
        pa.field("sources", pa.list_(pa.string())),
        pa.field("listed_on", pa.date32()),
        pa.field("has_code", pa.bool_()),
        *(pa.field(name, pa.string()) for name in _NOTES),
        *(pa.field(name, pa.int64()) for name in _INSTANTS),
    ]
    return pa.schema(fields)


def record_batch(changes: Sequence[tuple[Document, int]]) -> pa.RecordBatch:
    """Documents with their revisions as rows of the table of words."""
    documents = [document for document, _ in changes]
    columns: list[pa.Array] = [
        pa.array([document.paper_id for document in documents], pa.int64()),
        pa.array([revision for _, revision in changes], pa.int64()),
        pa.array([document.title for document in documents], pa.string()),
        pa.array([AUTHOR_GAP.join(document.authors) for document in documents], pa.string()),
        pa.array([_text(document) for document in documents], pa.string()),
        pa.array([title_hash(document.title) for document in documents], pa.int64()),
        pa.array([text_hash(document) for document in documents], pa.int64()),
        pa.array([category_labels(document.categories) for document in documents]
                 , pa.list_(pa.string())),
        pa.array([source_labels(document.sources) for document in documents]
                 , pa.list_(pa.string())),
        pa.array([document.listed_on for document in documents], pa.date32()),
        pa.array([document.has_code for document in documents], pa.bool_()),
        *(pa.array([getattr(each, name) for each in documents], pa.string()) for name in _NOTES),
        *(pa.array([getattr(each, name) for each in documents], pa.int64()) for name in _INSTANTS),
    ]  # fmt: skip
    return pa.record_batch(columns, schema=schema())


def _text(document: Document) -> str:
    """The text that words are searched in; the title counts twice, as in BM25F with weight 2."""
    title = document.title
    return "\n".join((title, title, document.abstract, ", ".join(document.authors)))


def encoded_text(document: Document) -> str:
    """The text whose vector stands for the document."""
    return f"{document.title}\n{document.abstract}"


def category_labels(categories: Sequence[str]) -> list[str]:
    """Categories in lower case, with the archive of each, so that `cs` finds `cs.LG`."""
    lowered = [category.lower() for category in categories]
    return sorted({*lowered, *(category.partition(".")[0] for category in lowered)})


def source_labels(sources: Sequence[str]) -> list[str]:
    """Names of sources with the family of each, so that `arxiv` finds `arxiv_oai`."""
    lowered = [source.lower() for source in sources]
    return sorted({*lowered, *map(source_family, lowered)})


def source_family(source: str) -> str:
    """What readers call a source: all the ways to ask arXiv are `arxiv`."""
    return "arxiv" if source.startswith("arxiv_") else source


def title_hash(title: str) -> int:
    """A signed 64-bit hash of the title's letters and digits; 0 for a title without any."""
    key = title_key(title)
    return _hash(key) if key else 0


def text_hash(document: Document) -> int:
    """A signed 64-bit hash of the encoded text: a vector with another hash is of an older text."""
    return _hash(encoded_text(document))


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
