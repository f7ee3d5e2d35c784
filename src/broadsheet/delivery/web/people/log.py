"""The public log: what editors and moderators did, with a way to undo it for those who may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from broadsheet.community.log import PAGE
from broadsheet.delivery.access import OPEN_TO_ALL, services_of
from broadsheet.delivery.addresses import paper_path, quoted_path, with_query
from broadsheet.delivery.visitors import visitor_of
from broadsheet.delivery.web.people.thread import ago
from broadsheet.doings import LogEntry
from broadsheet.people import Role
from broadsheet.services import Services

router = APIRouter(include_in_schema=False, dependencies=[OPEN_TO_ALL])
Filter = Annotated[str, Query(max_length=300)]
_KINDS = {"comment": "Comments", "account": "Accounts", "paper": "Papers"}
_ACTS = {
    "hide-comment": "hid",
    "show-comment": "shows again",
    "keep-comment": "left after a report",
    "reopen-reports": "opened the reports again of",
    "approve-account": "approved",
    "suspend-account": "suspended",
    "unsuspend-account": "undid the suspension of",
    "set-role": "changed the role of",
    "accept-submission": "accepted the submission of",
    "decline-submission": "declined the submission of",
    "grant-claim": "granted a claim to",
    "decline-claim": "declined a claim to",
    "revoke-claim": "revoked a claim to",
    "pick": "picked",
    "unpick": "took from the picks",
    "change-pick": "changed the note on",
    "move-pick": "moved among the picks",
    "author-links": "changed the links of",
    "cast-vote": "voted for",
    "withdraw-vote": "took back a vote for",
    "split-paper": "split",
    "rejoin-paper": "joined again",
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry as a reader sees it; `undo_path` is empty where there is nothing to undo."""

    entry: LogEntry
    act: str
    subject: str
    subject_path: str
    undo_path: str


@router.get("/log")
def log_page(
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    action: Filter = "",
    subject: Filter = "",
    actor: Filter = "",
) -> Response:
    """What was done, newest first, in all or narrowed to one kind, subject or person."""
    services, viewer = services_of(request), visitor_of(request).account
    action, subject, actor = (text.replace("\0", "") for text in (action, subject, actor))
    entries = services.community.log.entries(
        viewer, before=before, action=action, subject=subject, actor=actor
    )
    is_moderator = viewer is not None and viewer.may(Role.MODERATOR)
    undoable = _undoable(services, entries) if is_moderator else {}
    now = services.clock()
    older = with_query(
        "/log",
        before=entries[-1].entry_id if entries else None,
        action=action,
        subject=subject,
        actor=actor,
    )
    kinds = [("All", "/log", not subject)] + [
        (label, with_query("/log", subject=f"{kind}:"), subject == f"{kind}:")
        for kind, label in _KINDS.items()
    ]
    rendered: Response = request.app.state.pages.render(
        request,
        "people/log.html",
        lines=[log_line(entry, undoable.get(entry.entry_id, "")) for entry in entries],
        kinds=kinds,
        narrowed=[each for each in (action, subject, actor) if each and not each.endswith(":")],
        older_path=older if len(entries) == PAGE else "",
        ago=lambda at: ago(at, now),
    )
    return rendered


def log_line(entry: LogEntry, undo_path: str = "") -> LogLine:
    """An entry with its act in words and an address for its subject."""
    kind, _, name = entry.subject.partition(":")
    paths = {
        "comment": f"/comments/{name}",
        "account": quoted_path(f"/people/{name}"),
        "paper": paper_path(name),
    }
    shown = name if kind in {"account", "paper"} else f"{kind} {name}".strip()
    act = _ACTS.get(entry.action, entry.action.replace("-", " "))
    return LogLine(entry, act, shown, paths.get(kind, "") if name else "", undo_path)


def _undoable(services: Services, entries: Iterable[LogEntry]) -> dict[int, str]:
    """Where the last act on each subject can be undone, by the entry's number."""
    last: dict[tuple[str, str], LogEntry] = {}
    for entry in entries:
        last.setdefault((entry.subject, entry.action.rpartition("-")[2]), entry)
    acts = [entry for entry in last.values() if entry.action in {"hide-comment", "suspend-account"}]
    numbers = [_name(entry) for entry in acts if entry.action == "hide-comment"]
    hidden = services.community.moderation.is_hidden([int(each) for each in numbers])
    names = {_name(entry) for entry in acts if entry.action == "suspend-account"}
    suspended = services.community.moderation.suspended_among(names)
    found = {}
    for entry in acts:
        name = _name(entry)
        if entry.action == "hide-comment" and int(name) in hidden:
            found[entry.entry_id] = f"/comments/{name}/unhide"
        elif entry.action == "suspend-account" and name in suspended:
            found[entry.entry_id] = quoted_path(f"/people/{name}/unsuspend")
    return found


def _name(entry: LogEntry) -> str:
    return entry.subject.partition(":")[2]
