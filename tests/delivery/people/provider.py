"""OpenID Connect providers: a real one in a process of its own, and one that lies on demand."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.testclient import TestClient

from loopback import Loopback

CLIENT = "broadsheet-client"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


KEY, OTHER_KEY = new_key(), new_key()


@dataclass
class Liar:
    """Answers as an issuer; `claims` are changed before they are signed, by `key`."""

    server: Loopback
    key: Any = KEY
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    kid: str = "k1"

    @property
    def issuer(self) -> str:
        return self.server.url

    def serve(self, **metadata: Any) -> None:
        """Answer questions about the issuer and its keys."""
        about = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **metadata,
        }
        key = {**json.loads(RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k1", "use": "sig"}
        self.server.answer("/.well-known/openid-configuration", body=json.dumps(about))
        self.server.answer("/keys", body=json.dumps({"keys": [key]}))

    def token(self, nonce: str) -> str:
        """The ID token as this liar would have it."""
        now = int(time.time())
        honest = {
            "iss": self.issuer, "sub": "someone", "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": nonce, "name": "Nora Elsewhere", "email": "bob@people.example",
            "email_verified": True, "preferred_username": "nora",
        }  # fmt: skip
        told = {**honest, **self.claims}
        for name in self.without:
            told.pop(name)
        if self.algorithm == "none":
            return jwt.encode(told, "", algorithm="none", headers={"kid": self.kid})
        return jwt.encode(told, self.key, algorithm=self.algorithm, headers={"kid": self.kid})

    def answer_code(self, nonce: str) -> None:
        """Answer the code with the token."""
        self.server.answer("/token", body=json.dumps({"id_token": self.token(nonce)}), times=1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class real_provider:  # noqa: N801
    """A process of the PyPI package oidc-provider-mock, for the length of a block."""

    def __enter__(self) -> str:
        port = free_port()
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        issuer = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                httpx2.get(f"{issuer}/.well-known/openid-configuration")
            except httpx2.HTTPError:
                time.sleep(0.1)
            else:
                return issuer
        raise AssertionError("the provider did not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def asked_by(page: str) -> dict[str, str]:
    """What the provider is asked by the button of a page."""
    address = (
        page.split('class="button main" href="')[1].split('"', maxsplit=1)[0].replace("&amp;", "&")
    )
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def depart(client: TestClient, path: str = "/sign-in/with/lab") -> dict[str, str]:
    """Go to the provider; what it was asked."""
    reply = client.get(path)
    assert reply.status_code == 303, reply.text
    query = parse_qs(urlsplit(reply.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def come_back(client: TestClient, asked: dict[str, str], **more: str) -> httpx2.Response:
    given = {"code": "a-code", "state": asked["state"], **more}
    return client.get("/sign-in/with/lab/back", params=given)  # type: ignore[return-value]


def oauth(server: Loopback) -> dict[str, str]:
    return {
        "authorize_url": f"{server.url}/login/authorize",
        "token_url": f"{server.url}/login/token",
        "user_url": f"{server.url}/user",
    }


def through(client: TestClient, path: str) -> httpx2.Response:
    """Sign in at the real provider as its form wants, and come back."""
    address = client.get(path).headers["location"]
    page = httpx2.post(address, data={"sub": "nora-elsewhere", "action": "authorize"})
    back = urlsplit(page.headers["location"])
    return client.get(f"{back.path}?{back.query}")  # type: ignore[return-value]
