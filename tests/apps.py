"""One application for many tests: making its two hundred routes takes longer than most tests."""

from __future__ import annotations

from fastapi import FastAPI

from broadsheet.delivery.app import attach, create_app
from broadsheet.services import Services

_MADE: list[FastAPI] = []


def app_around(services: Services) -> FastAPI:
    """The application of this process, around these services from now on.

    For tests with one application at a time; others make theirs with `create_app`.
    """
    if _MADE:
        attach(_MADE[0], services)
    else:
        _MADE.append(create_app(services))
    return _MADE[0]
