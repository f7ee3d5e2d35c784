"""bioRxiv and medRxiv, with invented preprints.

No recording of the service was at hand: the answers are written after its public description
(api.biorxiv.org) and after what its users report of counts, days and empty last pages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from broadsheet.domain import LinkKind, Version
from broadsheet.errors import SourceError
from broadsheet.sources.live.biorxiv import BIORXIV, MEDRXIV, SOURCES
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch, SourceKind
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 9, 30, tzinfo=UTC)
WEEK = "2026-08-14/2026-08-21"
NOTHING = {"messages": [{"status": "no posts found"}], "collection": []}


def version(number: int = 1, *, of: int = 1, on: str = "2026-08-18", **fields: Any) -> Any:
    return {
        "doi": f"10.1101/2026.08.14.{of:06}",
        "title": f"Loom proteins {of}",
        "authors": "Weaver, A.; Spinner, B. C.; The Loom Consortium; ",
        "author_corresponding": "Ada Weaver",
        "author_corresponding_institution": "The Mill",
        "date": on,
        "version": str(number),
        "type": "new results",
        "license": "cc_by_nc",
        "category": "cell biology",
        "jatsxml": "https://www.biorxiv.org/content/early/x.source.xml",
        "abstract": "Fils β-actine, $x<y$.\n Code: https://github.com/ada/weft.",
        "published": "NA",
        "server": "bioRxiv",
        **fields,
    }


def page(items: list[Any], *, total: object = None, **message: Any) -> str:
    told = {"status": "ok", "count": len(items), "cursor": 0, "total": total, **message}
    if total is None:
        told["total"] = str(len(items))
    return json.dumps({"messages": [told], "collection": items})


def path(days: str = WEEK, offset: int = 0) -> str:
    return f"/details/biorxiv/{days}/{offset}"


def run(
    server: Loopback,
    fetch: Fetcher,
    cursor: Mapping[str, Any] | None = None,
    *,
    kind: SourceKind = BIORXIV,
    now: datetime = NOW,
    **options: str,
) -> list[Batch]:
    assert kind.harvest is not None
    url = f"{server.url}/details/{kind.name}"
    return list(kind.harvest(fetch, kind.completed({"url": url, **options}), cursor or {}, now))


def one(server: Loopback, fetch: Fetcher, *items: Any) -> Any:
    server.answer(path(), body=page([*items]))
    (batch,) = run(server, fetch)
    assert batch.rejects == ()
    (record,) = batch.records
    return record


def test_version_is_read(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, version())
    assert (record.source, record.record_id) == ("biorxiv", "10.1101/2026.08.14.000001")
    assert record.doi == record.record_id
    assert record.title == "Loom proteins 1"
    assert record.abstract == "Fils β-actine, $x<y$. Code: https://github.com/ada/weft."
    assert record.authors == ("A. Weaver", "B. C. Spinner", "The Loom Consortium")
    assert record.license == "cc_by_nc"
    assert record.categories == ("biorxiv.cell-biology",)
    assert record.announced_on == date(2026, 8, 18)
    assert record.submitted_at == datetime(2026, 8, 18, tzinfo=UTC)
    assert record.extras["category"] == "cell biology"
    assert "published_doi" not in record.extras


def test_links_lead_to_page_file_and_code(server: Loopback, fetch: Fetcher) -> None:
    page_of_it = "https://www.biorxiv.org/content/10.1101/2026.08.14.000001v1"
    assert [(link.kind, link.url) for link in one(server, fetch, version()).links] == [
        (LinkKind.ABSTRACT, page_of_it),
        (LinkKind.PDF, f"{page_of_it}.full.pdf"),
        (LinkKind.CODE, "https://github.com/ada/weft"),
    ]


def test_servers_are_two_sources(server: Loopback, fetch: Fetcher) -> None:
    assert [kind.name for kind in SOURCES] == ["biorxiv", "medrxiv"]
    item = version(server="medRxiv", category="health informatics")
    server.answer(f"/details/medrxiv/{WEEK}/0", body=page([item]))
    record = run(server, fetch, kind=MEDRXIV)[0].records[0]
    assert (record.source, record.categories) == ("medrxiv", ("medrxiv.health-informatics",))
    assert record.links[0].url.startswith("https://www.medrxiv.org/content/")


def test_doi_of_the_journal_is_kept_apart(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, version(published="10.1234/LOOM.7"))
    assert record.extras["published_doi"] == "10.1234/loom.7"
    assert record.doi == "10.1101/2026.08.14.000001"


def test_new_prefix_of_dois_is_read(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, version(2, doi="10.64898/2026.08.02.712345"))
    assert record.doi == "10.64898/2026.08.02.712345"
    assert record.submitted_at == datetime(2026, 8, 2, tzinfo=UTC)


def test_versions_of_one_doi_are_one_record(server: Loopback, fetch: Fetcher) -> None:
    second = version(2, on="2026-08-20", title="Loom proteins, revised")
    record = one(server, fetch, second, version(1))
    assert record.title == "Loom proteins, revised"
    assert record.versions == (
        Version(1, datetime(2026, 8, 18, tzinfo=UTC)),
        Version(2, datetime(2026, 8, 20, tzinfo=UTC)),
    )
    assert record.announced_on == date(2026, 8, 18)
    assert record.updated_at == datetime(2026, 8, 20, tzinfo=UTC)
    assert "date_source" not in record.extras


def test_revised_paper_is_not_announced_anew(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, version(3, doi="10.1101/2024.02.29.582345"))
    assert record.announced_on is None
    assert record.submitted_at == datetime(2024, 2, 29, tzinfo=UTC)
    assert record.extras["date_source"] == "doi"


def test_old_doi_without_a_day_gives_none(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, version(2, doi="10.1101/123456"))
    assert (record.submitted_at, record.announced_on) == (None, None)


def test_unpadded_days_are_read(server: Loopback, fetch: Fetcher) -> None:
    assert one(server, fetch, version(on="2026-8-3")).announced_on == date(2026, 8, 3)


def test_withdrawn_paper_is_marked(server: Loopback, fetch: Fetcher) -> None:
    assert one(server, fetch, version(2, type="WITHDRAWN")).is_withdrawn


def test_marks_of_the_manuscript_are_taken_out(server: Loopback, fetch: Fetcher) -> None:
    abstract = (
        "O_ST_ABSAimC_ST_ABSWe weave. O_LIOne O_SCPLOWDC_SCPLOW-threadC_LI "
        "O_FIG O_LINKSMALLFIG SRC=x View larger C_FIG End of snake_case."
    )
    record = one(server, fetch, version(abstract=abstract))
    assert record.abstract == "Aim: We weave. One D-thread End of snake_case."


@pytest.mark.parametrize("as_text", [True, False])
def test_pages_follow_the_count_of_each_answer(
    server: Loopback, fetch: Fetcher, *, as_text: bool
) -> None:
    def number(value: int) -> object:
        return str(value) if as_text else value

    for offset, size in ((0, 3), (3, 2), (5, 1)):
        items = [version(of=offset + place + 1) for place in range(size)]
        body = page(items, total=number(6), count=number(size), cursor=number(offset))
        server.answer(path(offset=offset), body=body)
    batches = run(server, fetch)
    assert [len(batch.records) for batch in batches] == [3, 2, 1]
    assert [batch.declared for batch in batches] == [6, 6, 6]
    assert batches[-1].cursor == {"from": "2026-08-21", "window_on": "2026-08-21"}


def test_declared_counts_papers_and_not_their_versions(server: Loopback, fetch: Fetcher) -> None:
    first, second = [version(1), version(2)], [version(of=2), version(2, of=2), version(of=3)]
    server.answer(path(), body=page(first, total="5"))
    server.answer(path(offset=2), body=page(second, total="5"))
    batches = run(server, fetch)
    assert sum(len(batch.records) for batch in batches) == 3
    assert batches[-1].declared == 3


def test_page_that_holds_less_than_it_counts_loses_nothing(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer(path(), body=page([version(of=1), version(of=2)], total=4, count=4))
    server.answer(path(offset=2), body=page([version(of=3), version(of=4)], total=4))
    batches = run(server, fetch)
    assert sum(len(batch.records) for batch in batches) == 4
    assert "counts 4 versions and holds 2" in batches[0].note


def test_harvest_killed_after_any_page_goes_on_there(server: Loopback, fetch: Fetcher) -> None:
    for offset in range(3):
        body = page([version(of=offset + 1)], total="3")
        server.answer(path(offset=offset), body=body)
    whole = run(server, fetch)
    for done in range(1, 3):
        later = datetime(2026, 8, 22, 3, tzinfo=UTC)
        rest = run(server, fetch, json.loads(json.dumps(whole[done - 1].cursor)), now=later)
        assert rest == whole[done:]


def test_first_harvest_of_a_day_goes_back_a_week(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path(), body=json.dumps(NOTHING))
    (batch,) = run(server, fetch, {"from": "2026-08-20", "window_on": "2026-08-20"})
    assert batch.cursor["window_on"] == "2026-08-21"


def test_later_harvests_of_a_day_ask_for_the_newest_days(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path("2026-08-20/2026-08-21"), body=json.dumps(NOTHING))
    run(server, fetch, {"from": "2026-08-20", "window_on": "2026-08-21"})
    assert len(server.requests()) == 1


def test_days_missed_while_the_machine_was_off_are_asked_for(
    server: Loopback, fetch: Fetcher
) -> None:
    server.answer(path("2026-07-01/2026-08-21"), body=json.dumps(NOTHING))
    assert run(server, fetch, {"from": "2026-07-01", "window_on": "2026-07-01"})


def test_window_can_be_longer(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path("2026-07-22/2026-08-21"), body=json.dumps(NOTHING))
    assert run(server, fetch, days="30")


@pytest.mark.parametrize("days", ["0", "x", "9999"])
def test_option_days_that_is_no_number_is_told(server: Loopback, fetch: Fetcher, days: str) -> None:
    with pytest.raises(SourceError, match="option “days”"):
        run(server, fetch, days=days)


def test_category_is_asked_for(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path(), query={"category": "cell_biology"}, body=page([version()]))
    assert run(server, fetch, category="cell biology")[0].records


def test_days_without_posts_are_no_failure(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path(), body=json.dumps(NOTHING))
    (batch,) = run(server, fetch)
    assert (batch.records, batch.rejects, batch.note) == ((), (), "")
    assert batch.cursor["from"] == "2026-08-21"


def test_total_of_none_is_no_failure(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path(), body=page([], total="0"))
    assert run(server, fetch)[0].records == ()


def test_service_that_has_less_than_it_declared_is_noted(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path(), body=page([version()], total=9))
    server.answer(path(offset=1), body=json.dumps(NOTHING))
    last = run(server, fetch)[-1]
    assert "nothing after 1 versions" in last.note
    assert last.cursor["from"] == "2026-08-21"


@pytest.mark.parametrize(
    "body",
    [
        "<html>Down for maintenance</html>",
        page([version()])[:-30],
        "",
        "[]",
        '{"messages": [], "collection": []}',
        '{"messages": [{"status": "Error: improper date"}], "collection": []}',
        page([], total=12),
        '{"messages": [{"status": "ok", "count": 1, "total": 1}]}',
    ],
)
def test_answer_that_cannot_be_read_is_a_passing_failure(
    server: Loopback, fetch: Fetcher, body: str
) -> None:
    server.answer(path(), body=body)
    with pytest.raises(SourceError) as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_words_of_the_service_are_told(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path(), body='{"messages": [{"status": "Error: improper date"}]}')
    with pytest.raises(SourceError, match="improper date"):
        run(server, fetch)


def test_answer_that_is_cut_off_is_a_passing_failure(server: Loopback, fetch: Fetcher) -> None:
    server.answer(path(), body=page([version()]), fault=CUT)
    with pytest.raises(SourceError) as caught:
        run(server, fetch)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (version(doi=""), "no DOI"),
        (version(title=""), "no title"),
        (version(on="yesterday"), "cannot be read: yesterday"),
        (version(on="2026-02-31"), "cannot be read"),
        (version(on="2031-01-01"), "future"),
        (version(authors=["A"]), "authors"),
        ("text", "not a JSON object"),
    ],
)
def test_bad_version_is_rejected_and_the_others_are_kept(
    server: Loopback, fetch: Fetcher, broken: Any, reason: str
) -> None:
    server.answer(path(), body=page([version(of=8), broken, version(of=9)]))
    (batch,) = run(server, fetch)
    assert len(batch.records) == 2
    assert reason in batch.rejects[0].reason
    assert path() in batch.rejects[0].file
