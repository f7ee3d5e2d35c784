"""The ACL Anthology's packed BibTeX file, written after its public form with invented papers."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from broadsheet.domain import LinkKind
from broadsheet.errors import SourceError
from broadsheet.sources.live import acl_anthology
from broadsheet.sources.live.acl_anthology import SOURCE
from broadsheet.sources.live.harvesting import Batch, Cursor, Fetch
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
PATH = "/anthology+abstracts.bib.gz"
HEADER = "% https://aclanthology.org/anthology+abstracts.bib.gz generated on 2026-08-20\n\n"
VOLUME = '@proceedings{acl-2026-1,\n    title = "Proceedings of Looms",\n    year = "2026",\n}\n'


def paper(name: str = "2026.acl-long.1", year: int = 2026, title: str = "{LOOM}s at Work") -> str:
    return f"""@inproceedings{{weaver-tkac-{name},
    title = "{title}",
    author = "Weaver, Ada  and
      Tk{{\\'a}}{{\\v{{c}}}}, {{\\L}}ucja",
    editor = "Spinner, Bo",
    booktitle = "Proceedings of the Meeting on Looms (Volume 1: Long Papers)",
    month = jul,
    year = "{year}",
    address = "Vienna, Austria",
    publisher = "Association for Computational Linguistics",
    url = "https://aclanthology.org/{name}/",
    doi = "10.18653/v1/{name}",
    pages = "571--590",
    ISBN = "979-8-0000-0000-0",
    abstract = "We weave 90{{\\%}} faster with $\\alpha$. Code is at https://github.com/ada/loom"
}}
"""


def packed(*entries: str) -> bytes:
    return gzip.compress((HEADER + "".join(entries)).encode())


def harvested(
    fetch: Fetch, server: Loopback, cursor: Cursor | None = None, **options: str
) -> list[Batch]:
    asked = SOURCE.completed({"url": server.url + PATH, **options})
    return list(acl_anthology.harvest(fetch, asked, cursor or {}, NOW))


def names(batches: list[Batch]) -> list[str]:
    return [record.record_id for batch in batches for record in batch.records]


def test_paper_is_read(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=packed(VOLUME, paper()))
    (batch,) = harvested(fetch, server)
    (record,) = batch.records
    assert (record.source, record.record_id) == ("acl_anthology", "2026.acl-long.1")
    assert record.title == "LOOMs at Work"
    assert record.abstract.startswith("We weave 90{\\%} faster with $\\alpha$.")
    assert record.authors == ("Ada Weaver", "Łucja Tkáč")
    assert record.doi == "10.18653/v1/2026.acl-long.1"
    assert record.journal_ref == (
        "Proceedings of the Meeting on Looms (Volume 1: Long Papers) 571-590 (2026)"
    )
    assert record.extras["published"] == "2026-07"
    assert record.submitted_at is None
    assert [(link.kind, link.url) for link in record.links] == [
        (LinkKind.ABSTRACT, "https://aclanthology.org/2026.acl-long.1/"),
        (LinkKind.PDF, "https://aclanthology.org/2026.acl-long.1.pdf"),
        (LinkKind.CODE, "https://github.com/ada/loom"),
    ]


def test_volumes_and_older_papers_are_left_out(server: Loopback, fetch: Fetch) -> None:
    old = (paper("2024.acl-long.1", 2024), paper("P18-1001", 2018))
    server.answer(PATH, body=packed(VOLUME, paper(), paper("2025.acl-long.7", 2025), *old))
    assert names(harvested(fetch, server)) == ["2026.acl-long.1", "2025.acl-long.7"]


def test_events_are_picked_with_their_findings(server: Loopback, fetch: Fetch) -> None:
    ids = ("2025.acl-long.1", "2025.findings-acl.2", "2025.findings-emnlp.2", "2025.eacl-main.3")
    entries = [paper(name, 2025) for name in ids]
    server.answer(PATH, body=packed(*entries, paper(), paper("2018.naacl-main.1", 2018)))
    batches = harvested(fetch, server, event="ACL-2025, naacl-2018")
    assert names(batches) == ["2025.acl-long.1", "2025.findings-acl.2", "2018.naacl-main.1"]


@pytest.mark.parametrize("event", ["acl", "2025", "acl-25", "acl-2025; rm"])
def test_what_is_no_event_is_refused(server: Loopback, fetch: Fetch, event: str) -> None:
    with pytest.raises(SourceError, match="is no event") as caught:
        harvested(fetch, server, event=event)
    assert caught.value.permanent
    assert server.requests() == []


def test_unchanged_file_is_not_sent_again(server: Loopback, fetch: Fetch) -> None:
    headers = {"ETag": '"7"', "Last-Modified": "Thu, 20 Aug 2026 08:00:00 GMT"}
    server.answer(PATH, body=packed(paper()), headers=headers, times=1)
    server.answer(PATH, status=304)
    cursor = harvested(fetch, server)[-1].cursor
    (batch,) = harvested(fetch, server, cursor)
    assert (batch.records, batch.cursor) == ((), cursor)
    asked = server.requests()[1].headers
    assert asked["if-none-match"] == '"7"'
    assert asked["if-modified-since"] == "Thu, 20 Aug 2026 08:00:00 GMT"


def test_unchanged_file_without_validators_brings_nothing(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=packed(paper()))
    cursor = harvested(fetch, server)[-1].cursor
    assert names(harvested(fetch, server, cursor)) == []


def test_other_event_is_looked_for_in_an_unchanged_file(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=packed(paper()), headers={"ETag": '"7"'})
    cursor = harvested(fetch, server, event="emnlp-2026")[-1].cursor
    assert names(harvested(fetch, server, cursor, event="acl-2026")) == ["2026.acl-long.1"]
    assert "if-none-match" not in server.requests()[1].headers


def test_harvest_goes_on_from_every_batch(
    server: Loopback, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acl_anthology, "ENTRIES_A_BATCH", 2)
    ids = [f"2026.acl-long.{number}" for number in range(1, 6)]
    server.answer(PATH, body=packed(VOLUME, *map(paper, ids)), headers={"ETag": '"7"'})
    batches = harvested(fetch, server)
    assert [len(batch.records) for batch in batches] == [2, 2, 1]
    for place, batch in enumerate(batches[:-1], 1):
        assert names(harvested(fetch, server, batch.cursor)) == ids[2 * place :]
    assert "if-none-match" not in server.requests()[1].headers


def test_changed_file_is_read_from_its_start(
    server: Loopback, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acl_anthology, "ENTRIES_A_BATCH", 1)
    server.answer(PATH, body=packed(paper(), paper("2026.acl-long.2")), times=1)
    server.answer(PATH, body=packed(paper("2026.acl-long.3"), paper()))
    cursor = harvested(fetch, server)[0].cursor
    assert names(harvested(fetch, server, cursor)) == ["2026.acl-long.3", "2026.acl-long.1"]


def test_file_that_the_connection_unpacked_is_read(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=gzip.decompress(packed(paper())))
    assert names(harvested(fetch, server)) == ["2026.acl-long.1"]


def test_file_of_many_pieces_loses_no_paper(
    server: Loopback, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acl_anthology, "_PIECE", 700)
    ids = [f"2026.acl-long.{number}" for number in range(1, 40)]
    server.answer(PATH, body=packed(*map(paper, ids)))
    assert names(harvested(fetch, server)) == ids


def test_broken_entries_are_set_aside_and_the_rest_goes_on(server: Loopback, fetch: Fetch) -> None:
    untitled = paper("2026.acl-long.2", title="")
    broken = paper("2026.acl-long.3").replace('title = "', "title = ")
    server.answer(PATH, body=packed(untitled, broken, paper()))
    (batch,) = harvested(fetch, server)
    assert names([batch]) == ["2026.acl-long.1"]
    assert [reject.position for reject in batch.rejects] == ["entry 1", "entry 2"]
    assert batch.rejects[0].reason == "The entry has no title."


@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", gzip.compress(HEADER.encode(), mtime=0)]
)
def test_answer_without_entries_is_passing(server: Loopback, fetch: Fetch, body: bytes) -> None:
    server.answer(PATH, body=body)
    with pytest.raises(SourceError, match="without entries") as caught:
        harvested(fetch, server)
    assert not caught.value.permanent


@pytest.mark.parametrize("body", [packed(paper())[:-40], packed(paper())[:20] + b"junk" * 30])
def test_file_that_breaks_off_is_passing(server: Loopback, fetch: Fetch, body: bytes) -> None:
    server.answer(PATH, body=body)
    with pytest.raises(SourceError, match=r"breaks off|cannot be unpacked") as caught:
        harvested(fetch, server)
    assert not caught.value.permanent


def test_answer_that_breaks_off_is_passing(server: Loopback, fetch: Fetch) -> None:
    server.answer(PATH, body=packed(paper()), fault=CUT)
    with pytest.raises(SourceError) as caught:
        harvested(fetch, server)
    assert not caught.value.permanent


def test_file_that_unpacks_without_bound_is_refused(
    server: Loopback, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acl_anthology, "_MOST_BYTES", 10_000)
    server.answer(PATH, body=packed(*[paper()] * 30))
    with pytest.raises(SourceError, match="more than 1 GiB"):
        harvested(fetch, server)
