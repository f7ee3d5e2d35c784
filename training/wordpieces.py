"""Word pieces: the parent's vocabulary cut down to what papers use, and the texts to train on."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def parent_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a sentence-transformers `folder`, without padding and cutting."""
    return _bare(Tokenizer.from_file(str(folder / "tokenizer.json")))


def frequent_pieces(tokenizer: Tokenizer, texts: Iterable[str], count: int) -> tuple[int, ...]:
    """Numbers of the `count` pieces to keep: special ones, single characters, then the most used.

    They are in rising order, so that [PAD] stays 0.
    """
    used: Counter[int] = Counter()
    for found in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        used.update(found.ids)
    vocabulary = tokenizer.get_vocab()
    kept = {vocabulary[piece] for piece in SPECIAL}
    kept |= {at for piece, at in vocabulary.items() if len(piece.removeprefix("##")) == 1}
    for piece, _ in sorted(used.items(), key=lambda item: (-item[1], item[0])):
        if len(kept) == count:
            break
        kept.add(piece)
    return tuple(sorted(kept))


def cut_tokenizer(folder: Path, pieces: tuple[int, ...]) -> Tokenizer:
    """The tokenizer of `folder` that knows only `pieces`, numbered from 0 in their order."""
    stored = json.loads((folder / "tokenizer.json").read_bytes())
    name_of = {at: piece for piece, at in stored["model"]["vocab"].items()}
    number_of = {name_of[at]: number for number, at in enumerate(pieces)}
    stored["model"]["vocab"] = number_of
    stored["added_tokens"] = [
        token | {"id": number_of[token["content"]]}
        for token in stored["added_tokens"]
        if token["content"] in number_of
    ]
    for piece in stored["post_processor"].get("special_tokens", {}).values():
        piece["ids"] = [number_of[token] for token in piece["tokens"]]
    return _bare(Tokenizer.from_str(json.dumps(stored)))


def _bare(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
