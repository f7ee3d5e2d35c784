"""Saved HTML pages of Hugging Face Papers, invented after the description of their data."""

from __future__ import annotations

import json
from datetime import date
from html import escape
from typing import Any

import pytest

from broadsheet.domain import PaperRecord
from broadsheet.errors import RecordError, SourceError
from broadsheet.sources.fields import Context
from broadsheet.sources.hf_page import read_page, records_of_page

TODAY = date(2026, 8, 21)
CONTEXT = Context(TODAY)


def item(number: int, **paper: Any) -> dict[str, Any]:
    return {
        "paper": {
            "id": f"2603.{number:05}",
            "title": f"Loom {number}",
            "summary": 'Weft & "warp" <i>α</i>, it\'s $x<y$.',
            "authors": [{"name": "Ada Weaver"}],
            "upvotes": 7,
            **paper,
        },
        "title": f"Loom {number}",
        "numComments": 3,
    }


def page(props: object, *, target: str = "DailyPapers", quote: str = '"') -> str:
    data = escape(json.dumps(props))
    return (
        "<!doctype html><html><head><title>Daily Papers</title>"
        '<script>window.plausible = "dailyPapers";</script></head><body>'
        f'<div class="SVELTE_HYDRATER contents" data-target="MainHeader" data-props="{{}}"></div>'
        f'<div class="SVELTE_HYDRATER contents" data-target="{target}" '
        f"data-props={quote}{data}{quote}><main><h3>Loom</h3></main></div></body></html>"
    )


def daily(*items: object, **props: Any) -> str:
    told = {"dateString": "2026-03-12", "periodType": "day", "isTrending": False, **props}
    return page({**told, "dailyPapers": [*items]})


def records(html: str, context: Context = CONTEXT) -> list[PaperRecord]:
    return list(records_of_page(html, context))


def test_papers_of_a_daily_page_are_read() -> None:
    first, second = records(daily(item(1), item(2)))
    assert (first.source, first.record_id, first.arxiv_id) == (
        "hf_daily",
        "2603.00001",
        "2603.00001",
    )
    assert first.abstract == 'Weft & "warp" <i>α</i>, it\'s $x<y$.'
    assert (first.votes, first.comments, first.authors) == (7, 3, ("Ada Weaver",))
    assert second.title == "Loom 2"


def test_day_of_the_page_is_the_day_of_its_papers() -> None:
    assert records(daily(item(1)))[0].listed_on == date(2026, 3, 12)


def test_day_of_the_page_goes_before_the_name_of_the_file() -> None:
    context = Context(TODAY, named_on=date(2026, 3, 13))
    assert records(daily(item(1)), context)[0].listed_on == date(2026, 3, 12)


def test_page_without_a_readable_day_takes_that_of_the_file() -> None:
    context = Context(TODAY, named_on=date(2026, 3, 13))
    html = daily(item(1), dateString="Thursday")
    assert records(html, context)[0].listed_on == date(2026, 3, 13)


def test_day_asked_for_goes_before_all() -> None:
    context = Context(TODAY, listed_on=date(2026, 1, 1))
    assert records(daily(item(1)), context)[0].listed_on == date(2026, 1, 1)


@pytest.mark.parametrize(
    "props", [{"periodType": "week"}, {"periodType": "month"}, {"isTrending": True}, {"query": "x"}]
)
def test_papers_of_several_days_tell_their_own(props: dict[str, Any]) -> None:
    paper = item(1, submittedOnDailyAt="2026-03-10T01:00:00.000Z")
    context = Context(TODAY, named_on=date(2026, 3, 13))
    html = daily(paper, dateString="2026-03-12", **{"periodType": "day", **props})
    assert records(html, context)[0].listed_on == date(2026, 3, 10)


def test_name_of_the_source_can_be_replaced() -> None:
    assert records(daily(item(1)), Context(TODAY, source="mill"))[0].source == "mill"


def test_page_of_one_paper_is_read() -> None:
    props = {"paper": item(5)["paper"], "comments": [{}, {}], "upvoters": []}
    (record,) = records(page(props, target="PaperContent"))
    assert (record.arxiv_id, record.title, record.comments) == ("2603.00005", "Loom 5", 2)


def test_data_in_single_quotes_are_read() -> None:
    html = page({"dailyPapers": [item(1)]}, quote="'")
    assert len(records(html)) == 1


def test_data_in_a_script_are_read() -> None:
    data = json.dumps({"props": {"pageProps": {"dailyPapers": [item(1)]}}})
    html = f'<html><script type="application/json">{data}</script></html>'
    assert len(records(html)) == 1


def test_day_without_papers_is_empty() -> None:
    assert records(daily()) == []


@pytest.mark.parametrize(
    "html",
    [
        "<html><title>Sign in</title></html>",
        "",
        "plain text",
        page({"models": []}, target="ModelList"),
        page({"dailyPapers": "none"}),
    ],
)
def test_page_without_papers_is_refused_with_what_to_do(html: str) -> None:
    with pytest.raises(SourceError, match="Save a page of"):
        records(html)


@pytest.mark.parametrize("kept", [0.5, 0.8])
def test_page_that_breaks_off_is_told_as_such(kept: float) -> None:
    html = daily(item(1), item(2))
    with pytest.raises(SourceError, match="breaks off"):
        records(html[: int(len(html) * kept)])


def test_data_that_are_no_json_are_told_as_such() -> None:
    html = '<div data-target="DailyPapers" data-props=\'{"dailyPapers": [}\'></div>'
    with pytest.raises(SourceError, match="damaged"):
        records(html)


@pytest.mark.parametrize("broken", ["text", {"title": "no paper"}, {"paper": 3}])
def test_item_of_another_shape_is_a_record_error(broken: object) -> None:
    with pytest.raises(RecordError):
        records(daily(broken))


def test_items_before_a_bad_one_come_out() -> None:
    found = records_of_page(daily(item(1), "text"), CONTEXT)
    assert next(found).arxiv_id == "2603.00001"
    with pytest.raises(RecordError):
        next(found)


def test_items_are_at_hand_one_by_one() -> None:
    assert len(read_page(daily(item(1), "text", item(2))).items) == 3
