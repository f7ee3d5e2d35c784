"""Archived days of Hugging Face come back out of an exported and imported library as they were."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import harbour
import orjson
import pytest
from harbour_site import serving
from huggingface_hub import HfApi

from broadsheet import pipeline
from broadsheet.services import open_services
from broadsheet.settings import Settings

DAYS = ("2024-05-27", "2024-08-02", "2025-03-04", "2025-03-17", "2025-10-01", "2026-03-30")
"""One of each shape that the archive has had."""


def told(paper: Any) -> tuple[object, ...]:
    return (
        paper.id,
        paper.upvotes,
        paper.comments,
        [author.name for author in paper.authors or []],
        paper.published_at,
        paper.submitted_at.date(),
    )


def archived(item: dict[str, Any], day: str) -> tuple[object, ...]:
    """The same facts of an archived item; the day of listing is the file's where none is told."""
    paper = item["paper"]
    at = paper.get("submittedOnDailyAt")
    if at is None and item["publishedAt"] > paper["publishedAt"]:
        at = item["publishedAt"]
    names = [" ".join(author["name"].split()) for author in paper["authors"]]
    return (
        paper["id"],
        paper["upvotes"],
        item["numComments"],
        [name for name in names if name],
        datetime.fromisoformat(paper["publishedAt"]),
        datetime.fromisoformat(at or day).date(),
    )


@pytest.fixture(scope="module")
def site(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server over what was imported from an export of what was imported from the archive."""
    folder = tmp_path_factory.mktemp("archive")
    first = open_services(Settings(data=folder / "first"), lambda: harbour.NOW)
    files = [test_data / "hf_daily" / f"{day}.json.gz" for day in DAYS]
    pipeline.import_files(first, files)
    export = folder / "export.jsonl"
    export.write_bytes(b"\n".join(map(orjson.dumps, pipeline.export(first))))
    second = open_services(Settings(data=folder / "second"), lambda: harbour.NOW)
    pipeline.import_files(second, [export])
    with serving(second) as address:
        yield address


@pytest.mark.parametrize("day", DAYS)
def test_an_archived_day_is_served_as_it_was(site: str, test_data: Path, day: str) -> None:
    items = json.loads(gzip.decompress((test_data / "hf_daily" / f"{day}.json.gz").read_bytes()))
    served = [
        told(paper) for paper in HfApi(endpoint=site, token=False).list_daily_papers(date=day)
    ]
    assert sorted(served, key=str) == sorted((archived(item, day) for item in items), key=str)
    assert [paper[1] for paper in served] == sorted((paper[1] for paper in served), reverse=True)
