"""What holds for every kind of live source, whatever it asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from broadsheet.domain import Paper
from broadsheet.errors import SourceError
from broadsheet.record_json import record_from_json, record_to_json
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch, SourceKind
from broadsheet.sources.live.registry import KINDS
from broadsheet.store.merging import PRECEDENCE, PaperHead, merge
from loopback import CUT, Loopback
from parts import PROJECT

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


def known_paper() -> Paper:
    record = record_from_json({
        "source": "hf_daily",
        "record_id": "2608.00001",
        "arxiv_id": "2608.00001",
        "doi": "10.5555/ovens.1",
        "title": "Ovens",
        "abstract": "Bread.",
        "links": [{"kind": "code", "url": "https://github.com/example/ovens"}],
        "listed_on": "2026-08-20",
    })  # fmt: skip
    return merge([record], PaperHead(1, "2608.00001", NOW, 1))


def batches(kind: SourceKind, fetch: Fetcher, url: str) -> list[Batch]:
    options = kind.completed({"url": url, "venue": "X.org/2026", "days": "1", "event": "x-2026"})
    if kind.enrich is not None:
        return list(kind.enrich(fetch, options, [known_paper()], NOW))
    assert kind.harvest is not None
    return list(kind.harvest(fetch, options, {}, NOW))


@each_kind
def test_kind_tells_what_it_is_and_does_one_thing(kind: SourceKind) -> None:
    assert kind.name == kind.name.lower()
    assert "_" not in kind.name
    assert kind.title
    assert kind.about.endswith(".")
    assert (kind.harvest is None) != (kind.enrich is None)


@each_kind
def test_every_option_is_described_by_a_sentence(kind: SourceKind) -> None:
    for _, text in kind.options.values():
        assert text[0].isupper() or text.startswith("arXivRaw")
        assert text.endswith(".")
    assert kind.about[0].isupper()


@each_kind
def test_required_options_have_no_default_and_secret_ones_are_not_required(
    kind: SourceKind,
) -> None:
    assert all(kind.options[name][0] == "" for name in (*kind.required, *kind.secret))
    assert not set(kind.required) & set(kind.secret)


@each_kind
def test_keys_and_tokens_are_secret(kind: SourceKind) -> None:
    assert {name for name in kind.options if name in {"key", "token", "password"}} == set(
        kind.secret
    )


@each_kind
def test_default_address_is_safe_and_among_the_hosts(kind: SourceKind) -> None:
    address = urlsplit(kind.completed({})["url"])
    assert address.scheme == ("https" if kind.hosts else "")
    assert address.hostname in kind.hosts or not kind.hosts


@each_kind
def test_enriching_kind_names_the_source_of_its_records(kind: SourceKind) -> None:
    assert bool(kind.record_source) == (kind.enrich is not None)
    assert not kind.record_source or kind.record_source in PRECEDENCE


@each_kind
def test_next_time_lies_ahead_and_within_ten_days(kind: SourceKind) -> None:
    for days in range(400):
        now = NOW + timedelta(days=days, minutes=37 * days)
        assert now < kind.calendar.next_due(now) <= now + timedelta(days=10)


@each_kind
@pytest.mark.parametrize(
    "body",
    [b"", b"<html><body>Just a moment...</body></html>", b"{", b"<a>", b'{"error": "no"}', b"\xff"],
    ids=["empty", "html", "json", "xml", "error", "bytes"],
)
def test_answer_that_cannot_be_read_is_never_taken_for_an_empty_one(
    kind: SourceKind, body: bytes, fetch: Fetcher, server: Loopback
) -> None:
    server.answer("/list*", body=body)
    try:
        found = batches(kind, fetch, server.url + "/list")
    except SourceError:
        return
    # A kind that asks item by item sets the item aside instead.
    assert all(batch.rejects and not batch.records for batch in found)
    assert found


@each_kind
@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_refusal_is_a_passing_failure(
    kind: SourceKind, status: int, fetch: Fetcher, server: Loopback
) -> None:
    server.answer("/list*", status=status)
    with pytest.raises(SourceError) as caught:
        batches(kind, fetch, server.url + "/list")
    assert not caught.value.permanent


@each_kind
def test_body_cut_in_the_middle_is_a_passing_failure(
    kind: SourceKind, fetch: Fetcher, server: Loopback
) -> None:
    server.answer("/list*", body=b"[" + b" " * 1000 + b"]", fault=CUT)
    with pytest.raises(SourceError) as caught:
        batches(kind, fetch, server.url + "/list")
    assert not caught.value.permanent


@each_kind
def test_source_is_described_in_the_documentation(kind: SourceKind) -> None:
    text = Path(PROJECT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert f"**`{kind.name}`**" in text
    assert all(f"`{name}`" in text for name in kind.options)


def test_records_survive_export_and_import() -> None:
    record = record_from_json(
        {"source": "feed", "record_id": "x", "title": "T", "extras": {"a": 1}}
    )
    assert record_from_json(record_to_json(record)) == record
