"""What the operator may set: environment variables `BROADSHEET_*`, then a `.env` file, then
defaults. Everything works with none of them.
"""

from __future__ import annotations

import re
from email.utils import parseaddr
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from broadsheet.errors import ConfigurationError

_SENDER = re.compile(r"[^\s@<>\",;:]+@[A-Za-z0-9.-]+")
_SHORTEST_WEBHOOK_SECRET = 16
_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


class SignInProvider(BaseModel):
    """A service whose accounts may sign in here: OpenID Connect by its issuer, else OAuth2.

    `name` stands in the address to register there: BASE_URL/sign-in/with/NAME/back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=30)
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")
    client_secret_file: Path | None = None
    label: str = ""
    issuer: str = ""
    authorize_url: str = ""
    token_url: str = ""
    user_url: str = ""
    scope: str = ""
    subject_field: str = "id"

    @property
    def shown_label(self) -> str:
        """The service's name as pages have it."""
        known = {"orcid": "ORCID", "github": "GitHub"}
        return self.label or known.get(self.name, self.name.title())

    @property
    def secret(self) -> str:
        """The client's secret, from the setting or its file."""
        return _secret(self.client_secret, self.client_secret_file)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse addresses that would carry secrets in plain text, or that are not enough."""
        own = [self.authorize_url, self.token_url, self.user_url]
        if bool(self.issuer) == any(own) or (any(own) and not all(own)):
            raise ValueError(
                "give a provider its issuer (OpenID Connect), or authorize_url, token_url and "
                "user_url (OAuth2)"
            )
        for url in filter(None, [self.issuer, *own]):
            if not is_safe_address(url):
                raise ValueError(f"{url} is not https")
        return self


def is_safe_address(url: str) -> bool:
    """Whether secrets may travel there: https, or this machine itself."""
    parts = urlsplit(url)
    is_here = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    is_protected = parts.scheme == "https" or (parts.scheme == "http" and is_here)
    return bool(parts.hostname) and is_protected


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
    index: str = Field(
        "",
        description="Where the search index lies: a folder, or s3://bucket/prefix for servers that "
        "share it; empty means `index` in the data folder. Keys, region and AWS_ENDPOINT_URL come "
        "from the usual AWS_* variables.",
    )
    index_http: bool = Field(
        False,
        description="Whether the index may be reached by http, which others on the way can read. "
        "On this machine itself it always may.",
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
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Secret of at least 32 characters that signs links and forms; empty means one "
        "that is made and kept in the data folder. Servers that share a database share it.",
    )
    single_user: bool = Field(
        False,
        description="Whether the person at this machine is signed in as the owner, without a "
        "password, on loopback only.",
    )
    sign_up: Literal["open", "approval", "closed"] = Field(
        "open",
        description="Who may make an account: everybody, everybody whom a moderator approves, or "
        "nobody. The first account is always made, as the owner.",
    )
    sign_in_with: tuple[SignInProvider, ...] = Field(
        (),
        description="Services whose accounts may sign in here, as JSON: "
        '`[{"name": "orcid", "issuer": "https://orcid.org", "client_id": "...", "client_secret": '
        '"..."}]`; see docs/community.md.',
    )
    submissions: Literal["open", "approval"] = Field(
        "open", description="Whether submitted papers wait for an editor's approval."
    )
    reading: Literal["everyone", "members"] = Field(
        "everyone", description="Who may read: everyone, or people with an account only."
    )
    api_requests: int = Field(
        3000,
        ge=0,
        description="How many requests one address may make to the Hugging Face API in five "
        "minutes; 0 means as many as it likes.",
    )
    webhooks_per_account: int = Field(
        10,
        ge=0,
        le=1000,
        description="How many webhooks an account may have; 0 closes them.",
    )
    webhook_private: bool = Field(
        False,
        description="Whether webhooks may go to this machine and private networks, there also by "
        "http. Anybody with an account could then reach what only this machine reaches.",
    )
    webhook_days: int = Field(
        5,
        ge=1,
        le=60,
        description="After how many days without a success a webhook is stopped.",
    )
    improver: str = Field(
        "shipped",
        description="Transformer that gives papers better vectors in the background: shipped, "
        "none, a folder with an ONNX model, or the name of one on the Hugging Face Hub.",
    )
    improved_papers: int = Field(
        200_000,
        ge=0,
        description="How many papers it sees to, those with the most votes and the newest; each "
        "takes 400 bytes of the server's memory.",
    )
    load_sample: bool = Field(
        True, description="Whether an empty library is filled with the sample edition on start."
    )

    smtp_host: str = Field(
        "",
        description="Mail server that takes digests and letters to readers; empty means that this "
        "instance sends no mail.",
    )
    smtp_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Its port; 0 means 587 for starttls, 465 for tls, 25 for none.",
    )
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the connection is protected. A server that does not offer it is not used; "
        "with none, a password is refused.",
    )
    smtp_user: str = Field("", description="User name at the mail server; empty means no sign-in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at the mail server.")
    smtp_password_file: Path | None = Field(
        None, description="File that holds the password at the mail server instead."
    )
    smtp_ca_file: Path | None = Field(
        None, description="Certificates to trust for the mail server, besides the system's."
    )
    smtp_connections: int = Field(
        2, ge=1, le=20, description="How many connections to the mail server a worker uses at once."
    )
    mail_from: str = Field(
        "",
        description="Sender of all mail, as Broadsheet <papers@example.org>; needed with a mail "
        "server.",
    )
    mail_imprint: str = Field(
        "",
        description="Who sends the mails, with a postal address; stands at the foot of each digest "
        "where laws ask for it.",
    )
    dkim_key_file: Path | None = Field(
        None,
        description="Private key (PEM, RSA) that signs mails by DKIM; empty means no signature.",
    )
    dkim_selector: str = Field(
        "broadsheet", description="Selector under which DNS has the public key."
    )
    mail_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Secret of at least 16 characters with which a mail provider reports bounces; "
        "empty closes that door.",
    )
    mail_webhook_secret_file: Path | None = Field(
        None, description="File that holds the webhook's secret instead."
    )
    count_clicks: bool = Field(
        False,
        description="Whether clicks on papers in digests are counted, per paper and day, never per "
        "reader; the mails then say so.",
    )

    def shown(self) -> dict[str, str | int | bool]:
        """The effective values as they may be printed: secrets are masked."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        for name, value in values.items():
            if isinstance(value, SecretStr):
                values[name] = "***" if value.get_secret_value() else ""
            if name == "sign_in_with":
                values[name] = ", ".join(each.name for each in self.sign_in_with)
            if value is None or isinstance(value, Path):
                values[name] = str(value or "")
        values["index"] = _PASSWORD.sub(r"\1***@", self.effective_index)
        values["database_url"] = _PASSWORD.sub(r"\1***@", self.effective_database_url)
        return values

    @property
    def effective_database_url(self) -> str:
        """The database address, with the SQLite default filled in."""
        return self.database_url or f"sqlite:///{self.data / 'broadsheet.sqlite'}"

    @property
    def smtp_secret(self) -> str:
        """The password at the mail server, from the setting or its file."""
        return _secret(self.smtp_password, self.smtp_password_file)

    @property
    def webhook_secret(self) -> str:
        """The secret of the provider's webhook, from the setting or its file."""
        return _secret(self.mail_webhook_secret, self.mail_webhook_secret_file)

    @property
    def effective_index(self) -> str:
        """Where the search index lies, with the default filled in."""
        return self.index or str(self.data / "index")


