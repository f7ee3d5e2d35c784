"""Which key and which existing number a set of records gets as a paper: pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from broadsheet.store.identity import Entry
from broadsheet.store.merging import in_precedence, newest_first


def key_of(group: Sequence[Entry]) -> str:
    """The public key: the arXiv id, else a DOI, else the content key of the leading record."""
    if len(group) == 1:
        return group[0].identity.own_key
    identities = {entry.name: entry.identity for entry in group}
    ordered = in_precedence(entry.record for entry in group)
    leading = newest_first(ordered)[0]
    ranked = [identities[record.source, record.record_id] for record in ordered]
    arxiv_ids = (identity.arxiv_id for identity in ranked)
    dois = (identity.doi for identity in ranked)
    content = identities[leading.source, leading.record_id].own_key
    return next(filter(None, (*arxiv_ids, *dois)), content)


def existing_numbers(
    groups: Sequence[Sequence[Entry]], keys: Mapping[int, str]
) -> list[int | None]:
    """For each group the number of an existing paper, or None where it must get a new one.

    `keys` are the present keys of the papers that the entries are attached to. A group takes the
    number of the paper that has its key, else the oldest that no other group takes.
    """
    claims = [sorted({e.paper_id for e in group if e.paper_id is not None}) for group in groups]
    numbers: list[int | None] = [
        next((number for number in claimed if keys[number] == key_of(group)), None)
        for group, claimed in zip(groups, claims, strict=True)
    ]
    taken = {number for number in numbers if number is not None}
    for position, claimed in enumerate(claims):
        free = [number for number in claimed if number not in taken]
        if numbers[position] is None and free:
            numbers[position] = free[0]
            taken.add(free[0])
    return numbers
