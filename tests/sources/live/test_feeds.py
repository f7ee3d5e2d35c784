"""Feeds of every kind, with invented papers, and one recorded feed of arXiv where it is present."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from broadsheet.domain import Link, LinkKind, PaperRecord
from broadsheet.errors import SourceError
from broadsheet.sources.live.feeds import SOURCE, harvest
from broadsheet.sources.live.fetching import Fetcher
from broadsheet.sources.live.harvesting import Batch
from loopback import CUT, Loopback

NOW = datetime(2026, 8, 21, 9, 30, tzinfo=UTC)
ITEM = """<item>
  <guid isPermaLink="false">tag:loom.example.org,2026:7</guid>
  <title>Weft &amp;amp; <![CDATA[<i>Warp</i>: $x<y$ & α]]></title>
  <link>https://loom.example.org/papers/7</link>
  <description><![CDATA[<p>Looms weave.</p><p>Code: https://github.com/ada/weft</p>]]></description>
  <dc:creator>Ada Weaver, Bo Spinner</dc:creator>
  <pubDate>Wed, 19 Aug 2026 22:00:00 -0400</pubDate>
  <category>looms</category><category>yarn</category>
  <dc:rights>https://creativecommons.org/licenses/by/4.0/</dc:rights>
  <enclosure url="/files/7" type="application/pdf" length="1"/>
</item>"""
RSS_NAMES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:arxiv="http://arxiv.org/schemas/atom"'
)


def rss(*items: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {RSS_NAMES}><channel>'
        f"<title>The Loom</title><link>https://loom.example.org/</link>{''.join(items)}"
        "</channel></rss>"
    )


def item(inner: str = "", *, title: str = "Weft") -> str:
    return f"<item><title>{title}</title>{inner}</item>"


def atom(*entries: str) -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Looms</title>'
        f"<id>urn:looms</id>{''.join(entries)}</feed>"
    )


ENTRY = """<entry>
  <id>urn:loom:9</id>
  <title type="html">Warp &lt;b&gt;bold&lt;/b&gt;</title>
  <summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One H<sub>2</sub>O.</p><p>Two.</p></div></summary>
  <author><name>Ada Weaver</name></author><author><name>Bo Spinner</name></author>
  <link rel="self" href="https://loom.example.org/feed/9"/>
  <link rel="enclosure" type="application/pdf" href="https://loom.example.org/9.pdf"/>
  <link href="https://loom.example.org/9"/>
  <published>2026-08-18T23:30:00-05:00</published><updated>2026-08-21T01:00:00Z</updated>
  <category term="looms"/>
</entry>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:prism="http://purl.org/rss/1.0/modules/prism/">
<channel rdf:about="https://loom.example.org/"><title>Looms</title></channel>
<item rdf:about="https://loom.example.org/content/10.1101/2026.08.01.123456v2?rss=1">
  <title><![CDATA[Warp]]></title>
  <link>https://loom.example.org/content/10.1101/2026.08.01.123456v2?rss=1</link>
  <description><![CDATA[Looms weave.]]></description>
  <dc:creator><![CDATA[Weaver, A., Spinner, B. C.]]></dc:creator>
  <dc:date>2026-08-18</dc:date>
  <dc:identifier>doi:10.1101/2026.08.01.123456</dc:identifier>
  <prism:publicationName>Journal of Looms</prism:publicationName>
</item></rdf:RDF>"""


def run(
    server: Loopback, fetch: Fetcher, cursor: Mapping[str, Any] | None = None, **options: str
) -> Batch:
    given = {"url": f"{server.url}/feed", **options}
    (batch,) = harvest(fetch, SOURCE.completed(given), cursor or {}, NOW)
    return batch


def one(server: Loopback, fetch: Fetcher, feed: str, **options: str) -> PaperRecord:
    server.answer("/feed", body=feed)
    batch = run(server, fetch, **options)
    assert batch.rejects == ()
    (record,) = batch.records
    return record


def test_rss_item_is_read(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(ITEM))
    assert (record.source, record.record_id) == ("feed", "tag:loom.example.org,2026:7")
    assert record.title == "Weft & Warp: $x<y$ & α"
    assert record.abstract == "Looms weave. Code: https://github.com/ada/weft"
    assert record.authors == ("Ada Weaver", "Bo Spinner")
    assert record.keywords == ("looms", "yarn")
    assert record.license == "https://creativecommons.org/licenses/by/4.0/"
    assert record.links == (
        Link(LinkKind.ABSTRACT, "https://loom.example.org/papers/7"),
        Link(LinkKind.PDF, f"{server.url}/files/7"),
        Link(LinkKind.CODE, "https://github.com/ada/weft"),
    )
    assert (record.arxiv_id, record.doi, record.categories) == (None, None, ())
    assert record.extras["feed_title"] == "The Loom"


def test_atom_entry_is_read(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, atom(ENTRY))
    assert (record.record_id, record.title) == ("urn:loom:9", "Warp bold")
    assert record.abstract == "One H2O. Two."
    assert record.authors == ("Ada Weaver", "Bo Spinner")
    assert [link.url for link in record.links] == [
        "https://loom.example.org/9",
        "https://loom.example.org/9.pdf",
    ]


def test_rdf_item_is_read(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, RDF)
    assert record.doi == "10.1101/2026.08.01.123456"
    assert record.authors == ("A. Weaver", "B. C. Spinner")
    assert record.journal_ref == "Journal of Looms"
    assert (record.announced_on, record.abstract) == (date(2026, 8, 18), "Looms weave.")


def test_day_of_the_item_is_the_day_as_the_feed_writes_it(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(ITEM))
    assert (record.announced_on, record.submitted_at) == (date(2026, 8, 19), None)
    assert one(server, fetch, rss(ITEM)).listed_on is None


def test_feed_says_when_its_newest_batch_was(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/feed", body=rss(ITEM, item("<pubDate>Mon, 17 Aug 2026 08:00 GMT</pubDate>")))
    assert run(server, fetch).batch_on == date(2026, 8, 19)


def test_date_can_be_that_of_the_paper(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(ITEM), listed="paper")
    assert record.submitted_at == datetime(2026, 8, 20, 2, tzinfo=UTC)
    assert (record.announced_on, record.listed_on) == (None, None)


def test_paper_can_be_listed_on_the_day_it_is_seen(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(ITEM), listed="seen")
    assert (record.listed_on, record.announced_on) == (date(2026, 8, 21), None)


@pytest.mark.parametrize("value", ["soon", "Thu, 31 Dec 2026 00:00:00 GMT", "2026-13-45"])
def test_date_that_cannot_be_true_is_kept_in_words(
    server: Loopback, fetch: Fetcher, value: str
) -> None:
    record = one(server, fetch, rss(item(f"<pubDate>{value}</pubDate>")))
    assert record.announced_on is None
    assert record.extras["date"] == value


def test_item_without_abstract_is_a_record(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(item("<link>https://loom.example.org/3</link>")))
    assert (record.title, record.abstract) == ("Weft", "")
    assert record.record_id == "https://loom.example.org/3"


def test_item_without_id_and_link_is_known_by_its_content(server: Loopback, fetch: Fetcher) -> None:
    assert one(server, fetch, rss(item())).record_id.startswith("~")


def test_bare_number_as_id_is_told_apart_by_host(server: Loopback, fetch: Fetcher) -> None:
    assert one(server, fetch, rss(item("<guid>77</guid>"))).record_id == "127.0.0.1:77"


def test_content_stands_in_for_a_missing_summary(server: Loopback, fetch: Fetcher) -> None:
    inner = "<content:encoded>&lt;p&gt;Long text&lt;/p&gt;</content:encoded>"
    assert one(server, fetch, rss(item(inner))).abstract == "Long text"


def test_elements_of_other_vocabularies_come_second(server: Loopback, fetch: Fetcher) -> None:
    feed = rss("<item><media:title>Picture</media:title><title>Weft</title></item>")
    assert one(server, fetch, feed).title == "Weft"


@pytest.mark.parametrize(
    ("inner", "doi"),
    [
        ("<link>https://doi.org/10.1234/LOOM.7</link>", "10.1234/loom.7"),
        ("<link>https://doi.org/10.1002/(sici)7%3C1::2</link>", "10.1002/(sici)7<1::2"),
        ("<link>https://loom.example.org/doi/full/10.1234/loom.7?af=R</link>", "10.1234/loom.7"),
        ("<link>https://loom.example.org/content/10.1101/2026.08.1v2.full.pdf</link>", "10.1101/2026.08.1"),
        ("<prism:doi>10.1234/Loom</prism:doi>", "10.1234/loom"),
        ("<dc:identifier>doi:10.1234/loom</dc:identifier>", "10.1234/loom"),
        ("<guid>10.1234/loom</guid>", "10.1234/loom"),
        ("<link>https://loom.example.org/article/doi/10.1093/bib/bbad1/55/8</link>", None),
        ("<description>See https://doi.org/10.1234/other.</description>", None),
        ("<link>https://loom.example.org/7</link>", None),
        ("<link>https://[broken/10.1234/x</link>", None),
    ],
)  # fmt: skip
def test_doi_is_taken_from_ids_and_links_only(
    server: Loopback, fetch: Fetcher, inner: str, doi: str | None
) -> None:
    assert one(server, fetch, rss(item(inner))).doi == doi


@pytest.mark.parametrize(
    ("inner", "arxiv_id"),
    [
        ("<link>https://arxiv.org/abs/2608.01234v3</link>", "2608.01234"),
        ("<link>https://huggingface.co/papers/2608.01234</link>", "2608.01234"),
        ("<guid>oai:arXiv.org:hep-th/9901001v1</guid>", "hep-th/9901001"),
        ("<prism:doi>10.48550/arXiv.2608.01234</prism:doi>", "2608.01234"),
        ("<link>https://loom.example.org/abs/2608.01234</link>", None),
        ("<link>https://loom.example.org/html/news/1234567</link>", None),
        ("<guid>2608.01234</guid>", None),
        ("<description>https://arxiv.org/abs/2608.01234</description>", None),
    ],
)
def test_arxiv_id_is_taken_from_ids_and_links_only(
    server: Loopback, fetch: Fetcher, inner: str, arxiv_id: str | None
) -> None:
    record = one(server, fetch, rss(item(inner)))
    assert record.arxiv_id == arxiv_id
    assert record.doi is None


def test_new_version_is_the_same_record(server: Loopback, fetch: Fetcher) -> None:
    def entry(version: int) -> str:
        return rss(
            item(f"<guid>oai:arXiv.org:2608.01234v{version}</guid><category>cs.LG</category>")
        )

    first = one(server, fetch, entry(1))
    server.forget()
    second = one(server, fetch, entry(2))
    assert first.record_id == second.record_id
    assert (second.versions[0].number, second.categories) == (2, ("cs.LG",))


def test_unchanged_feed_is_not_sent_again(server: Loopback, fetch: Fetcher) -> None:
    since = "Fri, 21 Aug 2026 00:00:00 GMT"
    server.answer("/feed", body=rss(ITEM), headers={"ETag": '"a"', "Last-Modified": since}, times=1)
    server.answer("/feed", status=304)
    cursor = json.loads(json.dumps(run(server, fetch).cursor))
    batch = run(server, fetch, cursor)
    headers = server.requests()[-1].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('"a"', since)
    assert (batch.records, batch.cursor) == ((), cursor)


def test_what_is_known_of_one_address_is_not_told_another(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/feed", body=rss(ITEM))
    assert run(server, fetch, {"url": "https://old.example.org/", "etag": '"a"'}).records
    assert "if-none-match" not in server.requests()[-1].headers


def test_not_modified_is_no_answer_to_a_plain_request(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/feed", status=304)
    with pytest.raises(SourceError):
        run(server, fetch)


@pytest.mark.parametrize("feed", [rss(), atom(), RDF.partition("<item")[0] + "</rdf:RDF>"])
def test_empty_feed_is_no_failure(server: Loopback, fetch: Fetcher, feed: str) -> None:
    server.answer("/feed", body=feed)
    batch = run(server, fetch)
    assert (batch.records, batch.rejects, batch.batch_on) == ((), (), None)


def test_key_in_the_address_stays_out_of_the_record(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(ITEM), url=f"{server.url}/feed?key=secret")
    assert record.extras["feed"] == "127.0.0.1"
    assert "secret" not in repr(record)


def test_item_that_comes_twice_is_one_record(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/feed", body=rss(ITEM, ITEM))
    assert len(run(server, fetch).records) == 1


def test_bad_item_is_rejected_and_the_others_are_kept(server: Loopback, fetch: Fetcher) -> None:
    deep = "<b>" * 5_000 + "</b>" * 5_000
    feed = rss(
        ITEM,
        item("<guid>x</guid>", title=""),
        item(f"<description>{deep}</description>"),
        item(title="w" * 3_000),
        item("<guid>urn:8</guid>"),
    )
    server.answer("/feed", body=feed)
    batch = run(server, fetch)
    assert [record.record_id for record in batch.records] == [
        "tag:loom.example.org,2026:7",
        "urn:8",
    ]
    reasons = " ".join(reject.reason for reject in batch.rejects)
    assert len(batch.rejects) == 3
    assert "no title" in reasons
    assert "nested too deeply" in reasons
    assert {reject.file for reject in batch.rejects} == {f"{server.url}/feed"}


def test_signs_that_xml_does_not_know_are_read(server: Loopback, fetch: Fetcher) -> None:
    record = one(server, fetch, rss(item(title="A&nbsp;B\x0b&eacute; &amp; C")))
    assert record.title == "A Bé & C"


def test_feed_in_another_encoding_is_read(server: Loopback, fetch: Fetcher) -> None:
    feed = rss(item(title="Fréchet")).replace("UTF-8", "ISO-8859-1")
    server.answer("/feed", body=feed.encode("latin-1"))
    assert run(server, fetch).records[0].title == "Fréchet"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_type_is_refused(server: Loopback, fetch: Fetcher, encoding: str) -> None:
    declared = f'encoding="{encoding}"?><!-- <rss> --><!DOCTYPE rss [<!ENTITY a "aaaa">]>'
    feed = rss(item(title="&a;")).replace('encoding="UTF-8"?>', declared)
    server.answer("/feed", body=feed.encode(encoding))
    with pytest.raises(SourceError, match="document type"):
        run(server, fetch)


def test_page_quoted_in_an_item_is_no_document_type(server: Loopback, fetch: Fetcher) -> None:
    inner = "<description><![CDATA[<!DOCTYPE html><p>Looms</p>]]></description>"
    assert one(server, fetch, rss(item(inner))).abstract.endswith("Looms")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<!DOCTYPE html><html><p>Gone</html>", "a page, not a feed"),
        ("<html><body><br></body></html>", "a page, not a feed"),
        (rss(ITEM)[:-60], "breaks off"),
        ("", "breaks off"),
        ("[]", "breaks off"),
        ("<opml/>", "no feed but “opml”"),
        ("<rss/>", "neither channel nor items"),
    ],
)
def test_answer_that_is_no_feed_is_a_passing_failure(
    server: Loopback, fetch: Fetcher, body: str, words: str
) -> None:
    server.answer("/feed", body=body)
    with pytest.raises(SourceError, match=words) as caught:
        run(server, fetch)
    assert not caught.value.permanent


def test_answer_that_is_cut_off_is_a_passing_failure(server: Loopback, fetch: Fetcher) -> None:
    server.answer("/feed", body=rss(ITEM), fault=CUT)
    with pytest.raises(SourceError) as caught:
        run(server, fetch)
    assert not caught.value.permanent


@pytest.mark.parametrize("options", [{"url": ""}, {"listed": "sometimes"}])
def test_options_that_cannot_work_are_told(
    server: Loopback, fetch: Fetcher, options: dict[str, str]
) -> None:
    with pytest.raises(SourceError, match=f"option “{next(iter(options))}”") as caught:
        run(server, fetch, **options)
    assert caught.value.permanent


def test_recorded_feed_of_arxiv_is_read(server: Loopback, fetch: Fetcher, test_data: Path) -> None:
    path = test_data / "protocol_samples" / "arxiv_rss" / "atom_cs.AI_2025-08-20.xml"
    server.answer("/feed", body=path.read_bytes())
    batch = run(server, fetch)
    assert (len(batch.records), batch.rejects) == (7, ())
    assert batch.batch_on == date(2025, 8, 20)
    assert all(record.arxiv_id and record.authors for record in batch.records)
    assert all("cs.AI" in record.categories for record in batch.records)
    assert not any(record.abstract.startswith("arXiv:") for record in batch.records)
