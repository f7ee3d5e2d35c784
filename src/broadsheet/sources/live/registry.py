"""Every kind of live source. A new kind is one file beside this one and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet.sources.live import (
    acl_anthology,
    arxiv_announcements,
    arxiv_oai,
    arxiv_query,
    biorxiv,
    crossref,
    feeds,
    github,
    huggingface,
    openalex,
    openreview,
    semantic_scholar,
)
from broadsheet.sources.live.harvesting import SourceKind

KINDS: Mapping[str, SourceKind] = {
    kind.name: kind
    for kind in (
        arxiv_oai.SOURCE,
        arxiv_announcements.SOURCE,
        arxiv_query.SOURCE,
        huggingface.SOURCE,
        *biorxiv.SOURCES,
        openreview.SOURCE,
        acl_anthology.SOURCE,
        crossref.SOURCE,
        feeds.SOURCE,
        semantic_scholar.SOURCE,
        openalex.SOURCE,
        github.SOURCE,
    )
}
