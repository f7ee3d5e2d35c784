"""Settings come from the environment, and wrong ones stop the start with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.errors import ConfigurationError
from broadsheet.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"BROADSHEET_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default() -> None:
    settings = load_settings()
    assert settings.data == Path("data")
    assert settings.effective_database_url == "sqlite:///data/broadsheet.sqlite"


def test_the_environment_stands_above_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("BROADSHEET_PORT=7000\nBROADSHEET_HOST=::1\n")
    monkeypatch.setenv("BROADSHEET_PORT", "7001")
    assert (load_settings().port, load_settings().host) == (7001, "::1")


def test_a_wrong_value_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_PORT", "eighty")
    with pytest.raises(ConfigurationError, match="BROADSHEET_PORT"):
        load_settings()


def test_the_database_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_DATABASE_URL", "postgresql+psycopg://ann:s3cret@host/papers")
    shown = str(load_settings().shown())
    assert "s3cret" not in shown
    assert "ann:***@host/papers" in shown
