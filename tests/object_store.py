"""A server that speaks the S3 protocol on loopback, with buckets that tests can take away."""

from __future__ import annotations

import logging
import socket
import uuid
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "invented",
    "AWS_SECRET_ACCESS_KEY": "invented-secret-key",
    "AWS_REGION": "us-east-1",
}


class ObjectStore:
    """Moto's server; what is in its buckets outlives `stop`."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self._buckets: dict[str, Any] = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets
        self.start()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to reach it."""
        return {**ENVIRONMENT, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._port}"}

    def start(self) -> None:
        """Answer, from now on."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        """Refuse connections."""
        self._server.stop()

    def make(self) -> str:
        """The name of a new bucket."""
        name = f"papers-{uuid.uuid4().hex[:10]}"
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(name, "us-east-1")
        return name

    def take_away(self, name: str) -> Any:
        """Let a bucket be no more; what comes back gives it back."""
        s3_backends.bucket_accounts.pop(name)
        return self._buckets.pop(name)

    def give_back(self, name: str, bucket: Any) -> None:
        """Let a bucket be there again."""
        self._buckets[name] = bucket
        s3_backends.bucket_accounts[name] = ("aws", DEFAULT_ACCOUNT_ID)
