"""Every kind of live source. A new kind is one file beside this one and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet.sources.live.harvesting import SourceKind

KINDS: Mapping[str, SourceKind] = {}
