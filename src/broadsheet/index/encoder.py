"""The default text encoder: a table of word vectors, summed per text; needs NumPy alone.

Not a language model: it knows no word order and no word outside its vocabulary. Word splitting is
one regular expression because it measured faster than any subword tokeniser and no worse in
search; docs/encoder.md has the figures, `training/` makes the table.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from importlib import resources
from itertools import chain, pairwise, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from broadsheet.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from importlib.resources.abc import Traversable

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

FORMAT = "broadsheet-static-encoder/1"
SHIPPED_TABLE = "static-1.table"

_CHUNK = 256
_WORD = re.compile(r"[^\W_]+")
_ACCENT = re.compile("[\u0300-\u036f]+")
_ASCII_WORDS = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128))
_ASCII_WORDS += bytes(128)


def split_words(text: str) -> list[str]:
    """The runs of letters and digits in `text`, lower-cased and without accents, in order."""
    if text.isascii():
        # Same words as below at a third of the time; nearly all abstracts take this way.
        return text.encode().translate(_ASCII_WORDS).decode().split()
    return _WORD.findall(_ACCENT.sub("", unicodedata.normalize("NFKD", text)).lower())


@dataclass(frozen=True, slots=True)
class StaticEncoder:
    """Turns texts into unit vectors by adding up the vectors of their words.

    `table` is (rows, dim) int8 and `scales` (rows,) float32: a word's vector is their product, and
    its length is the word's weight, learned in training. `rows` maps a word to its row; inflections
    of one stem share a row.
    """

    name: str
    dim: int
    rows: Mapping[str, int]
    table: NDArray[np.int8]
    scales: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path | None = None) -> StaticEncoder:
        """The encoder stored at `path`, or the one shipped with the package when None.

        Raises ConfigurationError when the file is missing, damaged or of another format.
        """
        source: Path | Traversable = path or _shipped_table()
        try:
            content = source.read_bytes()
        except OSError as error:
            message = f"The encoder table {source} cannot be read ({error.strerror}). {_REMEDY}"
            raise ConfigurationError(message) from error
        return _parse(content, str(source))

    def save(self, path: Path) -> None:
        """Write one file that `load` reads: a JSON line, words, their rows, scales, table."""
        words = "\n".join(self.rows).encode()
        word_rows = np.fromiter(self.rows.values(), dtype="<i4", count=len(self.rows))
        arrays = (word_rows, self.scales.astype("<f4"), self.table)
        payload = words + b"".join(values.tobytes() for values in arrays)
        header = {
            "format": FORMAT,
            "name": self.name,
            "dim": self.dim,
            "rows": len(self.scales),
            "words": len(self.rows),
            "words_bytes": len(words),
            "sha256": hashlib.sha256(payload).hexdigest(),
        }
        path.write_bytes(json.dumps(header).encode() + b"\n" + payload)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of `texts`, (len(texts), dim) float32.

        A text without a single known word gets a row of zeros, which is similar to nothing.
        """
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK):
            self._sum_words(texts[start : start + _CHUNK], vectors[start : start + _CHUNK])
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same for what people search: the table makes no difference between the two."""
        return self.encode(texts)

    def _sum_words(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Set each vector to the sum of its text's known rows, each times the root of its count."""
        owners, rows, counts = self._count_rows(texts)
        weights = np.sqrt(counts, dtype=np.float32) * self.scales[rows]
        bounds = np.searchsorted(owners, np.arange(len(texts) + 1)).tolist()
        for number, (start, end) in enumerate(pairwise(bounds)):
            if start < end:
                known = self.table[rows[start:end]].astype(np.float32)
                np.matmul(weights[start:end], known, out=vectors[number])

    def _count_rows(self, texts: Sequence[str]) -> tuple[Integers, Integers, Integers]:
        """Three columns, sorted: the number of a text, a row of it, how often it has that row."""
        find, unknown = self.rows.get, repeat(-1)
        found = [list(map(find, split_words(text), unknown)) for text in texts]
        rows = np.fromiter(chain.from_iterable(found), dtype=np.int64)
        owners = np.repeat(np.arange(len(texts)), [len(words) for words in found])
        known = rows >= 0
        keys, counts = np.unique(owners[known] * len(self.scales) + rows[known], return_counts=True)
        owners, rows = np.divmod(keys, len(self.scales))
        return owners, rows, counts


_REMEDY = "Install Broadsheet again, or name another table."


def _shipped_table() -> Traversable:
    return resources.files("broadsheet").joinpath("index", "encoder_data", SHIPPED_TABLE)


def _parse(content: bytes, source: str) -> StaticEncoder:
    line, _, payload = content.partition(b"\n")
    try:
        header: dict[str, Any] = json.loads(line)
        is_ours = header["format"] == FORMAT
    except (ValueError, KeyError, TypeError):
        is_ours = False
    if not is_ours:
        message = f"{source} is not an encoder table of format {FORMAT}. {_REMEDY}"
        raise ConfigurationError(message)
    try:
        if hashlib.sha256(payload).hexdigest() == header["sha256"]:
            return _unpack(header, payload)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(source) from error
    raise _damaged(source)


def _damaged(source: str) -> ConfigurationError:
    message = f"The encoder table {source} is damaged: its checksum or sizes differ. {_REMEDY}"
    return ConfigurationError(message)


def _unpack(header: dict[str, Any], payload: bytes) -> StaticEncoder:
    count, dim, offset = header["rows"], header["dim"], header["words_bytes"]
    words = payload[:offset].decode().split("\n")
    word_rows = np.frombuffer(payload, dtype="<i4", count=header["words"], offset=offset)
    offset += word_rows.nbytes
    scales = np.frombuffer(payload, dtype="<f4", count=count, offset=offset)
    table = np.frombuffer(payload, dtype=np.int8, offset=offset + scales.nbytes)
    rows = dict(zip(words, word_rows.tolist(), strict=True))
    return StaticEncoder(header["name"], dim, rows, table.reshape(count, dim), scales)
