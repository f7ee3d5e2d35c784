"""Atom answers of arXiv's API, with invented papers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from broadsheet.domain import Version
from broadsheet.errors import SourceError

if TYPE_CHECKING:
    from tests.sources.conftest import Read

ENTRY = """<entry>
  <id>http://arxiv.org/abs/2510.00001v2</id>
  <updated>2025-10-20T10:00:00Z</updated>
  <published>2025-10-16T17:59:37Z</published>
  <title>Weft &amp; Warp:
  A Study</title>
  <summary>  Looms weave.
More at ada.github.io.
</summary>
  <author><name>Ada Weaver</name></author>
  <author><name>Bo Spinner</name><arxiv:affiliation>Mill</arxiv:affiliation></author>
  <arxiv:comment>9 pages</arxiv:comment>
  <arxiv:journal_ref>J. Loom 3</arxiv:journal_ref>
  <arxiv:doi>10.1234/LOOM</arxiv:doi>
  <arxiv:primary_category term="cs.RO"/>
  <category term="cs.AI"/><category term="cs.RO"/><category term="68T40; I.2.9"/>
</entry>"""


def feed(*entries: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:arxiv="http://arxiv.org/schemas/atom"><title>A query</title>{"".join(entries)}</feed>'
    )


def test_entry_is_read(read: Read) -> None:
    record = read(feed(ENTRY)).record
    assert record.source == "arxiv_atom"
    assert record.arxiv_id == record.record_id == "2510.00001"
    assert record.title == "Weft & Warp: A Study"
    assert record.abstract == "Looms weave. More at ada.github.io."
    assert record.authors == ("Ada Weaver", "Bo Spinner")
    assert record.categories == ("cs.RO", "cs.AI")
    assert (record.comment, record.journal_ref, record.doi) == (
        "9 pages",
        "J. Loom 3",
        "10.1234/loom",
    )
    assert record.links[0].url == "https://ada.github.io"


def test_dates_and_versions_are_read(read: Read) -> None:
    record = read(feed(ENTRY)).record
    first, second = (
        datetime(2025, 10, 16, 17, 59, 37, tzinfo=UTC),
        datetime(2025, 10, 20, 10, tzinfo=UTC),
    )
    assert (record.submitted_at, record.updated_at) == (first, second)
    assert record.versions == (Version(1, first), Version(2, second))


def test_empty_feed_has_no_records(read: Read) -> None:
    result = read(feed())
    assert (result.records, result.rejects) == ([], [])


def test_error_entry_is_told_in_its_own_words(read: Read) -> None:
    entry = (
        "<entry><id>http://arxiv.org/api/errors#bad_id</id><title>Error</title>"
        "<summary>incorrect id format</summary></entry>"
    )
    with pytest.raises(SourceError, match="incorrect id format"):
        read(feed(entry))


def test_entry_of_another_feed_is_rejected(read: Read) -> None:
    result = read(feed(ENTRY, "<entry><id>tag:blog.example.org</id><title>Hi</title></entry>"))
    assert len(result.records) == 1
    assert result.rejects[0].position == "entry 2"


def test_feed_that_breaks_off_gives_its_whole_entries(read: Read) -> None:
    result = read(feed(ENTRY, ENTRY.replace("00001", "00002"))[:-200])
    assert len(result.records) == 1
    assert "breaks off" in result.rejects[0].reason


def test_feed_with_entities_of_its_own_is_refused(read: Read) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaa">]>' + feed(ENTRY)[38:]
    with pytest.raises(SourceError, match="document type"):
        read(bomb)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_declared_encodings_are_read(read: Read, encoding: str) -> None:
    content = feed(ENTRY.replace("Weaver", "W\u00e9aver")).replace("UTF-8", encoding)
    assert read(content.encode(encoding)).record.authors[0] == "Ada W\u00e9aver"


def test_other_feeds_and_other_xml_are_refused(read: Read) -> None:
    with pytest.raises(SourceError, match="Atom namespace"):
        read('<?xml version="1.0"?><feed xmlns="http://example.org/"><entry/></feed>')
    with pytest.raises(SourceError, match="<rss>"):
        read('<?xml version="1.0"?><rss version="2.0"><channel/></rss>')
