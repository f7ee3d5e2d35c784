"""Which records are one paper, and which papers belong together: pure rules over sets of records.

The answer depends on the set alone, never on the order in which the records came.

Measured on 200,000 arXiv records, 7,412 Hugging Face daily papers and three listing pages; the
thresholds were chosen on these very pairs, so the figures describe them and predict nothing.
Abstracts of one paper through two sources: median 1.0 and 99 in 100 at 0.64 or more (5,632 pairs
with one arXiv id); 0.95 or more on listing pages, of which only 19 entries were found elsewhere.
Of 30 pairs with one title and two arXiv ids, 19 lie below 0.39, 2 at 0.58 and 0.75, and 9 have the
same abstract twice. `SAME_ABSTRACT` stands in the gap; the few of the 5,632 pairs that lie below
it would stay apart if they had no id. Random pairs: 999 in 1,000 at 0.045 or less, at most 0.056
within one field (8,000 pairs each). Of 43 pairs of near titles in the corpus 34 lie at 0.105 or
less, some by common authors, which link them anyway; of the 9 above, 4 share an author and 5 name
none and were judged by their titles. `NEAR_ABSTRACT` rests on that small ground.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

from broadsheet.domain import PaperRecord
from broadsheet.identifiers import (
    abstract_similarity,
    arxiv_id_of_doi,
    content_key,
    normalise_doi,
    normalise_words,
    parse_arxiv_id,
)

SAME_ABSTRACT = 0.45
NEAR_ABSTRACT = 0.12
OTHER_ABSTRACT = 0.045
OTHER_TITLE = 0.5
CROWDED = 50
NEAR_TITLE_WORDS = 5
NEAR_TITLE_EXTRA = 2
TELLING_TITLE_WORDS = 4

_ARXIV_MONTH = re.compile(r"(\d\d)(\d\d)\.")
_FUNCTION_WORDS = frozenset(
    (
        "a", "an", "and", "are", "as", "at", "by", "can", "do", "for", "from", "how", "in", "is",
        "it", "its", "of", "on", "or", "the", "to", "towards", "using", "via", "what", "when",
        "why", "with", "without",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """What a record says about who it is.

    `own_key` is the public key the record would give a paper of its own; `doi` is a publisher's,
    not arXiv's. `title_hash` is None for a title without words.
    """

    arxiv_id: str | None
    doi: str | None
    own_key: str
    words: tuple[str, ...]
    title_hash: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with its identity and the paper it is attached to, None for a new one.

    `body` is the record's JSON and `digest` its hash: equal digests are equal records. `part` is
    empty, or names what a moderator has split off and this record belongs to.
    """

    record: PaperRecord
    identity: Identity
    body: str
    digest: bytes
    paper_id: int | None = None
    part: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """The record's name, unique in the library."""
        return self.record.source, self.record.record_id


def identity_of(record: PaperRecord, part: str = "") -> Identity:
    """The identity of a record; its ids may carry a version, a resolver address or capitals.

    A record that was split off is one paper with the others of its part, and with nothing else.
    """
    if part:
        own_key = f"~{blake2b(part.encode(), digest_size=6).hexdigest()}"
        return Identity(None, None, own_key, tuple(normalise_words(record.title)), None)
    doi = normalise_doi(record.doi) if record.doi else None
    of_doi = arxiv_id_of_doi(doi) if doi else None
    arxiv_id = _arxiv_id(record.arxiv_id) if record.arxiv_id else of_doi
    if of_doi:
        doi = None
    words = tuple(normalise_words(record.title))
    own_key = arxiv_id or doi or content_key(record.title, record.abstract)
    return Identity(arxiv_id, doi, own_key, words, _hash("".join(words)) if words else None)


def _arxiv_id(text: str) -> str:
    parsed = parse_arxiv_id(text)
    return parsed[0] if parsed else text


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def near_key(words: Sequence[str]) -> int | None:
    """A hash that titles share whose first two and last two words agree; None below five words."""
    if len(words) < NEAR_TITLE_WORDS:
        return None
    return _hash(" ".join((*words[:2], *words[-2:])))


