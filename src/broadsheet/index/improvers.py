"""Which encoder improves vectors, loaded when it is first needed and never before.

An encoder is named by a specification: `shipped`, a folder with an ONNX model, or the name of a
model on the Hugging Face Hub. While one takes over from another, both are at hand.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from broadsheet.errors import ConfigurationError
from broadsheet.index.vector_tables import SetState
from broadsheet.index.writing import Encoder

SHIPPED = "shipped"
NONE = "none"

_LOG = logging.getLogger(__name__)


class Improvers:
    """Loads improvers by their specification, each once; what cannot be loaded is said once.

    `specification` names the one that is wanted, `none` for no improving.
    """

    def __init__(self, specification: str, load: Callable[[str], Encoder]) -> None:
        self.specification = specification
        self._load = load
        self._loaded: dict[str, Encoder | ConfigurationError] = {}
        self._loading = threading.Lock()

    def wanted(self) -> Encoder | None:
        """The encoder that papers are to be improved with; None without one."""
        return self._get(self.specification)

    def of(self, state: SetState) -> Encoder | None:
        """The encoder that made a set's vectors, if it can still be loaded."""
        encoder = self._get(state.source) if state.source else None
        return encoder if encoder is not None and encoder.name == state.encoder else None

    def trouble(self) -> str:
        """Why the wanted encoder could not be loaded; empty while nothing is known against it."""
        found = self._loaded.get(self.specification)
        return str(found) if isinstance(found, ConfigurationError) else ""

    def _get(self, specification: str) -> Encoder | None:
        if specification == NONE:
            return None
        with self._loading:
            if specification not in self._loaded:
                self._loaded[specification] = self._try(specification)
        found = self._loaded[specification]
        return None if isinstance(found, ConfigurationError) else found

    def _try(self, specification: str) -> Encoder | ConfigurationError:
        try:
            return self._load(specification)
        except ConfigurationError as error:
            _LOG.warning("The encoder %s cannot be used: %s", specification, error)
            return error


def load_improver(specification: str, cache: Path) -> Encoder:
    """The encoder of a specification; models from the Hub are kept below `cache`.

    One text at a time, so that improving takes one processor and leaves the others to readers.
    Raises ConfigurationError.
    """
    from broadsheet.index.transformer import OnnxEncoder

    if specification == SHIPPED:
        return OnnxEncoder.load(threads=1)
    folder = Path(specification)
    if folder.is_dir():
        return OnnxEncoder.load(folder, threads=1)
    return OnnxEncoder.from_hub(specification, cache, threads=1)
