"""What can go wrong, for callers who want to tell one trouble from another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base of all errors of this client; `str(error)` is a sentence."""


class Unreachable(ClientError):
    """No answer came: no server there, no network, or no answer in time."""


class BadAnswer(ClientError):
    """An answer came, but not one of Broadsheet's API."""


class ApiError(ClientError):
    """The server refused: `status` is HTTP's, `title` the kind, `detail` what to do.

    `position` is the offset of the trouble in a query; `retry_after` the seconds to wait, if said.
    """

    def __init__(
        self, status: int, problem: Mapping[str, Any], *, retry_after: float | None = None
    ) -> None:
        self.status = status
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.position: int | None = problem.get("position")
        self.retry_after = retry_after
        super().__init__(f"{self.detail or self.title or 'The server refused'} (HTTP {status})")
