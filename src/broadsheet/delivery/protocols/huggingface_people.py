"""People, their comments and organisations in the JSON shapes of the Hugging Face Papers API.

What is known of them came with the papers; only what the client can read goes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from broadsheet.delivery.addresses import is_web_address
from broadsheet.doings import SignedComment

JSON = dict[str, Any]
_HUB = "https://huggingface.co"


def author_shape(name: str, said: Mapping[str, Any]) -> JSON:
    """An author by name, with the person and the status that a source knows."""
    user = user_shape(said.get("user"))
    status, changed = said.get("status"), said.get("statusLastChangedAt")
    return {
        **({"_id": said["_id"]} if isinstance(said.get("_id"), str) else {}),
        "name": name,
        "hidden": said.get("hidden") is True,
        **({"user": user} if user else {}),
        **({"status": status} if isinstance(status, str) else {}),
        **({"statusLastChangedAt": changed} if _is_instant(changed) else {}),
    }


def comment_shape(signed: SignedComment) -> JSON:
    """A comment of our own people; of one that is gone or hidden only its place is left."""
    comment = signed.comment
    name = signed.handle
    return {
        "id": str(comment.comment_id),
        "author": {"user": name, "name": name, "fullname": signed.shown_name, "type": "user"},
        "createdAt": instant(comment.created_at),
        "type": "comment",
        **({"parentCommentId": str(comment.parent_id)} if comment.parent_id else {}),
        "data": {
            "edited": comment.edited_at is not None,
            "hidden": comment.is_stub,
            "latest": {"raw": comment.body},
        },
    }


def instant(moment: datetime) -> str:
    """An instant as the client reads it: UTC with milliseconds and Z; nothing else parses there."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def _is_instant(value: object) -> bool:
    """Whether the client can read an instant; any other ends its whole listing."""
    try:
        datetime.strptime(str(value), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def user_shape(said: object) -> JSON | None:
    """A person at Hugging Face with the name under both keys, as the client reads the other one."""
    if not isinstance(said, dict):
        return None
    name = said.get("user") or said.get("name")
    if not isinstance(name, str) or not name:
        return None
    kept = ("_id", "fullname", "isPro", "type", "isHf", "isHfAdmin", "isMod", "followerCount")
    found = {key: said[key] for key in kept if isinstance(said.get(key), str | bool | int)}
    return {**found, "user": name, "name": name, **_avatar(said, "avatarUrl")}


def organization_shape(said: object) -> JSON | None:
    """An organisation with its picture under both names."""
    if not isinstance(said, dict) or not isinstance(said.get("name"), str):
        return None
    kept = ("_id", "name", "fullname")
    found = {key: said[key] for key in kept if isinstance(said.get(key), str)}
    return {**found, **_avatar(said, "avatar", "avatarUrl")}


def _avatar(said: Mapping[str, Any], *names: str) -> JSON:
    """The picture under all the names that are read for it; relative ones lie at Hugging Face."""
    url = said.get("avatarUrl") or said.get("avatar")
    if not isinstance(url, str):
        return {}
    whole = f"{_HUB}{url}" if url.startswith("/") else url
    return dict.fromkeys(names, whole) if is_web_address(whole) else {}
