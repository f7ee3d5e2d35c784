"""The citation formats by the endings of their addresses, for one paper and for many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from broadsheet.delivery.citations import csl_json
from broadsheet.delivery.citations import ris as ris_
from broadsheet.delivery.citations.bibtex import bibtex, citation_key
from broadsheet.domain import Paper


@dataclass(frozen=True, slots=True)
class Format:
    """One citation format: `ending` of its addresses, `name` for people and for unAPI."""

    ending: str
    name: str
    media_type: str
    docs: str
    write: Callable[[Sequence[Paper]], bytes]


def _bibtex(papers: Sequence[Paper]) -> bytes:
    """Entries with keys that differ: a second `lee2026x` becomes `lee2026xb`."""
    taken: set[str] = set()
    entries = []
    for paper in papers:
        key = _free(citation_key(paper), taken)
        taken.add(key)
        entries.append(bibtex(paper, key))
    return "\n".join(entries).encode()


def _free(key: str, taken: set[str]) -> str:
    if key not in taken:
        return key
    letters = (f"{key}{chr(code)}" for code in range(ord("b"), ord("z") + 1))
    numbers = (f"{key}{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*letters, *numbers) if name not in taken)


def _ris(papers: Sequence[Paper]) -> bytes:
    return "\r\n".join(map(ris_.ris, papers)).encode()


def _csl(papers: Sequence[Paper]) -> bytes:
    return orjson.dumps([csl_json.csl_item(paper) for paper in papers])


FORMATS = {
    each.ending: each
    for each in (
        Format("bib", "bibtex", "application/x-bibtex", "https://ctan.org/pkg/bibtex", _bibtex),
        Format("ris", "ris", ris_.MEDIA_TYPE,
               "https://en.wikipedia.org/wiki/RIS_(file_format)", _ris),
        Format("csl.json", "csl", csl_json.MEDIA_TYPE, "https://citationstyles.org", _csl),
    )
}  # fmt: skip
