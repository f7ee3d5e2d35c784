"""Makes large inputs out of the real corpus: each paper many times, changed so that it is another.

The copies have ids, dates and orders of authors of their own and some other words in title and
abstract, so that a library takes each for a paper. The same corpus gives the same file every time.

    .venv/bin/python -m benchmarks.multiply 1000000
"""

from __future__ import annotations

import argparse
import lzma
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal

import orjson
import zstandard

from benchmarks.measure import PROJECT, data_folder

Form = Literal["snapshot", "jsonl"]
FORMS: tuple[Form, ...] = ("snapshot", "jsonl")
SEED = 20260821
_DAYS_BACK = 11
_OLDEST_YEAR_OF_IDS = 2007
_SHARE_OF_CHANGED_WORDS = 0.06
_WORD = re.compile(r"[a-z]{5,12}")
_WORDS_FROM = 4_000


def multiplied(count: int, form: Form = "snapshot") -> Path:
    """A file of so many papers in `.bench`, made where it is not there yet."""
    path = PROJECT / ".bench" / f"{form}-{count}.jsonl.zst"
    if path.exists():
        return path
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as raw, zstandard.ZstdCompressor(level=3).stream_writer(raw) as out:
        for fields in papers(count):
            out.write(orjson.dumps(_as_snapshot(fields) if form == "snapshot" else fields) + b"\n")
    unfinished.rename(path)
    return path


def papers(count: int) -> Iterator[dict[str, Any]]:
    """So many papers as objects of the corpus, the copies of one paper one after another."""
    files = sorted((data_folder() / "corpus").glob("*.xz"))
    total = sum(1 for _ in _lines(files))
    words = _vocabulary(files)
    serials: Counter[str] = Counter()
    for place, line in enumerate(_lines(files)):
        fields = orjson.loads(line)
        copies = count * (place + 1) // total - count * place // total
        for copy in range(copies):
            chance = random.Random(f"{SEED}/{place}/{copy}")
            yield _changed(fields, copy, chance, words, serials)


def _lines(files: list[Path]) -> Iterator[bytes]:
    for file in files:
        with lzma.open(file) as lines:
            yield from lines


def _vocabulary(files: list[Path]) -> list[str]:
    found: Counter[str] = Counter()
    for file in files:
        with lzma.open(file) as lines:
            for _ in range(_WORDS_FROM):
                found.update(_WORD.findall(orjson.loads(next(lines))["abstract"]))
    return sorted(word for word, times in found.items() if times > 1)


def _changed(
    fields: dict[str, Any],
    copy: int,
    chance: random.Random,
    words: list[str],
    serials: Counter[str],
) -> dict[str, Any]:
    authors = list(fields["authors"])
    chance.shuffle(authors)
    day = _day(fields) - timedelta(days=_DAYS_BACK * copy)
    month = f"{max(day.year, _OLDEST_YEAR_OF_IDS) % 100:02}{day.month:02}"
    serials[month] += 1
    changed = {
        **fields,
        "id": f"{month}.{serials[month]:06}",
        "title": _other_title(fields["title"], chance, words),
        "abstract": _other_text(fields["abstract"], chance, words),
        "authors": authors,
        "published": day.isoformat(),
    }
    if doi := fields.get("doi"):
        changed["doi"] = f"{doi}.{copy}"
    changed.pop("listed", None)
    return changed


def _day(fields: dict[str, Any]) -> date:
    return date.fromisoformat(f"{fields.get('published') or '2020-01'}-01"[:10])


def _other_title(title: str, chance: random.Random, words: list[str]) -> str:
    """The title with another first and another middle word, so that no two copies look near."""
    parts = title.split() or [""]
    parts[0] = chance.choice(words).capitalize()
    parts[chance.randrange(len(parts))] = chance.choice(words).capitalize()
    return " ".join(parts)


def _other_text(text: str, chance: random.Random, words: list[str]) -> str:
    parts = text.split()
    for _ in range(int(len(parts) * _SHARE_OF_CHANGED_WORDS) + 1 if parts else 0):
        parts[chance.randrange(len(parts))] = chance.choice(words)
    return " ".join(parts)


def _as_snapshot(fields: dict[str, Any]) -> dict[str, Any]:
    """The paper as arXiv's metadata snapshot writes it."""
    day = date.fromisoformat(fields["published"])
    created = format_datetime(datetime.combine(day, time(17, 3, 9), UTC), usegmt=True)
    return {
        "id": fields["id"],
        "submitter": fields["authors"][0] if fields["authors"] else None,
        "authors": ", ".join(fields["authors"]),
        "title": fields["title"],
        "comments": fields.get("comment"),
        "journal-ref": fields.get("journal_ref"),
        "doi": fields.get("doi"),
        "report-no": None,
        "categories": " ".join(fields["categories"]),
        "license": "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        "abstract": f"  {fields['abstract']}\n",
        "versions": [{"version": "v1", "created": created}],
        "update_date": day.isoformat(),
        "authors_parsed": [_parsed_name(name) for name in fields["authors"]],
    }


def _parsed_name(name: str) -> list[str]:
    given, _, family = name.rpartition(" ")
    return [family, given, ""]


def main() -> None:
    """Make the file and print its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, help="how many papers")
    parser.add_argument("--form", choices=FORMS, default="snapshot")
    options = parser.parse_args()
    print(multiplied(options.count, options.form))


if __name__ == "__main__":
    main()
