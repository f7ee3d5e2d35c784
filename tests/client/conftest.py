"""A library of invented papers behind a real server on a port."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi import FastAPI

from broadsheet.delivery.app import create_app
from broadsheet.domain import Link, LinkKind, PaperRecord, Version
from broadsheet.pipeline import sync_index
from broadsheet.services import open_services
from broadsheet.settings import Settings
from serving import serving

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)


def _record(number: int) -> PaperRecord:
    submitted_at = NOW - timedelta(days=number // 10 + 1)
    return PaperRecord(
        source="hf_daily",
        record_id=f"2608.{number:05d}",
        title=f"Lanterns of $\\alpha$ Harbours, Part {number}",
        abstract=f"We count lanterns in harbour {number} and find {number * 7} of them.",
        authors=("Ada Author", f"Bo Writer{number}"),
        arxiv_id=f"2608.{number:05d}",
        doi=f"10.5555/lantern.{number}" if number % 2 else None,
        categories=("cs.CL", "cs.LG") if number % 3 else ("math.CO",),
        submitted_at=submitted_at,
        updated_at=NOW if number == 1 else None,
        announced_on=date(2026, 8, 20),
        listed_on=NOW.date() - timedelta(days=number // 10),
        versions=(Version(1, submitted_at), Version(2)),
        comment="9 pages",
        license="http://creativecommons.org/licenses/by/4.0/",
        votes=number,
        comments=number % 4,
        keywords=("lanterns",),
        links=(Link(LinkKind.CODE, f"https://github.com/example/lanterns-{number}"),),
    )


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(data=tmp_path_factory.mktemp("library"), base_url="")
    services = open_services(settings, lambda: NOW)
    journal = PaperRecord("corpus", "j", "A Journal's Own", "Known by DOI.", doi="10.5555/a(b)/./c",
                          listed_on=date(2026, 7, 1))  # fmt: skip
    services.store.ingest([*map(_record, range(1, 31)), journal], now=NOW)
    sync_index(services)
    return create_app(services)


@pytest.fixture(scope="session")
def site(app: FastAPI) -> Iterator[str]:
    with serving(app) as address:
        yield address
