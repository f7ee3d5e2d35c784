"""Sorts the wanted records of a neighbourhood into papers and writes what differs.

A paper keeps its number while one of its records stays with it; when two papers turn out to be one,
everything that hangs on the number of the one that goes is moved to the one that stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations

from sqlalchemy import Connection

from broadsheet.domain import Paper
from broadsheet.store.harvest_marks import note_changes
from broadsheet.store.identity import (
    Entry,
    belong_together,
    components,
    crowded_links,
    partition,
)
from broadsheet.store.loading import Name
from broadsheet.store.merging import PaperHead, merge, searchable
from broadsheet.store.numbering import existing_numbers, key_of
from broadsheet.store.people.moving import move_people, people_counts
from broadsheet.store.relating import Pair, relate
from broadsheet.store.writing import (
    Change,
    Counters,
    delete_records,
    paper_heads,
    write_aliases,
    write_papers,
    write_records,
    write_removals,
)


@dataclass(slots=True)
class Outcome:
    """What the wanted records came to.

    `paper_ids` is the paper of every record of the papers that were looked at, `new` the papers
    that did not exist before, `removed` the papers that are no more, each with the paper that took
    it over, if any.
    """

    paper_ids: dict[Name, int] = field(default_factory=dict)
    new: set[int] = field(default_factory=set)
    removed: dict[int, int | None] = field(default_factory=dict)


def reconcile(
    connection: Connection,
    *,
    stored: Mapping[Name, Entry],
    wanted: Mapping[Name, Entry],
    changed: set[Name],
    crowded: Iterable[object],
    now: datetime,
) -> Outcome:
    """Bring papers from the stored records to the wanted ones.

    `changed` names the records that are new, different or gone; the papers of linked records are
    left alone when none of these and no title that may have become crowded is among them. Both
    mappings must hold the whole neighbourhood of the changed records.
    """
    if not changed:
        return Outcome()
    work = _Work(connection, stored, now)
    ignored = frozenset(crowded) | crowded_links(wanted.values())
    touched = {stored[name].paper_id for name in changed if name in stored}
    for component in components(list(wanted.values()), ignored):
        if any(
            e.name in changed
            or e.paper_id in touched
            or e.identity.title_hash in ignored
            or e.identity.doi in ignored
            for e in component
        ):
            work.sort_out(component, changed, ignored)
    work.remove_emptied(touched)
    delete_records(connection, changed - wanted.keys())
    work.write()
    return work.outcome


class _Work:
    """The papers of some components before and after, and the writing of the difference."""

    def __init__(self, connection: Connection, stored: Mapping[Name, Entry], now: datetime) -> None:
        self._connection = connection
        self._stored = stored
        self._now = now
        self._counters = Counters(connection)
        self._before: defaultdict[int, list[Entry]] = defaultdict(list)
        for entry in stored.values():
            if entry.paper_id is not None:
                self._before[entry.paper_id].append(entry)
        self._heads = paper_heads(connection, self._before)
        self._keys = {paper_id: head.key for paper_id, head in self._heads.items()}
        self._members: dict[int, Sequence[Entry]] = {}
        self._pairs: list[Pair] = []
        self.outcome = Outcome()

    def sort_out(
        self, component: Sequence[Entry], changed: set[Name], crowded: frozenset[object]
    ) -> None:
        """Sort linked entries into papers and give each paper its number."""
        groups = partition(component, crowded)
        numbered = [
            (number or self._new_number(), group)
            for number, group in zip(existing_numbers(groups, self._keys), groups, strict=True)
        ]
        for number, group in numbered:
            self.outcome.paper_ids.update({entry.name: number for entry in group})
            if self._is_other(number, group, changed):
                self._members[number] = group
        self._note_removed(component, {number for number, _ in numbered})
        for (one, first), (two, second) in combinations(numbered, 2):
            is_touched = one in self._members or two in self._members
            if is_touched and belong_together(first, second, crowded):
                self._pairs.append((min(one, two), max(one, two)))

    def _new_number(self) -> int:
        number = self._counters.next_paper_id()
        self.outcome.new.add(number)
        return number

    def _is_other(self, number: int, group: Sequence[Entry], changed: set[Name]) -> bool:
        names = {entry.name for entry in group}
        return bool(names & changed) or names != {e.name for e in self._before.get(number, ())}

    def _note_removed(self, component: Sequence[Entry], kept: set[int]) -> None:
        for entry in component:
            if entry.paper_id is not None and entry.paper_id not in kept:
                successor = self.outcome.paper_ids[entry.name]
                self.outcome.removed.setdefault(entry.paper_id, successor)

    def remove_emptied(self, touched: Iterable[int | None]) -> None:
        """Note the papers that have no records left."""
        kept = set(self.outcome.paper_ids.values())
        for paper_id in touched:
            if paper_id is not None and paper_id not in kept:
                self.outcome.removed.setdefault(paper_id, None)

    def write(self) -> None:
        """Write papers, records, aliases, relations and counters."""
        move_people(self._connection, self.outcome.removed)
        changes = [self._change(number, group) for number, group in self._members.items()]
        removed = self.outcome.removed
        write_removals(self._connection, removed, self._counters)
        write_papers(self._connection, changes)
        write_records(self._connection, self._members, self._stored, self._now)
        old_keys = {self._keys[gone]: successor for gone, successor in removed.items() if successor}
        for change in changes:
            if change.before is not None and change.before.key != change.after.key:
                old_keys[change.before.key] = change.after.paper_id
        write_aliases(self._connection, old_keys)
        touched = {change.after.paper_id: change.after for change in changes}
        stale = [*removed, *(number for number in touched if number in self._before)]
        relate(self._connection, touched, self._pairs, stale)
        gone = (self._keys[number] for number in removed)
        at = self._counters.next_instant(self._now)
        note_changes(self._connection, changes, gone, at)
        self._counters.save()

    def _change(self, number: int, group: Sequence[Entry]) -> Change:
        before = self._before_merged(number)
        after = merge(
            (entry.record for entry in group),
            self._head_after(number, key_of(group)),
        )
        if before is None or searchable(before) != searchable(after):
            after = replace(after, revision=self._counters.next_revision())
        words = next(e.identity.words for e in group if e.record.title == after.title)
        return Change(before, after, words)

    def _head_after(self, number: int, key: str) -> PaperHead:
        head = replace(self._heads.get(number) or PaperHead(number, "", self._now, 0), key=key)
        if number not in self.outcome.removed.values():
            return head
        # What people did on another paper has just been moved here.
        votes, counted, comments = people_counts(self._connection, number)
        return replace(head, people_votes=votes, counted_votes=counted, people_comments=comments)

    def _before_merged(self, number: int) -> Paper | None:
        head = self._heads.get(number)
        if head is None:
            return None
        return merge((entry.record for entry in self._before[number]), head)
