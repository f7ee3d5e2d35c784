"""Vectors improved in the background, with the shipped transformer and a real library."""

from __future__ import annotations

import threading
from pathlib import Path

from broadsheet import pipeline
from broadsheet.domain import Listing, ListingKind
from broadsheet.improving import improve, keep_improving
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.status import status


def library(folder: Path, improver: str = "shipped") -> Services:
    services = open_services(Settings(data=folder, improver=improver))
    pipeline.load_sample(services)
    pipeline.sync_index(services)
    return services


def search_reasons(services: Services) -> str:
    page = services.ranking.page(Listing(ListingKind.SEARCH, query="learning from human feedback"))
    return " ".join(reason.text for hit in page.hits for reason in hit.reasons)


def test_every_paper_is_improved_in_batches_and_search_says_so(tmp_path: Path) -> None:
    services = library(tmp_path)
    assert "static" in search_reasons(services)
    seen: list[tuple[int, int]] = []
    done = improve(services, lambda: False, lambda *step: seen.append(step))
    assert done == services.store.count() == seen[-1][0]
    assert seen[-1][1] == 0
    assert services.index.state().improver in search_reasons(services)
    assert improve(services, lambda: False) == 0
    assert "All have vectors of" in status(services).index_sentence


def test_improving_stops_when_told_and_goes_on_later(tmp_path: Path) -> None:
    services = library(tmp_path)
    assert improve(services, lambda: False, most=5) == 5
    assert services.index.state().improved == 5
    assert improve(services, lambda: True) == 0
    assert improve(services, lambda: False) == services.store.count() - 5


def test_improving_ends_when_all_that_waits_is_gone(tmp_path: Path) -> None:
    services = library(tmp_path)
    assert improve(services, lambda: False, hands=lambda batches: [((), None)] * len(batches)) == 0


def test_nothing_is_improved_where_that_is_turned_off(tmp_path: Path) -> None:
    services = library(tmp_path, improver="none")
    assert improve(services, lambda: False) == 0
    assert services.index.state().improver == ""


def test_improver_that_is_not_there_is_said_in_status_and_search_goes_on(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    services = library(tmp_path / "data", improver=str(tmp_path / "empty"))
    assert improve(services, lambda: False) == 0
    assert "not being improved" in status(services).index_sentence
    assert "static" in search_reasons(services)


def test_new_papers_are_improved_while_the_worker_runs(tmp_path: Path) -> None:
    services = library(tmp_path)
    stop, said = threading.Event(), []
    worker = threading.Thread(target=keep_improving, args=(services, stop, said.append))
    worker.start()
    for _ in range(200):
        if services.index.state().improved == services.store.count():
            break
        stop.wait(0.1)
    stop.set()
    worker.join(20)
    assert services.index.state().improved == services.store.count()
    assert said == []
