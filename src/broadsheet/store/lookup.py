"""Finds the number of a paper by any name it has or ever had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, select

from broadsheet.domain import PaperRecord
from broadsheet.identifiers import normalise_doi, parse_arxiv_id
from broadsheet.store.identity import identity_of
from broadsheet.store.schema import alias, paper, record


def find_number(connection: Connection, name: str) -> int | None:
    """The number of the paper that an arXiv id, DOI, content key or former key names.

    Versions, resolver addresses and capitals do not matter. Where papers share a DOI, the one with
    the smallest key is meant.
    """
    for spelling in dict.fromkeys(_spellings(name.strip())):
        for statement in _statements(spelling):
            number: int | None = connection.scalar(statement.limit(1))
            if number is not None:
                return number
    return None


def number_of_title(connection: Connection, title: str) -> int | None:
    """The number of the only paper whose title has these words; None for none or several."""
    wanted = identity_of(PaperRecord("", "", title, "")).title_hash
    if wanted is None:
        return None
    owners = select(record.c.paper_id).where(record.c.title_hash == wanted).distinct().limit(2)
    found = list(connection.scalars(owners))
    return found[0] if len(found) == 1 else None


def _spellings(name: str) -> Iterator[str]:
    if "\0" in name:
        return
    yield name
    if doi := normalise_doi(name):
        yield doi
    if arxiv := parse_arxiv_id(name):
        yield arxiv[0]
    yield name.lower()


def _statements(name: str) -> Iterator[Select[Any]]:
    yield select(paper.c.paper_id).where(paper.c.key == name)
    for column in (record.c.own_key, record.c.doi):
        owners = select(paper.c.paper_id).join(record, record.c.paper_id == paper.c.paper_id)
        yield owners.where(column == name).order_by(paper.c.key)
    yield select(alias.c.paper_id).where(alias.c.name == name)
