"""Every kind of live source. A new kind is one file beside this one and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet.sources.live import (
    arxiv_oai,
    biorxiv,
    crossref,
    github,
    huggingface,
    openalex,
    semantic_scholar,
)
from broadsheet.sources.live.harvesting import SourceKind

KINDS: Mapping[str, SourceKind] = {
    kind.name: kind
    for kind in (
        arxiv_oai.SOURCE,
        huggingface.SOURCE,
        *biorxiv.SOURCES,
        crossref.SOURCE,
        semantic_scholar.SOURCE,
        openalex.SOURCE,
        github.SOURCE,
    )
}
