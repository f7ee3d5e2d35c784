"""A harvest that is killed at any step: the next one makes up for it, at once and without doubles."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from outside import library, oai_answer, oai_record, oai_title, once, run, shown

from broadsheet import intake
from broadsheet.domain import SourceState
from broadsheet.services import open_services
from broadsheet.settings import Settings
from loopback import Loopback

NOW = datetime(2026, 8, 20, 6, 0, tzinfo=UTC)
PLACES = 10
EVERYTHING = once(*map(oai_title, (1, 2, 3, 4)))


@pytest.fixture(scope="module")
def service(one_loopback: Loopback) -> Loopback:
    """Two answers, one after the other."""
    one_loopback.forget()
    pages = [[oai_record(number, NOW.date()) for number in pair] for pair in ((1, 2), (3, 4))]
    second = oai_answer(pages[1], NOW)
    one_loopback.answer("/list", body=second, query={"resumptionToken": "two"})
    one_loopback.answer("/list", body=oai_answer(pages[0], NOW, "two"))
    return one_loopback


@pytest.fixture(scope="module")
def killed(service: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data folder for each place at which a harvest was killed."""
    folder = tmp_path_factory.mktemp("killed")
    script = Path(__file__).with_name("mortal.py")
    done = subprocess.run(
        [sys.executable, script, folder, f"{service.url}/list", str(PLACES)],
        capture_output=True,
        check=True,
        timeout=100,
    )
    died = json.loads(done.stdout)
    assert len(died) == len(set(died)) == PLACES
    return folder


@pytest.mark.parametrize("place", range(PLACES))
def test_killed_harvest_is_made_up_for_at_once(killed: Path, place: int) -> None:
    services = open_services(Settings(data=killed / str(place)), lambda: NOW)
    assert library(services) <= EVERYTHING
    assert shown(services) in {SourceState.WAITING, SourceState.FRESH}
    intake.harvest_due(services)
    assert library(services) == EVERYTHING
    assert shown(services) is SourceState.FRESH
    assert services.store.source("daily").claim is None
    run(services)
    assert library(services) == EVERYTHING
    services.store.close()


def test_whole_harvest_of_the_same_answers_gives_the_same(killed: Path) -> None:
    services = open_services(Settings(data=killed / "whole"), lambda: NOW)
    assert library(services) == EVERYTHING
    services.store.close()
