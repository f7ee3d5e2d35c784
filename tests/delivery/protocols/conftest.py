"""A running server around the invented harbour library, for real clients to talk to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import harbour
import pytest
from harbour_site import Hf, hf_environment, open_harbour, serving
from starlette.testclient import TestClient

from broadsheet.delivery.app import create_app
from broadsheet.services import Services


@pytest.fixture(scope="session")
def harbour_services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    return open_harbour(tmp_path_factory.mktemp("harbour"), harbour.library())


@pytest.fixture(scope="session")
def harbour_site(harbour_services: Services) -> Iterator[str]:
    with serving(harbour_services) as address:
        yield address


@pytest.fixture(scope="session")
def asking(harbour_services: Services) -> Iterator[TestClient]:
    """Asks the application without a network; a crash inside is raised here."""
    with TestClient(create_app(harbour_services), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="session")
def hf(harbour_site: str, tmp_path_factory: pytest.TempPathFactory) -> Hf:
    """Runs the unmodified `hf papers` command against the server."""
    home = tmp_path_factory.mktemp("hf")
    program = Path(sys.executable).parent / "hf"

    def running(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, "papers", *arguments],
            env=hf_environment(harbour_site, home),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return running
