"""What the operator may set: environment variables `BROADSHEET_*`, then a `.env` file, then
defaults. Everything works with none of them.
"""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from broadsheet.errors import ConfigurationError

_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


class Settings(BaseSettings):
    """The effective settings of one process; frozen."""

    model_config = SettingsConfigDict(
        env_prefix="BROADSHEET_", env_file=".env", extra="ignore", frozen=True
    )

    data: Path = Field(Path("data"), description="Folder that holds the database and the index.")
    database_url: str = Field(
        "",
        description="SQLAlchemy address of the database; empty means SQLite in the data folder. "
        "Example: postgresql+psycopg://user:password@host/name",
    )
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the server listens on; 0 picks one.")
    base_url: str = Field(
        "",
        description="Public address of this instance, used in absolute links; empty means the "
        "address of the request.",
    )
    contact: str = Field(
        "",
        description="Your e-mail address or page, told to the services that live sources ask "
        "(User-Agent); arXiv and Crossref want one.",
    )
    worker: bool = Field(
        True, description="Whether `broadsheet serve` also harvests live sources when they are due."
    )
    load_sample: bool = Field(
        True, description="Whether an empty library is filled with the sample edition on start."
    )

    def shown(self) -> dict[str, str | int | bool]:
        """The effective values as they may be printed: the database password is masked."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        values["data"] = str(self.data)
        values["database_url"] = _PASSWORD.sub(r"\1***@", self.effective_database_url)
        return values

    @property
    def effective_database_url(self) -> str:
        """The database address, with the SQLite default filled in."""
        return self.database_url or f"sqlite:///{self.data / 'broadsheet.sqlite'}"

    @property
    def index_path(self) -> Path:
        """The folder of the search index."""
        return self.data / "index"


def load_settings() -> Settings:
    """Read the settings once.

    Raises ConfigurationError with one sentence per wrong value.
    """
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        sentences = [
            f"BROADSHEET_{'_'.join(map(str, part['loc'])).upper()}: {part['msg']}."
            for part in error.errors()
        ]
        raise ConfigurationError(" ".join(sentences)) from error
