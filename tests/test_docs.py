"""The documentation says what the code does; it fails here when the two drift apart."""

from __future__ import annotations

import re

import pytest
from tools.generate_docs import cli_page, settings_page

from broadsheet.ranking.query import FIELDS
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from parts import PROJECT

DOCS = PROJECT / "docs"


def text_of(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_settings_page_is_up_to_date() -> None:
    assert text_of("docs/settings.md") == settings_page(), "run `make docs`"


def test_the_command_line_page_is_up_to_date() -> None:
    assert text_of("docs/cli.md") == cli_page(), "run `make docs`"


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_the_search_language_is_documented(field: str) -> None:
    assert f"`{field}:" in text_of("docs/search.md")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    return open_services(Settings(data=tmp_path_factory.mktemp("docs")))


def test_every_endpoint_of_the_api_is_documented(services: Services) -> None:
    from broadsheet.delivery.api.routes import create_api

    documented = text_of("docs/api.md")
    paths = create_api().openapi()["paths"]
    assert paths
    missing = [path for path in paths if f"/api/v1{path}" not in documented]
    assert not missing


def test_every_source_name_is_documented() -> None:
    from broadsheet.store.merging import PRECEDENCE

    documented = text_of("docs/importing.md")
    assert [source for source in PRECEDENCE if f"`{source}`" not in documented] == []


def test_every_link_within_the_documentation_leads_somewhere() -> None:
    pages = [*PROJECT.glob("*.md"), *DOCS.glob("*.md"), *PROJECT.glob("training/*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if not target.startswith("http") and not (page.parent / target).exists()
    ]
    assert broken == []
