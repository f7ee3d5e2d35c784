"""A library of invented papers, an empty one, and clients that ask their applications."""

from __future__ import annotations

from collections.abc import Iterator

import editions
import libraries
import pytest
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.services import Services


@pytest.fixture(scope="session")
def edition_services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    return libraries.open_library(tmp_path_factory.mktemp("library"), editions.library())


@pytest.fixture(scope="session")
def client(edition_services: Services) -> Iterator[TestClient]:
    """Asks the application around the whole library; redirects are not followed."""
    with TestClient(create_app(edition_services), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="session")
def empty_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Asks an application whose library holds nothing."""
    services = libraries.open_library(tmp_path_factory.mktemp("empty"), [])
    with TestClient(create_app(services), follow_redirects=False) as client:
        yield client
