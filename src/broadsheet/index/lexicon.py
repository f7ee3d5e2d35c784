"""The words of a library with the number of papers that have them, and its acronyms.

One small file beside a generation, learned from a sample when the generation is built and again
when it has grown. It answers which words there are and which are spelled alike; which of them to
suggest is ranking's matter.
"""

from __future__ import annotations

import io
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.index.acronyms import Acronym, AcronymCounts, by_long, by_short
from broadsheet.index.encoder import split_words
from broadsheet.index.places import Place

FILE = "lexicon.npz"
SAMPLE = 100_000
"""Papers that a lexicon is learned from, evenly from old to new: ten seconds of work."""
MOST_WORDS = 150_000
MOST_LIKELY_MEANT = 40_000
"""So many of the most frequent words can be suggested."""
LEAST_PAPERS = 5
"""A word that is suggested stands in at least so many papers of the sample."""
SHORTEST = 4
"""Shorter words are neither suggested nor questioned: too many are spelled alike."""
LONG_WORD = 7
"""From this length on two edits are looked for, and one in shorter words."""
GROWTH = 1.2
"""With so many times the papers, a lexicon is learned again."""
_PREFIX = 7
_LONGEST = 40
_TAKEN = 5000


@dataclass(frozen=True, eq=False)
class Lexicon:
    """`words` by falling `counts` (n,): in how many papers of the sample each stands.

    `keys` (m,) ascend: hashes of words with up to two letters left out, and `owners` (m,) the
    numbers of those words. `documents` is how many papers the library had.
    """

    words: tuple[str, ...] = ()
    counts: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    keys: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    owners: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    acronyms: tuple[Acronym, ...] = ()
    documents: int = 0
    stamp: object = None

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words)}

    @cached_property
    def by_short(self) -> Mapping[str, tuple[Acronym, ...]]:
        """The acronyms under their short forms in lower case."""
        return by_short(self.acronyms)

    @cached_property
    def by_long(self) -> Mapping[str, Acronym]:
        """The acronym of each long form."""
        return by_long(self.acronyms)

    def count(self, word: str) -> int:
        """In how many papers of the sample a word stands."""
        number = self._numbers.get(word)
        return 0 if number is None else int(self.counts[number])

    def alike(self, word: str) -> list[tuple[str, int]]:
        """Frequent words that may be one or two edits away, with their counts, frequent first.

        By symmetric deletes (W. Garbe, SymSpell, 2012): two words within two edits share a form
        with up to two letters left out. Some found are further away; the caller measures.
        """
        hashes = np.array(sorted(map(_hash, _shortened(word))), np.uint32)
        starts, ends = (np.searchsorted(self.keys, hashes, side) for side in _SIDES)
        ranges = [self.owners[start:end] for start, end in zip(starts, ends, strict=True)]
        numbers = np.unique(np.concatenate(ranges)) if ranges else np.zeros(0, np.int32)
        return [(self.words[number], int(self.counts[number])) for number in numbers.tolist()]


_SIDES: tuple[Any, Any] = ("left", "right")


def learn(texts: Iterable[str], documents: int) -> Lexicon:
    """The lexicon of texts, each a paper's title, title, abstract and authors on their lines."""
    counts: Counter[str] = Counter()
    acronyms = AcronymCounts()
    for text in texts:
        counts.update(set(split_words(text)))
        acronyms.add(text)
    common = [
        (word, count)
        for word, count in counts.most_common()
        if len(word) <= _LONGEST and word.isalpha()
    ][:MOST_WORDS]
    words = tuple(word for word, _ in common)
    numbers = np.array([count for _, count in common], np.int32)
    keys, owners = _deletes(words, numbers)
    return Lexicon(words, numbers, keys, owners, tuple(acronyms.settled()), documents)


def _deletes(
    words: tuple[str, ...], counts: NDArray[np.int32]
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    enough = int((counts >= LEAST_PAPERS).sum())
    keys, owners = [], []
    for number, word in enumerate(words[: min(enough, MOST_LIKELY_MEANT)]):
        if len(word) >= SHORTEST:
            found = [_hash(form) for form in _shortened(word)]
            keys += found
            owners += [number] * len(found)
    hashes = np.array(keys, np.uint32)
    order = np.argsort(hashes, kind="stable")
    return hashes[order], np.array(owners, np.int32)[order]


def _shortened(word: str) -> set[str]:
    """The beginning of a word, whole and without one or, in long words, two of its letters."""
    start = word[:_PREFIX]
    edits = 2 if len(word) >= LONG_WORD - 1 else 1  # the other word may be one letter longer
    return {
        "".join(kept)
        for missing in range(edits + 1)
        for kept in combinations(start, len(start) - missing)
    }


def _hash(word: str) -> int:
    return zlib.crc32(word.encode(errors="surrogatepass"))


def write_lexicon(folder: Place, table: Any) -> None:
    """Learn the lexicon of a table of words and put it beside it."""
    lexicon = learn(_sampled(table), table.count_rows())
    file = io.BytesIO()
    np.savez(
        file,
        words=np.frombuffer("\n".join(lexicon.words).encode(), np.uint8),
        counts=lexicon.counts,
        keys=lexicon.keys,
        owners=lexicon.owners,
        acronyms=np.frombuffer(
            json.dumps([asdict(each) for each in lexicon.acronyms]).encode(), np.uint8
        ),
        documents=np.int64(lexicon.documents),
    )
    folder.write(FILE, file.getvalue())


def _sampled(table: Any) -> Iterator[str]:
    count = table.count_rows()
    rows = np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64).tolist()
    for start in range(0, len(rows), _TAKEN):
        yield from table.take(rows[start : start + _TAKEN], columns=["text"])["text"].to_pylist()


def needs_learning(folder: Place, documents: int) -> bool:
    """Whether the library has outgrown the lexicon, or there is none."""
    return documents > GROWTH * read_lexicon(folder, None).documents


def read_lexicon(folder: Place, previous: Lexicon | None) -> Lexicon:
    """The lexicon beside a generation, an empty one where there is none; `previous` if it is it."""
    try:
        stamp = folder.mark(FILE)
        if previous is not None and previous.stamp == stamp:
            return previous
        content = folder.read(FILE)
        if content is None:
            return Lexicon()
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return _unpacked(stored, stamp)
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return Lexicon()


def _unpacked(stored: Mapping[str, NDArray[Any]], stamp: object) -> Lexicon:
    text = stored["words"].tobytes().decode()
    return Lexicon(
        tuple(text.split("\n")) if text else (),
        stored["counts"],
        stored["keys"],
        stored["owners"],
        tuple(Acronym(**each) for each in json.loads(stored["acronyms"].tobytes())),
        int(stored["documents"]),
        stamp,
    )
