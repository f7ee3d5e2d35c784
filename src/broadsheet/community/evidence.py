"""What speaks for a claim: the ORCID iDs and e-mail addresses that sources give with a paper.

A name alone never suffices, and is always required in addition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from broadsheet.domain import PaperRecord
from broadsheet.identifiers import normalise_words
from broadsheet.people import Account

TRUSTED = frozenset(("crossref", "openreview", "biorxiv", "medrxiv", "acl_anthology"))
"""Sources whose word on an author's iD or address counts; nobody here can write their records."""
_NAMES = {"crossref": "Crossref", "openreview": "OpenReview"}
_ORCID_LENGTH = 19


class Weight(Enum):
    """What the evidence comes to."""

    PROVEN = auto()
    OPEN = auto()
    REFUTED = auto()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The weight of what was found, and the same in a sentence; empty where nothing was."""

    weight: Weight
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    """What a source says of an author: an iD or an address, in the form that is compared."""

    source: str
    author: str
    kind: str
    value: str


def weigh(account: Account, author: str, records: Iterable[PaperRecord]) -> Evidence:
    """What speaks for the account being this author, by the records of the paper."""
    words = [word for one in records for word in _words(one)]
    own = {"ORCID iD": _orcid(account), "e-mail address": _email(account)}
    matching = [word for word in words if own[word.kind] and own[word.kind] == word.value]
    for word in matching:
        if is_same_name(word.author, author):
            return _with_name(account, author, word)
    if matching:
        word = matching[0]
        return Evidence(
            Weight.OPEN, f"Your {word.kind} is that of {word.author} at {_name(word.source)}."
        )
    known = own["ORCID iD"]
    for word in words:
        is_other = word.kind == "ORCID iD" and known and word.value != known
        if is_other and is_same_name(word.author, author):
            return Evidence(
                Weight.REFUTED,
                f"{_name(word.source)} gives another ORCID iD for {author} than yours.",
            )
    return Evidence(Weight.OPEN)


def _with_name(account: Account, author: str, word: _Word) -> Evidence:
    said = f"The {word.kind} that {_name(word.source)} gives for {word.author} is the account's"
    if is_same_name(account.full_name, author):
        return Evidence(Weight.PROVEN, f"{said}.")
    name = f"“{account.full_name}”" if account.full_name else "not given"
    return Evidence(Weight.OPEN, f"{said}, but the account's name is {name}.")


def _orcid(account: Account) -> str:
    return _bare(account.orcid or "") if account.orcid_verified_at else ""


def _email(account: Account) -> str:
    return (account.email or "").strip().casefold() if account.verified_at else ""


def _bare(orcid: str) -> str:
    return orcid.strip()[-_ORCID_LENGTH:].upper()


def _words(record: PaperRecord) -> Iterator[_Word]:
    if record.source not in TRUSTED:
        return
    orcids = record.extras.get("orcids")
    for author, orcid in orcids.items() if isinstance(orcids, dict) else ():
        if isinstance(orcid, str) and orcid:
            yield _Word(record.source, author, "ORCID iD", _bare(orcid))
    # OpenReview names its authors in the same order by profile, or by address without one.
    named = record.extras.get("authorids")
    if isinstance(named, list) and len(named) == len(record.authors):
        for author, name in zip(record.authors, named, strict=True):
            if isinstance(name, str) and "@" in name:
                yield _Word(record.source, author, "e-mail address", name.strip().casefold())


def _name(source: str) -> str:
    return _NAMES.get(source, source)


def is_same_name(one: str, other: str) -> bool:
    """Whether two spellings can be one person's: same family name, first names that fit.

    Initials fit the names they begin; order (`Wheel, Ada`), accents and case do not matter.
    """
    first, second = _parts(one), _parts(other)
    if not first or not second:
        return False
    if first == second or (len(first) > 1 and sorted(first) == sorted(second)):
        return True
    return _fit(first, second) or _fit(second, first)


def _parts(name: str) -> list[str]:
    family, comma, given = name.partition(",")
    return normalise_words(f"{given} {family}" if comma else name)


def _fit(full: list[str], short: list[str]) -> bool:
    """Whether the last names agree and each other name of `short` begins one of `full`, in turn."""
    if full[-1] != short[-1] or len(full) == 1 or len(short) == 1:
        return False
    given = iter(full[:-1])
    return all(any(_begins(name, part) for name in given) for part in short[:-1])


def _begins(name: str, part: str) -> bool:
    if name == part:
        return True
    return (len(part) == 1 and name.startswith(part)) or (len(name) == 1 and part.startswith(name))
