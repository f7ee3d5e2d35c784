"""`sickle` harvests our server, whole, in parts, and over restarts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import harbour
import orjson
import pytest
from harbour_site import serving
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sickle import Sickle
from sickle.oaiexceptions import (
    BadArgument,
    CannotDisseminateFormat,
    IdDoesNotExist,
    NoRecordsMatch,
)
from starlette.testclient import TestClient

from broadsheet import pipeline
from broadsheet.delivery.app import create_app
from broadsheet.delivery.protocols import oai_provider
from broadsheet.delivery.protocols.oai_arguments import (
    VERBS,
    ListState,
    OaiError,
    checked,
    read_token,
)
from broadsheet.delivery.protocols.oai_sets import labels_of, set_of, sets_of, tree_of
from broadsheet.services import Services, open_services
from broadsheet.settings import Settings
from broadsheet.sources.files import read_file
from broadsheet.sources.live.arxiv_oai_records import record_of

OAI = "{http://www.openarchives.org/OAI/2.0/}"
NAME = "oai:broadsheet.localhost:"


@pytest.fixture
def sickle(harbour_site: str) -> Sickle:
    return Sickle(f"{harbour_site}/oai")


def keys(items: Any) -> list[str]:
    """The keys of records or headers."""
    headers = (getattr(item, "header", item) for item in items)
    return [header.identifier.removeprefix(NAME) for header in headers]


def test_the_repository_says_who_it_is(sickle: Sickle) -> None:
    who = sickle.Identify()
    assert (who.protocolVersion, who.deletedRecord) == ("2.0", "persistent")
    assert who.granularity == "YYYY-MM-DDThh:mm:ssZ"
    assert who.earliestDatestamp == "2026-08-21T12:00:10Z"
    assert re.fullmatch(r"\S+@(\S+\.)+\S+", who.adminEmail)


def test_all_formats_and_sets_are_listed(sickle: Sickle) -> None:
    assert [f.metadataPrefix for f in sickle.ListMetadataFormats()] == [
        "oai_dc",
        "arXiv",
        "arXivRaw",
    ]
    sets = [found.setSpec for found in sickle.ListSets()]
    assert {"cs", "cs:cs", "cs:cs:CV", "physics", "physics:hep-th", "Cell~20Biology"} <= set(sets)


def test_dublin_core_says_what_is_known(sickle: Sickle) -> None:
    record = sickle.GetRecord(identifier=f"{NAME}2608.10001", metadataPrefix="oai_dc")
    said = record.metadata
    assert said["title"] == ["Lanterns that Count Ships"]
    assert said["creator"] == ["Ada Lin", "Bo Quill"]
    assert {"cs.CV", "lanterns"} <= set(said["subject"])
    assert said["date"] == ["2026-08-19", "2026-08-20"]
    assert "doi:10.5555/lanterns.7" in said["identifier"]
    assert said["rights"] == ["http://creativecommons.org/licenses/by/4.0/"]
    assert record.header.setSpecs == ["cs:cs:CV", "cs:cs:LG"]


def test_the_arxiv_format_says_names_in_parts(sickle: Sickle) -> None:
    record = sickle.GetRecord(identifier=f"{NAME}2608.10002", metadataPrefix="arXiv")
    assert record.metadata["keyname"] == ["van der Berg"]
    assert record.metadata["forenames"] == ["Cleo"]


@pytest.mark.parametrize("prefix", ["arXiv", "arXivRaw"])
def test_our_own_harvester_reads_back_what_it_once_read(sickle: Sickle, prefix: str) -> None:
    record = sickle.GetRecord(identifier=f"{NAME}2608.10001", metadataPrefix=prefix)
    found = record_of(etree.fromstring(record.raw), date(2026, 8, 21))
    given = harbour.LANTERNS_AT_ARXIV
    for name in ("arxiv_id", "title", "abstract", "authors", "categories", "comment", "journal_ref",
                 "doi", "license"):  # fmt: skip
        assert getattr(found, name) == getattr(given, name)
    assert found.extras["report-no"] == "HARBOUR-26-07"
    if prefix == "arXivRaw":
        assert found.versions == given.versions
        assert found.extras["submitter"] == "Ada Lin"


def test_only_papers_of_arxiv_come_in_its_formats(sickle: Sickle) -> None:
    whole = set(keys(sickle.ListRecords(metadataPrefix="oai_dc")))
    of_arxiv = set(keys(sickle.ListRecords(metadataPrefix="arXiv")))
    assert len(whole) == 7
    assert whole - of_arxiv == {"10.1101/2026.08.01.123456"}
    with pytest.raises(CannotDisseminateFormat):
        sickle.GetRecord(identifier=f"{NAME}10.1101/2026.08.01.123456", metadataPrefix="arXiv")
    formats = sickle.ListMetadataFormats(identifier=f"{NAME}10.1101/2026.08.01.123456")
    assert [found.metadataPrefix for found in formats] == ["oai_dc"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("cs", {"2608.10001", "2608.10002", "2608.10005"}),
        ("cs:cs", {"2608.10001", "2608.10002", "2608.10005"}),
        ("cs:cs:CV", {"2608.10001"}),
        ("physics", {"hep-th/9901001", "2608.10003"}),
        ("physics:hep-th", {"hep-th/9901001", "2608.10003"}),
        ("Cell~20Biology", {"10.1101/2026.08.01.123456"}),
    ],
)
def test_a_set_holds_its_papers(sickle: Sickle, spec: str, expected: set[str]) -> None:
    assert set(keys(sickle.ListIdentifiers(metadataPrefix="oai_dc", set=spec))) == expected


def test_dates_bound_a_list(sickle: Sickle) -> None:
    inside = {"from": "2026-08-21", "until": "2026-08-21"}
    assert len(keys(sickle.ListIdentifiers(metadataPrefix="oai_dc", **inside))) == 7
    exact = {"from": "2026-08-21T12:00:10Z", "until": "2026-08-21T12:00:10Z"}
    assert len(keys(sickle.ListIdentifiers(metadataPrefix="oai_dc", **exact))) == 7
    for bounds in ({"from": "2026-08-21T12:00:11Z"}, {"until": "2026-08-21T12:00:09Z"},
                   {"from": "2026-08-22"}, {"until": "2026-08-20"}):  # fmt: skip
        with pytest.raises(NoRecordsMatch):
            sickle.ListIdentifiers(metadataPrefix="oai_dc", **bounds)


def test_unknown_items_and_formats_have_their_errors(sickle: Sickle) -> None:
    with pytest.raises(IdDoesNotExist):
        sickle.GetRecord(identifier=f"{NAME}2608.99999", metadataPrefix="oai_dc")
    with pytest.raises(CannotDisseminateFormat):
        sickle.ListRecords(metadataPrefix="marc21")
    with pytest.raises(BadArgument):
        sickle.ListRecords(metadataPrefix="oai_dc", until="yesterday")


# Harvests of many records


def paper(number: int) -> Any:
    month, place = divmod(number, 90_000)
    arxiv_id = f"26{month + 1:02d}.{place:05d}"
    return replace(
        harbour.OTHERS[0],
        record_id=arxiv_id,
        arxiv_id=arxiv_id,
        title=f"Lantern {number} of the Long Quay",
        abstract=f"Lantern {number * 7919} hangs {number * 31 % 977} steps from lantern {number}.",
    )


@pytest.fixture
def quay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """1,234 papers in answers of 100."""
    monkeypatch.setattr(oai_provider, "PAGE", 100)
    services = open_services(Settings(data=tmp_path), lambda: harbour.NOW)
    for start in range(0, 1234, 200):
        services.store.ingest([paper(n) for n in range(start, min(start + 200, 1234))],
                              now=harbour.NOW)  # fmt: skip
    yield services
    services.store.close()


def test_a_harvest_goes_on_after_a_restart_without_loss_or_repeat(
    quay: Services, tmp_path: Path
) -> None:
    with serving(quay) as address:
        first = Sickle(f"{address}/oai").harvest(verb="ListRecords", metadataPrefix="oai_dc")
        found = [header.text for header in first.xml.iter(f"{OAI}identifier")]
        token = first.xml.find(f".//{OAI}resumptionToken")
    assert (token.get("cursor"), token.get("completeListSize")) == ("0", "1234")
    again = open_services(Settings(data=tmp_path), lambda: harbour.NOW)
    with serving(again) as address:
        while token is not None and token.text:
            reply = Sickle(f"{address}/oai").harvest(verb="ListRecords", resumptionToken=token.text)
            found += [header.text for header in reply.xml.iter(f"{OAI}identifier")]
            token = reply.xml.find(f".//{OAI}resumptionToken")
    assert len(found) == len(set(found)) == 1234


def test_what_changes_during_a_harvest_is_not_lost(quay: Services) -> None:
    with serving(quay) as address:
        records = Sickle(f"{address}/oai").ListRecords(metadataPrefix="oai_dc")
        found = [next(records).header.identifier for _ in range(150)]
        quay.store.ingest([replace(paper(1000), comment="Moved."), paper(5000)], now=harbour.NOW)
        found += [record.header.identifier for record in records]
    assert len(found) == len(set(found)) == 1235
    assert set(found[-2:]) == {f"{NAME}2601.01000", f"{NAME}2601.05000"}


def test_removed_papers_are_told_as_deleted(tmp_path: Path) -> None:
    services = open_services(Settings(data=tmp_path), lambda: harbour.NOW)
    services.store.ingest([paper(1), replace(paper(2), source="sample")], now=harbour.NOW)
    services.store.remove_sample()
    with serving(services) as address:
        harvester = Sickle(f"{address}/oai")
        records = list(harvester.ListRecords(metadataPrefix="oai_dc", set="cs:cs:CL"))
        lost = harvester.GetRecord(identifier=f"{NAME}2601.00002", metadataPrefix="oai_dc")
    assert [record.deleted for record in records] == [False, True]
    assert (lost.deleted, lost.header.setSpecs) == (True, ["cs:cs:CL"])


def test_an_incremental_harvest_brings_exactly_what_changed(tmp_path: Path) -> None:
    clock = [harbour.NOW]
    services = open_services(Settings(data=tmp_path), lambda: clock[0])
    services.store.ingest([paper(n) for n in range(5)], now=clock[0])
    clock[0] += timedelta(hours=1)
    with serving(services) as address:
        harvester = Sickle(f"{address}/oai")
        reply = harvester.harvest(verb="ListRecords", metadataPrefix="oai_dc")
        since = reply.xml.findtext(f"{OAI}responseDate")
        services.store.ingest([paper(7), paper(1)], now=clock[0])
        later = harvester.ListRecords(metadataPrefix="oai_dc", **{"from": since})
        assert keys(later) == ["2601.00007"]


def test_the_corpus_is_harvested_without_loss_or_repeat(test_data: Path, tmp_path: Path) -> None:
    services = open_services(Settings(data=tmp_path), lambda: harbour.NOW)
    file = min((test_data / "corpus").glob("*.xz"))
    items = read_file(file, today=date(2026, 8, 21))
    records = [item.record for item in islice(items, 20_400) if item.record is not None]
    for start in range(0, len(records), 1000):
        services.store.ingest(records[start : start + 1000], now=harbour.NOW)
    expected = services.store.count()
    assert expected >= 20_000
    with serving(services) as address:
        found = keys(Sickle(f"{address}/oai").ListRecords(metadataPrefix="oai_dc"))
    assert len(found) == len(set(found)) == expected


def test_export_and_import_give_the_same_harvest(
    harbour_services: Services, tmp_path: Path
) -> None:
    lines = tmp_path / "export.jsonl"
    lines.write_bytes(b"\n".join(map(orjson.dumps, pipeline.export(harbour_services))))
    copy = open_services(Settings(data=tmp_path / "copy"), lambda: harbour.NOW)
    pipeline.import_files(copy, [lines])

    def told(services: Services) -> set[str]:
        with TestClient(create_app(services)) as client:
            text = client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").text
        return set(re.findall(r"<metadata>.*?</metadata>", text, re.DOTALL))

    assert told(copy) == told(harbour_services)


# Arguments


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=Nothing", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&set=cs", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
        ("verb=GetRecord&identifier=x&metadataPrefix=oai_dc", "idDoesNotExist"),
        (f"verb=GetRecord&identifier={NAME}%2500&metadataPrefix=oai_dc", "idDoesNotExist"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-30", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-08-21T12:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-08-21&until=2026-08-20", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-08-21&until=2026-08-21T00:00:00Z",
         "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=cs:math:CO", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=a%20b", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=a~00", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=astro-nowhere", "noRecordsMatch"),
        ("verb=ListRecords&resumptionToken=nonsense", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=%C3%A9", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=x&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=9999-12-31", None),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=0001-01-01", None),
    ],
)  # fmt: skip
def test_each_wrong_argument_has_its_code(asking: TestClient, query: str, code: str | None) -> None:
    reply = asking.get(f"/oai?{query}")
    root = etree.fromstring(reply.content)
    error = root.find(f"{OAI}error")
    assert reply.status_code == 200
    assert (None if error is None else error.get("code")) == code
    if code in {"badVerb", "badArgument"}:
        assert root.find(f"{OAI}request").attrib == {}  # type: ignore[union-attr]


def test_a_request_may_come_as_a_form(asking: TestClient) -> None:
    reply = asking.post("/oai", data={"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"})
    assert reply.text.count("<header>") == 7


def test_a_token_of_another_verb_is_bad() -> None:
    token = ListState(
        "ListRecords", "oai_dc", after=(datetime(2026, 8, 21, tzinfo=UTC), "x")
    ).token()
    with pytest.raises(OaiError):
        read_token(token, "ListIdentifiers")


@given(
    st.sampled_from(["ListRecords", "ListIdentifiers"]),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40),
    st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)),  # noqa: DTZ001 - naive by contract
    st.integers(0, 10**9),
)
def test_a_token_gives_its_list_again(verb: str, key: str, at: datetime, given_so_far: int) -> None:
    state = ListState(verb, "oai_dc", "2026-01-01", "", "cs", (at, key), given_so_far, 10**6)
    assert read_token(state.token(), verb) == state


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.hex()))
def test_any_other_text_is_no_token(text: str) -> None:
    with pytest.raises(OaiError):
        read_token(text, "ListRecords")


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_token_is_no_token(place: int, byte: int) -> None:
    token = ListState(
        "ListRecords", "oai_dc", after=(datetime(2026, 8, 21, tzinfo=UTC), "x")
    ).token()
    place %= len(token) - 1
    damaged = token[:place] + chr(33 + byte % 90) + token[place + 1 :]
    if damaged == token:
        return
    with pytest.raises(OaiError):
        read_token(damaged, "ListRecords")


CATEGORIES = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30
)


@given(
    CATEGORIES | st.sampled_from(["cs.LG", "hep-th", "physics", "cond-mat.str-el", "a:b", "~20"])
)
def test_a_set_leads_back_to_its_category(category: str) -> None:
    spec = set_of(category)
    assert re.fullmatch(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*", spec)
    if spec != "physics":
        assert labels_of(spec) == (category,)


def test_sets_of_a_paper_are_the_narrowest() -> None:
    assert sets_of(["cs.LG", "hep-th", "cs"]) == ["cs:cs:LG", "physics:hep-th"]
    assert list(tree_of(["math.CO"])) == ["math", "math:math", "math:math:CO"]


NAMES = st.sampled_from(
    ["verb", "metadataPrefix", "from", "until", "set", "resumptionToken", "identifier", "x"]
)
VALUES = st.text(max_size=12) | st.sampled_from(
    ["ListRecords", "GetRecord", "Identify", "ListSets", "ListMetadataFormats", "ListIdentifiers",
     "oai_dc", "arXiv", "2026-08-21", "0001-01-01", "9999-12-31", "cs", f"{NAME}2608.10001"]
)  # fmt: skip


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_any_arguments_are_checked_or_refused_with_a_code(arguments: list[tuple[str, str]]) -> None:
    try:
        outcome = checked(arguments)["verb"]
    except OaiError as error:
        outcome = error.code
    assert outcome in {*VERBS, "badVerb", "badArgument"}


@given(st.lists(st.tuples(NAMES, VALUES), max_size=5), VALUES)
@settings(max_examples=80, deadline=None)
def test_no_arguments_crash_the_server(
    asking: TestClient, arguments: list[tuple[str, str]], verb: str
) -> None:
    reply = asking.get("/oai", params=[("verb", verb), *arguments])
    assert reply.status_code == 200
    assert etree.fromstring(reply.content).tag == f"{OAI}OAI-PMH"
