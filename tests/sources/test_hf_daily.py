"""Daily items in their several generations, with invented papers."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from broadsheet.domain import Link, LinkKind, Version

if TYPE_CHECKING:
    from tests.sources.conftest import Read

OLD: dict[str, Any] = {
    "paper": {
        "id": "2406.01234",
        "authors": [
            {"_id": "a1", "name": "Ada Weaver", "hidden": False},
            {"_id": "a2", "name": "Bo Spinner", "hidden": True, "user": {"user": "bo"}},
        ],
        "publishedAt": "2024-06-03T17:00:00.000Z",
        "title": "Weft: A Loom\n  That Remembers",
        "summary": "Looms forget.\nWeft does not. Code: https://github.com/ada/weft.",
        "upvotes": 12,
    },
    "publishedAt": "2024-06-05T02:00:00.000Z",
    "title": "$\\textit{Weft}$: A Loom That Remembers",
    "mediaUrl": "https://cdn.example.org/social-thumbnails/papers/2406.01234.png",
    "numComments": 3,
}
NEW: dict[str, Any] = {
    "paper": {
        "id": "2603.04321",
        "authors": [{"_id": "a1", "name": "Ada Weaver", "hidden": False}],
        "publishedAt": "2026-03-10T00:00:00.000Z",
        "submittedOnDailyAt": "2026-03-12T03:55:12.777Z",
        "submittedOnDailyBy": {"_id": "u1", "user": "ada", "name": "ada"},
        "title": "Warp",
        "summary": "Warp weaves.",
        "upvotes": 0,
        "discussionId": "d1",
        "projectPage": " https://ada.github.io/warp ",
        "githubRepo": "https://github.com/ada/warp",
        "githubStars": 5,
        "ai_summary": "It weaves.",
        "ai_keywords": ["loom", "warp"],
        "organization": {"name": "mill"},
    },
    "publishedAt": "2026-03-09T20:00:00.000Z",
    "title": "Warp",
    "summary": "Warp weaves.",
    "mediaUrls": ["https://cdn.example.org/a.mp4", "javascript:alert(1)"],
    "thumbnail": "https://cdn.example.org/t.png",
    "numComments": 1,
    "submittedBy": {"_id": "u1", "fullname": "Ada Weaver", "isPro": False},
    "isAuthorParticipating": True,
}


def test_old_item_is_read(read: Read) -> None:
    record = read(json.dumps([OLD])).record
    assert record.source == "hf_daily"
    assert (record.record_id, record.arxiv_id) == ("2406.01234", "2406.01234")
    assert record.title == "$\\textit{Weft}$: A Loom That Remembers"
    assert record.abstract.startswith("Looms forget. Weft does not.")
    assert record.authors == ("Ada Weaver", "Bo Spinner")
    assert (record.votes, record.comments) == (12, 3)
    assert record.submitted_at == datetime(2024, 6, 3, 17, tzinfo=UTC)
    assert record.versions == (Version(1, record.submitted_at),)


def test_listing_day_of_an_old_item_is_its_outer_instant(read: Read) -> None:
    assert read(json.dumps([OLD])).record.listed_on == date(2024, 6, 5)


def test_preview_picture_of_an_old_item_is_its_thumbnail(read: Read) -> None:
    record = read(json.dumps([OLD])).record
    assert record.extras["thumbnail"] == OLD["mediaUrl"]
    assert record.links == (Link(LinkKind.CODE, "https://github.com/ada/weft"),)


def test_new_item_is_read(read: Read) -> None:
    record = read(json.dumps([NEW])).record
    assert record.listed_on == date(2026, 3, 12)
    assert record.votes == 0
    assert record.keywords == ("loom", "warp")
    assert record.links == (
        Link(LinkKind.CODE, "https://github.com/ada/warp"),
        Link(LinkKind.PROJECT, "https://ada.github.io/warp"),
        Link(LinkKind.MEDIA, "https://cdn.example.org/a.mp4"),
    )


def test_what_only_the_service_knows_is_kept(read: Read) -> None:
    extras = read(json.dumps([NEW])).record.extras
    assert extras["ai_summary"] == "It weaves."
    assert extras["organization"] == {"name": "mill"}
    assert extras["githubStars"] == 5
    assert extras["discussionId"] == "d1"
    assert extras["isAuthorParticipating"] is True
    assert extras["submittedBy"]["user"] == "ada"
    assert extras["submittedBy"]["fullname"] == "Ada Weaver"
    assert extras["listed_at"] == "2026-03-12T03:55:12.777000+00:00"


def test_accounts_of_authors_are_kept(read: Read) -> None:
    assert read(json.dumps([OLD])).record.extras["authors"] == OLD["paper"]["authors"]
    assert "authors" not in read(json.dumps([NEW])).record.extras


def test_outer_instant_before_submission_is_no_listing_day(read: Read) -> None:
    item = json.loads(json.dumps(NEW))
    del item["paper"]["submittedOnDailyAt"]
    assert read(json.dumps([item])).record.listed_on is None


def test_day_in_the_name_of_the_file_goes_before_the_content(read: Read) -> None:
    record = read(json.dumps([OLD]), name="2024-06-04.json").record
    assert record.listed_on == date(2024, 6, 4)


def test_day_asked_for_goes_before_the_name(read: Read) -> None:
    record = read(json.dumps([OLD]), name="2024-06-04.json", listed_on=date(2024, 1, 1)).record
    assert record.listed_on == date(2024, 1, 1)


def test_single_item_is_read(read: Read) -> None:
    assert read(json.dumps(OLD, indent=2)).record.arxiv_id == "2406.01234"
    assert read(json.dumps(OLD)).record.arxiv_id == "2406.01234"


def test_items_one_a_line_are_read(read: Read) -> None:
    assert len(read(f"{json.dumps(OLD)}\n{json.dumps(NEW)}\n").records) == 2


def test_paper_object_alone_is_read(read: Read) -> None:
    record = read(json.dumps(NEW["paper"])).record
    assert (record.arxiv_id, record.listed_on) == ("2603.04321", date(2026, 3, 12))


def test_empty_day_has_no_records(read: Read) -> None:
    assert read("[]").records == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("authors", "Ada"), ("title", ["Warp"]), ("publishedAt", "yesterday"), ("ai_keywords", [1])],
)
def test_field_of_a_wrong_type_rejects_only_its_item(read: Read, field: str, value: object) -> None:
    broken = json.loads(json.dumps(NEW))
    broken["paper"][field] = value
    broken.pop("title")
    result = read(json.dumps([OLD, broken, OLD]))
    assert len(result.records) == 2
    assert result.rejects[0].position == "item 2"
    assert field in result.rejects[0].reason


def test_withdrawn_paper_is_marked(read: Read) -> None:
    item = json.loads(json.dumps(NEW))
    item["paper"]["withdrawnAt"] = "2026-04-01T00:00:00.000Z"
    assert read(json.dumps([item])).record.is_withdrawn
