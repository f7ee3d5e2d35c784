"""The shapes that JSON answers must have: an object, a list in it, an object in it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from broadsheet.errors import SourceError
from broadsheet.sources.fields import excerpt
from broadsheet.sources.live.harvesting import Reply
from broadsheet.sources.live.json_answers import json_answer


def object_answer(reply: Reply) -> dict[str, Any]:
    """The object that a reply holds. Raises SourceError for anything else; it may be passing."""
    value = json_answer(reply)
    if not isinstance(value, dict):
        host = urlsplit(reply.url).hostname
        raise SourceError(
            f"{host} answered with “{excerpt(reply.body)[:60]}”, which is no object.",
            permanent=False,
        )
    return value


def list_in(answer: Mapping[str, Any], name: str, service: str) -> list[Any]:
    """A list that an answer must have. Raises SourceError where it is missing."""
    found = answer.get(name)
    if not isinstance(found, list):
        raise SourceError(
            f"{service} answered without the list “{name}”, so nothing is known of its papers.",
            permanent=False,
        )
    return found


def object_in(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of that name; an empty one where there is none."""
    found = fields.get(name)
    return found if isinstance(found, dict) else {}
