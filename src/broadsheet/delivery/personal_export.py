"""Everything of one account as one file: JSON for programs, BibTeX for reference managers."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import orjson

from broadsheet.delivery.citations.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from broadsheet.people import Account
    from broadsheet.services import Services

MEDIA_TYPE = "application/zip"
_BATCH = 200
_WITH_PAPERS = ("mark", "vote", "submission", "paper_claim", "collection_paper")
_README = """What this Broadsheet keeps of the account {name}, on {day}.

account.json   every row, one list per table; papers are named by their keys
papers.bib     the papers you saved, read, noted, voted for, submitted, claimed or collected
collections/   one BibTeX file per collection
"""


def archive_name(account: Account, now: datetime) -> str:
    """What the file is called."""
    return f"broadsheet-{account.name}-{now.date().isoformat()}.zip"


def archive(services: Services, account: Account) -> bytes:
    """The whole archive."""
    everything = services.community.leaving.everything(account)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        day = services.clock().date().isoformat()
        file.writestr("README.txt", _README.format(name=account.name, day=day))
        file.writestr("account.json", as_json(everything))
        rows = [row for table in _WITH_PAPERS for row in everything.get(table, [])]
        file.writestr("papers.bib", _bibtex(services, rows))
        for collection in everything.get("collection", []):
            own = [
                row
                for row in everything.get("collection_paper", [])
                if row["collection_id"] == collection["collection_id"]
            ]
            own.sort(key=lambda row: row["position"])
            file.writestr(f"collections/{collection['slug']}.bib", _bibtex(services, own))
    return packed.getvalue()


def as_json(everything: dict[str, list[dict[str, Any]]]) -> bytes:
    """The rows as JSON, instants in UTC."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z
    return orjson.dumps(everything, default=_plain, option=options)


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _bibtex(services: Services, rows: Iterable[dict[str, Any]]) -> bytes:
    papers = list(_papers(services, rows))
    return FORMATS["bib"].write(papers) if papers else b""


def _papers(services: Services, rows: Iterable[dict[str, Any]]) -> Iterator[Any]:
    numbers = list(dict.fromkeys(row["paper_id"] for row in rows if row.get("paper_id")))
    for start in range(0, len(numbers), _BATCH):
        yield from services.store.papers(numbers[start : start + _BATCH])
