"""The index in an object store that speaks S3: objects below a prefix, as a `Place`.

Needs the extra `s3` and is imported only where an address begins with s3://. Keys come from the
usual AWS_* variables, or from the role of the machine; nothing here keeps or prints them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from broadsheet.errors import ConfigurationError
from broadsheet.index.bucket_lock import EXPIRY_SECONDS, BucketLock
from broadsheet.index.places import PlaceTrouble

if TYPE_CHECKING:
    from obstore.store import S3Store

BUCKET_GRACE_SECONDS = 900.0
"""How long a replaced generation stays: other servers may still be reading the new one."""
_REGION = "us-east-1"
_CONNECT_SECONDS = 3
_REQUEST_SECONDS = 20
_RETRIES = 3
_RETRY_SECONDS = 15
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

T = TypeVar("T")


@dataclass(slots=True)
class _Standing:
    """What all places of one bucket share: locks that are held, and what is wrong with it."""

    locks: list[BucketLock] = field(default_factory=list)
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What lies below a prefix of a bucket."""

    store: S3Store
    root: str
    prefix: str
    options: Mapping[str, str]
    standing: _Standing = field(default_factory=_Standing)

    is_remote = True

    @property
    def trouble(self) -> str:
        """Why the bucket could not be reached when it was last tried; empty if it could."""
        return self.standing.trouble

    @property
    def uri(self) -> str:
        """s3://bucket/prefix."""
        return f"{self.root}/{self.prefix}".rstrip("/")

    @property
    def grace_seconds(self) -> float:
        """How long a replaced generation stays, for searches that still read it."""
        return BUCKET_GRACE_SECONDS

    def below(self, name: str) -> Bucket:
        """Objects whose names begin with a further part."""
        return Bucket(self.store, self.root, self._key(name), self.options, self.standing)

    def exists(self) -> bool:
        """Whether any object is here."""
        return bool(self._listing()["objects"] or self._listing()["common_prefixes"])

    def make(self) -> None:
        """See whether the bucket answers; folders need not be made."""
        self._listing()

    def folders(self) -> list[str]:
        """The names that objects below this prefix go on with."""
        return [name.rsplit("/", 1)[-1] for name in self._listing()["common_prefixes"]]

    def _listing(self) -> Any:
        import obstore

        prefix = f"{self.prefix}/" if self.prefix else None
        return self._ask(lambda: obstore.list_with_delimiter(self.store, prefix))

    def remove_folder(self, name: str) -> None:
        """Remove everything below a name."""
        import obstore

        def remove() -> None:
            for found in obstore.list(self.store, f"{self._key(name)}/"):
                obstore.delete(self.store, [each["path"] for each in found])

        self._ask(remove)

    def read(self, name: str) -> bytes | None:
        """A whole object; None where there is none."""
        import obstore

        return self._ask(
            lambda: bytes(obstore.get(self.store, self._key(name)).bytes()), missing=None
        )

    def write(self, name: str, content: bytes) -> None:
        """Replace an object; refused once another process has taken the right to write."""
        import obstore

        for lock in self.standing.locks:
            lock.assure()
        self._ask(lambda: obstore.put(self.store, self._key(name), content, use_multipart=False))

    def remove(self, name: str) -> None:
        """Remove an object, which need not be there."""
        import obstore

        self._ask(lambda: obstore.delete(self.store, self._key(name)), missing=None)

    def mark(self, name: str) -> object:
        """The object's tag."""
        facts = self._facts(name)
        return facts["e_tag"] if facts else None

    def age(self, name: str) -> float | None:
        """Seconds since an object was written, as far as both clocks agree."""
        facts = self._facts(name)
        written: datetime | None = facts["last_modified"] if facts else None
        return (datetime.now(UTC) - written).total_seconds() if written else None

    def _facts(self, name: str) -> Any:
        import obstore

        return self._ask(lambda: obstore.head(self.store, self._key(name)), missing=None)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Hold a lock that lasts while this process renews it."""
        lock = BucketLock(self.store, self._key(name))
        self._ask(lock.acquire)
        self.standing.locks.append(lock)
        try:
            yield
        finally:
            self.standing.locks.remove(lock)
            lock.release()

    def is_locked(self, name: str) -> bool:
        """Whether a process has the lock and has renewed it lately."""
        age = self.age(name) if self.read(name) else None
        return age is not None and age < EXPIRY_SECONDS

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def _ask(self, question: Callable[[], T], **otherwise: T) -> T:
        """The store's answer; `missing` where there is no such object.

        Raises PlaceTrouble, also where the whole bucket is missing.
        """
        from obstore import exceptions

        try:
            answer = question()
        except (FileNotFoundError, exceptions.NotFoundError) as error:
            if "missing" in otherwise and "NoSuchBucket" not in str(error):
                return otherwise["missing"]
            raise self._trouble("there is no such bucket") from error
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            raise self._trouble("access was refused; look at the keys in AWS_*") from error
        except exceptions.BaseError as error:
            reason = "there is no such bucket" if "NoSuchBucket" in str(error) else "no answer"
            raise self._trouble(reason) from error
        self.standing.trouble = ""
        return answer

    def _trouble(self, reason: str) -> PlaceTrouble:
        self.standing.trouble = f"{self.root} cannot be used: {reason}"
        return PlaceTrouble(self.standing.trouble)


def open_bucket(address: str, *, may_use_http: bool) -> Bucket:
    """The place that s3://bucket/prefix names; nothing is asked of the network yet.

    Raises ConfigurationError.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ImportError as error:
        raise ConfigurationError(
            "BROADSHEET_INDEX names a bucket, and what reaches it is not installed: "
            "pip install 'broadsheet[s3]'."
        ) from error
    parts = urlsplit(address)
    if not parts.hostname or parts.netloc != parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(
            "BROADSHEET_INDEX must be a folder or s3://bucket/prefix, in small letters and "
            "without keys."
        )
    endpoint = _endpoint(os.environ, may_use_http=may_use_http)
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _REGION
    is_plain = endpoint.startswith("http://")
    try:
        store = S3Store(
            parts.hostname,
            region=region,
            config={"endpoint": endpoint} if endpoint else {},
            client_options={
                "allow_http": is_plain,
                "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
                "timeout": timedelta(seconds=_REQUEST_SECONDS),
            },
            retry_config={
                "max_retries": _RETRIES,
                "retry_timeout": timedelta(seconds=_RETRY_SECONDS),
            },
        )
    except BaseError as error:
        raise ConfigurationError(
            "The bucket of BROADSHEET_INDEX cannot be used with these AWS_* variables: "
            f"{str(error).splitlines()[0]}."
        ) from error
    root = f"s3://{parts.hostname}"
    return Bucket(store, root, parts.path.strip("/"), _lance_options(endpoint, region))


def _lance_options(endpoint: str, region: str) -> dict[str, str]:
    """The same for Lance, which looks for the keys itself."""
    return {
        "region": region,
        "allow_http": str(endpoint.startswith("http://")).lower(),
        "connect_timeout": f"{_CONNECT_SECONDS}s",
        "request_timeout": f"{_REQUEST_SECONDS}s",
        "client_max_retries": str(_RETRIES),
        "client_retry_timeout": str(_RETRY_SECONDS),
        **({"endpoint": endpoint} if endpoint else {}),
    }


def _endpoint(environment: Mapping[str, str], *, may_use_http: bool) -> str:
    """The address of the object store; empty for Amazon's own. Raises ConfigurationError."""
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
    endpoint = next((environment[name] for name in names if environment.get(name)), "")
    parts = urlsplit(endpoint)
    is_plain = parts.scheme == "http" and (may_use_http or parts.hostname in _LOOPBACK)
    if endpoint and not (parts.hostname and (parts.scheme == "https" or is_plain)):
        raise ConfigurationError(
            "AWS_ENDPOINT_URL must begin with https://, so that nobody on the way reads keys and "
            "papers. Where the way is your own, set BROADSHEET_INDEX_HTTP=true."
        )
    return endpoint.rstrip("/")