def _secret(given: SecretStr, file: Path | None) -> str:
    if file is None:
        return given.get_secret_value()
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The secret in {file} cannot be read.") from error


def _check_mail(settings: Settings) -> None:
    """Raise ConfigurationError where the settings of mail contradict each other."""
    if settings.webhook_secret and len(settings.webhook_secret) < _SHORTEST_WEBHOOK_SECRET:
        raise ConfigurationError(
            f"BROADSHEET_MAIL_WEBHOOK_SECRET has fewer than {_SHORTEST_WEBHOOK_SECRET} characters."
        )
    if not settings.smtp_host:
        return
    if parse_sender(settings.mail_from) is None:
        raise ConfigurationError(
            "BROADSHEET_MAIL_FROM must name the sender of mails, as "
            "Broadsheet <papers@example.org>, because BROADSHEET_SMTP_HOST is set."
        )
    if settings.smtp_security == "none" and (settings.smtp_user or settings.smtp_secret):
        raise ConfigurationError(
            "BROADSHEET_SMTP_SECURITY is none, so the password would travel in plain text. Use "
            "starttls or tls, or take BROADSHEET_SMTP_USER and BROADSHEET_SMTP_PASSWORD away."
        )
    if bool(settings.smtp_user) != bool(settings.smtp_secret):
        raise ConfigurationError(
            "BROADSHEET_SMTP_USER and BROADSHEET_SMTP_PASSWORD go together; one of them is missing."
        )


def parse_sender(text: str) -> tuple[str, str] | None:
    """Name and address of `Name <address>`; None where it is no such thing."""
    name, address = parseaddr(text)
    is_plain = _SENDER.fullmatch(address) is not None and text.isprintable()
    return (name, address) if is_plain else None


def load_settings() -> Settings:
    """Read the settings once.

    Raises ConfigurationError with one sentence per wrong value.
    """
    try:
        settings = Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        sentences = [
            f"BROADSHEET_{'_'.join(map(str, part['loc'])).upper()}: {part['msg']}."
            for part in error.errors()
        ]
        raise ConfigurationError(" ".join(sentences)) from error
    _check_mail(settings)
    return settings
