"""A transformer as text encoder: the compact one shipped here, or any ONNX model in a folder.

Reads the meaning of a sentence where the table of `encoder.py` adds up words; a hundred times
slower. Trains and converts nothing: `training/` does. ONNX Runtime and the tokeniser are imported
when a model is loaded, never before.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from broadsheet.errors import ConfigurationError
from broadsheet.index.model_folder import ModelFolder, hub_folder, read_model_folder

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

SHIPPED_MODEL = "transformer-2"
MOST_THREADS = 4

_REMEDY = "Install Broadsheet again, or name another model."

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class OnnxEncoder:
    """Turns texts into unit vectors by running a transformer over their word pieces.

    Every text is run alone, because models with one byte per weight round a batch as a whole: so a
    text has the same vector in whatever company. `threads` texts run at the same time.
    """

    name: str
    dim: int
    threads: int
    folder: ModelFolder
    session: InferenceSession
    tokenizer: Tokenizer

    @classmethod
    def load(cls, path: Path | None = None, threads: int | None = None) -> OnnxEncoder:
        """The model in the folder `path`, or the one shipped with the package when None.

        `threads` texts are encoded at a time: by default one for each processor, at most four.
        Raises ConfigurationError when a file is missing, damaged or not understood.
        """
        folder = read_model_folder(path or shipped_folder(), _REMEDY)
        session, tokenizer = _session(folder), _tokenizer(folder)
        dim = _dim(folder, session, tokenizer)
        count = threads or min(MOST_THREADS, os.cpu_count() or 1)
        return cls(folder.name, dim, count, folder, session, tokenizer)

    @classmethod
    def from_hub(cls, name: str, cache: Path, threads: int | None = None) -> OnnxEncoder:
        """The model called `name` (owner/model) on the Hugging Face Hub, kept below `cache`.

        Raises ConfigurationError when `huggingface_hub` is not installed, or the model cannot be
        had or used.
        """
        return cls.load(hub_folder(name, cache), threads)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of papers' `texts`, (len(texts), dim) float32.

        What exceeds the model's longest text is not read. A text of no pieces gets zeros.
        """
        return self._encode([self.folder.paper_prefix + text if text else "" for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As `encode`, for what people search: some models want another first word there."""
        return self._encode([self.folder.query_prefix + text if text else "" for text in texts])

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        pieces = _pieces(self.tokenizer, texts)
        # Longest first, so that no thread is left with a long one while the others are done.
        order = sorted(
            filter(pieces.__getitem__, range(len(texts))), key=lambda at: -len(pieces[at])
        )
        run = partial(_vector, self.session, self.folder.pooling)
        todo = [pieces[at] for at in order]
        if self.threads == 1 or len(todo) <= 1:
            vectors[order] = _stacked(map(run, todo), self.dim)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                vectors[order] = _stacked(pool.map(run, todo), self.dim)
        return vectors


def shipped_folder() -> Path:
    """The folder of the model that comes with the package."""
    return Path(str(resources.files("broadsheet"))) / "index" / "encoder_data" / SHIPPED_MODEL


def _session(folder: ModelFolder) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    # One thread for one text: texts side by side scale better, and idle threads do not spin.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return InferenceSession(str(folder.model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no common class of their own
        message = f"The model {folder.model} cannot be loaded ({error}). {_REMEDY}"
        raise ConfigurationError(message) from error


def _tokenizer(folder: ModelFolder) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder.tokenizer))
    except Exception as error:  # the library raises plain Exception
        message = f"The tokeniser {folder.tokenizer} cannot be read ({error}). {_REMEDY}"
        raise ConfigurationError(message) from error
    tokenizer.enable_truncation(folder.longest)
    tokenizer.no_padding()
    return tokenizer


def _dim(folder: ModelFolder, session: InferenceSession, tokenizer: Tokenizer) -> int:
    """How long the model's vectors are, found by making one; its description must agree."""
    try:
        found = _vector(session, folder.pooling, _pieces(tokenizer, ["paper"])[0])
    except Exception as error:  # ONNX Runtime's errors have no common class of their own
        message = f"The model {folder.model} cannot be run ({error}). {_REMEDY}"
        raise ConfigurationError(message) from error
    if found.ndim != 1 or folder.dim not in {None, len(found)}:
        message = (
            f"The model {folder.model} makes vectors of shape {found.shape}, but "
            f"{folder.dim or 'one'} numbers in a row are expected. {_REMEDY}"
        )
        raise ConfigurationError(message)
    return len(found)


def _pieces(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Numbers of the pieces of each text, cut to length; none for a text without content."""
    found = tokenizer.encode_batch(list(texts))
    return [[] if all(text.special_tokens_mask) else text.ids for text in found]


def _vector(session: InferenceSession, pooling: str, pieces: Sequence[int]) -> Vectors:
    """The unit vector of one text."""
    ids = np.array([pieces], dtype=np.int64)
    offered = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }
    wanted = {node.name: offered[node.name] for node in session.get_inputs()}
    states = np.asarray(session.run(None, wanted)[0], dtype=np.float32)[0]
    vector = _pooled(states, pooling)
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def _stacked(rows: Iterable[Vectors], dim: int) -> Vectors:
    return np.array(list(rows), dtype=np.float32).reshape(-1, dim)


def _pooled(states: Vectors, pooling: str) -> Vectors:
    """One vector of a text's states (pieces, dim), or the vector that the model made itself."""
    if states.ndim == 1:
        return states
    if pooling == "mean":
        return np.asarray(states.mean(axis=0))
    return np.asarray(states[0 if pooling == "first" else -1])
