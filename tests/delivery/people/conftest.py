"""Instances on a laptop and in public, founded anew for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk import Desk, opened


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture(scope="module")
def kept_mailing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = {
        "smtp_host": "mail.example.org", "mail_from": "Broadsheet <papers@example.org>",
        "base_url": "https://papers.example.org",
    }  # fmt: skip
    with opened(tmp_path_factory.mktemp("mailing"), **settings) as desk:
        yield desk


@pytest.fixture
def desk(kept: Desk) -> Desk:
    """An instance on a laptop: no mail, no https."""
    return kept.found()


@pytest.fixture
def mailing(kept_mailing: Desk) -> Desk:
    """A public instance: mail and https."""
    return kept_mailing.found()
