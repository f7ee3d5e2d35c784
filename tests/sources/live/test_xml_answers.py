"""XML in the encodings that services use, or say they use."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from broadsheet.errors import SourceError
from broadsheet.sources.live.feed_document import entry_of, read_feed
from broadsheet.sources.live.xml_answers import MENDED, as_utf8, read

WORDS = "Fäden ⊗ 织物"
LATIN = "Fäden"


def title(body: bytes) -> str:
    return fromstring(as_utf8(body, "the answer")).text or ""  # noqa: S314


def document(words: str, declared: str) -> str:
    return f'<?xml version="1.0" encoding="{declared}"?>\n<title>{words}</title>'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"<title>{WORDS}</title>".encode(), WORDS),
        (document(WORDS, "UTF-8").encode(), WORDS),
        (document(WORDS, "utf8").encode("utf-8-sig"), WORDS),
        (document(WORDS, "UTF-16").encode("utf-16"), WORDS),
        (b"\xfe\xff" + document(WORDS, "UTF-16").encode("utf-16-be"), WORDS),
        (document(WORDS, "UTF-16").encode("utf-16-le"), WORDS),
        (document(WORDS, "UTF-16").encode("utf-16-be"), WORDS),
        (f"<title>{WORDS}</title>".encode("utf-16"), WORDS),
        (document(LATIN, "ISO-8859-1").encode("latin-1"), LATIN),
        (document(f"{LATIN} “x”", "windows-1252").encode("cp1252"), f"{LATIN} “x”"),
        (document("织物", "gb2312").encode("gb2312"), "织物"),
        (document("织物", "GBK").encode("gbk"), "织物"),
        (document("織物", "Shift_JIS").encode("cp932"), "織物"),
        (document("직물", "EUC-KR").encode("euc-kr"), "직물"),
        (document("Ткань", "koi8-r").encode("koi8-r"), "Ткань"),
    ],
)
def test_text_is_read_in_its_encoding(body: bytes, words: str) -> None:
    assert title(body) == words


def test_gb2312_holds_the_signs_of_the_wider_encoding_that_is_meant() -> None:
    assert title(document("織物 〇", "gb2312").encode("gb18030")) == "織物 〇"


@pytest.mark.parametrize("declared", ["UTF-16", "utf-32", "us-ascii", "ascii"])
def test_declaration_that_its_own_bytes_contradict_is_not_believed(declared: str) -> None:
    assert title(document(WORDS, declared).encode()) == WORDS


def test_mark_of_the_bytes_stands_above_the_declaration() -> None:
    assert title(document(WORDS, "ISO-8859-1").encode("utf-8-sig")) == WORDS


def test_bytes_that_are_none_of_the_encoding_become_the_sign_for_it() -> None:
    body = document("织~", "gb2312").encode("gb2312")
    assert title(body.replace(b"~", b"\xff")) == "织\ufffd"


@pytest.mark.parametrize(
    "declared",
    ["x-mill", "rot13", "rot_13", "hex", "base64", "zip", "bz2", "idna", "punycode", "undefined",
     "unicode_escape", "raw_unicode_escape", "a" * 500],
)  # fmt: skip
def test_encoding_that_is_none_of_text_is_a_passing_failure(declared: str) -> None:
    with pytest.raises(SourceError, match="is not known") as caught:
        title(document("x", declared).encode())
    assert not caught.value.permanent
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_answer_is_read_in_any_unicode_encoding(encoding: str) -> None:
    body = document(WORDS, encoding.upper()).encode(encoding)
    assert read(body, "example.org", lambda found: fromstring(found).text) == (WORDS, "")  # noqa: S314


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_entities_are_refused_in_any_encoding(encoding: str) -> None:
    body = f'<!DOCTYPE t [<!ENTITY a "b">]>{document("x", encoding)}'
    body = body if encoding == "utf-8" else f"<{body[1:]}"
    with pytest.raises(SourceError, match="declares a document type"):
        read(body.encode(encoding), "example.org", fromstring)


def test_forbidden_characters_are_left_out_and_noted() -> None:
    body = b"<title>Looms\x00 and\x0b yarn&#2;&#x1F;</title>"
    found, note = read(body, "example.org", lambda body: fromstring(body).text)  # noqa: S314
    assert (found, note) == ("Looms and yarn", MENDED)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
def test_feed_is_read_in_its_encoding(encoding: str) -> None:
    feed = (
        f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel>'
        f"<title>{LATIN}</title><item><title>{LATIN} &eacute;</title></item></channel></rss>"
    )
    found = read_feed(feed.encode(encoding))
    assert found.title == LATIN
    assert entry_of(found.items[0]).title == f"{LATIN} é"


def test_feed_in_an_unknown_encoding_is_a_passing_failure() -> None:
    with pytest.raises(
        SourceError, match="The encoding that the feed declares, “x-mill”"
    ) as caught:
        read_feed(document("x", "x-mill").encode())
    assert not caught.value.permanent