def crowded_links(entries: Iterable[Entry]) -> frozenset[object]:
    """Title hashes and DOIs that more than `CROWDED` records carry: "Editorial", a whole volume."""
    counts: Counter[object] = Counter()
    for entry in entries:
        counts[entry.identity.title_hash] += 1
        counts[entry.identity.doi] += 1
    return frozenset(link for link, count in counts.items() if count > CROWDED)


def components(entries: Sequence[Entry], crowded: frozenset[object]) -> list[list[Entry]]:
    """The entries in sets that share no id, title or paper with each other.

    Titles and DOIs in `crowded` link nothing.
    """
    groups = _Groups(len(entries))
    first: dict[object, int] = {}
    for position, entry in enumerate(entries):
        for link in _links(entry, crowded):
            groups.join(first.setdefault(link, position), position)
    return [[entries[position] for position in members] for members in groups.members()]


def _links(entry: Entry, crowded: frozenset[object]) -> list[object]:
    identity = entry.identity
    links: list[object] = [identity.own_key]
    links += [link for link in (identity.doi, identity.title_hash) if link and link not in crowded]
    if entry.paper_id is not None:
        links.append(("paper", entry.paper_id))
    return links


def partition(entries: Sequence[Entry], crowded: frozenset[object]) -> list[list[Entry]]:
    """The entries sorted into papers.

    Records with one key are one paper. Then DOIs join, then titles whose abstracts agree, best
    agreement first; two arXiv ids are never joined, so a record that fits two papers goes to the
    one it fits best. Titles and DOIs in `crowded` prove nothing. Sets and members come
    in a canonical order.
    """
    entries = sorted(entries, key=_canonical)
    groups = _Groups(len(entries), [entry.identity.arxiv_id for entry in entries])
    for same in _positions(entry.identity.own_key for entry in entries):
        for position in same[1:]:
            groups.join(same[0], position)
    for same in _positions((entry.identity.doi for entry in entries), crowded):
        for one, two in combinations(same, 2):
            if not _disagree(entries[one].record, entries[two].record):
                groups.join(one, two)
    for _, one, two in sorted(_title_matches(entries, groups, crowded)):
        groups.join(one, two)
    return [[entries[position] for position in members] for members in groups.members()]


def _canonical(entry: Entry) -> tuple[bool, str, str, str]:
    arxiv_id = entry.identity.arxiv_id
    return arxiv_id is None, arxiv_id or "", entry.record.source, entry.record.record_id


def _positions(
    values: Iterable[object], crowded: frozenset[object] = frozenset()
) -> list[list[int]]:
    """Where values stand that occur more than once; None and crowded values do not count."""
    found: defaultdict[object, list[int]] = defaultdict(list)
    for position, value in enumerate(values):
        if value is not None and value not in crowded:
            found[value].append(position)
    return [positions for positions in found.values() if len(positions) > 1]


def _title_matches(
    entries: Sequence[Entry], groups: _Groups, crowded: frozenset[object]
) -> list[tuple[float, int, int]]:
    matches = []
    for same in _positions((entry.identity.title_hash for entry in entries), crowded):
        for one, two in combinations(same, 2):
            if groups.may_join(one, two):
                strength = _agreement(entries[one], entries[two])
                if strength is not None:
                    matches.append((-strength, one, two))
    return matches


def _agreement(one: Entry, two: Entry) -> float | None:
    """How well two records of one title agree, 0 to 1; None when they are not one paper."""
    first, second = one.record, two.record
    if first.abstract and second.abstract:
        if first.abstract == second.abstract:
            return 1.0
        similarity = abstract_similarity(first.abstract, second.abstract)
        return similarity if similarity >= SAME_ABSTRACT else None
    is_telling = len(one.identity.words) >= TELLING_TITLE_WORDS
    is_same_month = _month(one) is not None and _month(one) == _month(two)
    return 0.0 if share_author(first, second) or (is_telling and is_same_month) else None


def _month(entry: Entry) -> tuple[int, int] | None:
    day = entry.record.submitted_at or entry.record.announced_on
    if day is not None:
        return day.year, day.month
    found = _ARXIV_MONTH.match(entry.identity.arxiv_id or "")
    if found is not None:
        return 2000 + int(found.group(1)), int(found.group(2))
    listed = entry.record.listed_on
    return (listed.year, listed.month) if listed else None


class _Groups:
    """Union-find that never joins two different marks."""

    def __init__(self, size: int, marks: Sequence[str | None] = ()) -> None:
        self._parent = list(range(size))
        self._mark = list(marks) or [None] * size

    def _root(self, position: int) -> int:
        while self._parent[position] != position:
            self._parent[position] = self._parent[self._parent[position]]
            position = self._parent[position]
        return position

    def may_join(self, one: int, two: int) -> bool:
        first, second = self._root(one), self._root(two)
        marks = self._mark[first], self._mark[second]
        return first != second and (None in marks or marks[0] == marks[1])

    def join(self, one: int, two: int) -> None:
        if self.may_join(one, two):
            first, second = sorted((self._root(one), self._root(two)))
            self._parent[second] = first
            self._mark[first] = self._mark[first] or self._mark[second]

    def members(self) -> list[list[int]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for position in range(len(self._parent)):
            found[self._root(position)].append(position)
        return list(found.values())


def is_contradiction(record: PaperRecord, known: Iterable[PaperRecord]) -> bool:
    """Whether a record carries the id of a paper it cannot be.

    True when title, abstract and authors disagree with every known record of that id. On the pairs
    it was set on, the rule refuses none of 5,632 that share an arXiv id through two sources (59 of
    them changed their title), with authors or without. Given two random papers under one id it
    refuses 7,930 of 8,000, and 7,877 of 8,000 within one field and year.
    """
    return all(_disagree(record, other) for other in known)


def _disagree(one: PaperRecord, two: PaperRecord) -> bool:
    if _title_overlap(one.title, two.title) >= OTHER_TITLE or share_author(one, two):
        return False
    if one.abstract and two.abstract:
        return abstract_similarity(one.abstract, two.abstract) < OTHER_ABSTRACT
    return bool(one.authors and two.authors)


def _title_overlap(one: str, two: str) -> float:
    first = set(normalise_words(one)) - _FUNCTION_WORDS
    second = set(normalise_words(two)) - _FUNCTION_WORDS
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 1.0


def share_author(one: PaperRecord, two: PaperRecord) -> bool:
    """Whether the records name a common author: same family name and first initial."""
    return bool(one.authors and two.authors) and bool(
        author_keys(one.authors) & author_keys(two.authors)
    )


def author_keys(authors: Iterable[str]) -> frozenset[str]:
    """Names as family name and first initial, whether written `A. Name` or `Name, Ann`."""
    return frozenset(filter(None, map(_author_key, authors)))


def _author_key(name: str) -> str:
    family, comma, given = name.partition(",")
    if comma:
        return " ".join(normalise_words(family)) + "/" + "".join(normalise_words(given))[:1]
    words = normalise_words(name)
    return f"{words[-1]}/{words[0][:1] if len(words) > 1 else ''}" if words else ""


def belong_together(one: Sequence[Entry], two: Sequence[Entry], crowded: frozenset[object]) -> bool:
    """Whether two papers, each given as its entries, are related by DOI or by a common title.

    Papers of one title belong together unless both name their authors and share none.
    """
    if (_dois(one) & _dois(two)) - crowded:
        return True
    if not (_titles(one) & _titles(two)) - crowded:
        return False
    first, second = (
        author_keys(author for entry in side for author in entry.record.authors)
        for side in (one, two)
    )
    return not first or not second or bool(first & second)


def _dois(entries: Iterable[Entry]) -> set[str]:
    return {entry.identity.doi for entry in entries if entry.identity.doi}


def _titles(entries: Iterable[Entry]) -> set[int]:
    return {e.identity.title_hash for e in entries if e.identity.title_hash is not None}


def is_near_title(one: Sequence[str], two: Sequence[str]) -> bool:
    """Whether one title is the other with one or two words inserted; five words at least."""
    shorter, longer = sorted((one, two), key=len)
    if len(shorter) < NEAR_TITLE_WORDS or not 0 < len(longer) - len(shorter) <= NEAR_TITLE_EXTRA:
        return False
    rest = iter(longer)
    return all(word in rest for word in shorter)
