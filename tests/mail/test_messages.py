"""Messages as bytes: encodings, headers nothing can be smuggled into, signatures that hold."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
from desks import DAY, MORNING, Opened, invented, subscribe
from pydantic import SecretStr

from broadsheet.delivery.mail.mime import Envelope, Letter, encoded_subject, make_message
from broadsheet.delivery.mail.rounds import queue_due
from broadsheet.delivery.mail.signing import DkimSigner
from broadsheet.errors import ConfigurationError
from broadsheet.mail import Preferences
from broadsheet.services import Services
from broadsheet.subscriptions.preferences import MOST_PAPERS

LETTER = Letter("A subject", "Some text.\n", "<p>Some text.</p>\n")


def envelope(**headers: str) -> Envelope:
    return Envelope("The Paper", "papers@example.org", "ann@example.org", "<1@x>", MORNING, headers)


def parsed(content: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(content, policy=policy.default))


def queued(services: Services) -> bytes:
    queue_due(services)
    mail = services.store.mail.outbox.take("t", now=services.clock(), until=services.clock())
    assert mail is not None
    return mail.message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return cast("str", part.get_content())


@pytest.mark.parametrize(
    "text",
    ["Plain words", "Größe der Gezeiten", "论文 " * 60, "a" * 300, "∑ℵ₀ ≤ 𝔠", "=?utf-8?q?x?="],
)
def test_subject_comes_back_as_it_was(text: str) -> None:
    message = parsed(make_message(Letter(text, "t", "h"), envelope()))
    assert message["Subject"] == text.strip()


@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: x@y.org", "a\nBcc: x", "a\rBcc: x", "a\u2028Bcc: x", "a\x00b"]
)
def test_subject_cannot_bring_a_header(evil: str) -> None:
    content = make_message(Letter(evil, "t", "h"), envelope())
    assert parsed(content)["Bcc"] is None
    assert "\n" not in re.sub(r"\r\n ", "", encoded_subject(evil))


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: a@b.org", "x\nBcc: a@b.org", "x\r\n\r\nbody", "x" * 1200]
)
def test_header_that_breaks_out_is_refused(evil: str) -> None:
    with pytest.raises(ValueError, match="header"):
        make_message(LETTER, envelope(**{"List-Id": evil}))


def test_lone_surrogate_and_control_characters_do_no_harm() -> None:
    content = make_message(Letter("a\ud800b\x07c", "text \ud800", "<p>\ud800</p>"), envelope())
    assert parsed(content)["Subject"] == "a b c"


def test_every_line_is_short_and_seven_bit() -> None:
    long = Letter("Größe " * 30, "é" * 5000, "<p>" + "漢" * 5000 + "</p>")
    content = make_message(long, envelope())
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_both_parts_come_back_as_they_were() -> None:
    letter = Letter("s", "Ω = ∑ x²\n. dot\nFrom here\ttab  \n", "<p>中文 = &amp;</p>\n")
    message = parsed(make_message(letter, envelope()))
    assert body(message, "plain").splitlines() == letter.text.splitlines()
    assert body(message, "html").strip() == letter.html.strip()


def test_digest_carries_the_headers_of_a_list(opened: Opened) -> None:
    services = opened()
    subscribe(services)
    message = parsed(queued(services))
    leave = message["List-Unsubscribe"]
    assert re.fullmatch(r"<https://papers\.example\.org/unsubscribe/[\w.-]+>", leave)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<digest.papers.example.org>" in message["List-Id"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "bulk"
    assert message["Date"].datetime == MORNING
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", message["Message-ID"])


def test_digest_with_mathematics_and_chinese_authors_is_readable(opened: Opened) -> None:
    record = invented(
        1,
        title=r"Bounds of $\Omega(T^{\frac{k+1}{2k+1}})$ for $\ell_2$",
        authors=("王小明", "Łukasz Żółć"),
        abstract=r"We show $\sum_{i=1}^n x_i \leq \aleph_0$ & <b>nothing</b> else.",
    )
    services = opened(records=[record])
    subscribe(services)
    message = parsed(queued(services))
    for text in (body(message, "plain"), body(message, "html")):
        assert "王小明" in text
        assert "Łukasz Żółć" in text
        assert "Ω" in text
        assert "\\frac" not in text
    assert "&lt;b&gt;" in body(message, "html")
    assert "Ω" in message["Subject"]


def test_text_and_html_name_the_same_papers_and_links(opened: Opened) -> None:
    services = opened()
    subscribe(services)
    message = parsed(queued(services))
    text, page = body(message, "plain"), body(message, "html")
    links = set(re.findall(r'href="([^"]+)"', page))
    assert len(links) > 50
    assert {link for link in links if link not in text} <= {"https://papers.example.org/papers"}
    titles = re.findall(r'<h3[^>]*><a href="[^"]+">([^<]+)<', page)
    assert len(titles) == 10
    assert all(title in text for title in titles)


def test_digest_loads_nothing_from_anywhere(opened: Opened) -> None:
    services = opened()
    subscribe(services)
    page = body(parsed(queued(services)), "html")
    assert not re.search(r"<img|<link|<script|<iframe|url\(|@import|src=", page)


def test_subject_has_the_strongest_title_and_the_count(opened: Opened) -> None:
    services = opened()
    subscribe(services)
    assert parsed(queued(services))["Subject"] == "“Counting Harbours, Part 1” and 9 more papers"


def test_largest_digest_stays_below_100_kb(opened: Opened) -> None:
    records = [
        invented(
            number,
            title=f"{'Ein überlanger Titel mit ∑ ' * 20}{number}",
            authors=tuple(f"王小明{place}" for place in range(40)),
            abstract="Über lange Sätze wird hier ∑ geschrieben. " * 40,
            arxiv_id=None,
            record_id=f"10.5555/{'very-long-name-' * 6}{number}",
            doi=f"10.5555/{'very-long-name-' * 6}{number}",
        )
        for number in range(1, 41)
    ]
    services = opened(records=records)
    subscribe(services, preferences=Preferences(most_papers=MOST_PAPERS))
    message = queued(services)
    assert len(body(parsed(message), "html").encode()) < 100_000
    assert len(re.findall("<h3", body(parsed(message), "html"))) == MOST_PAPERS


def test_stalled_source_is_named_in_the_mail(opened: Opened) -> None:
    services = opened()
    services.store.add_source("night-list", "arxiv-oai", {}, due_at=MORNING.replace(day=10))
    subscribe(services)
    text = body(parsed(queued(services)), "plain")
    assert "Papers may be missing: night-list is stalled" in text


def test_imprint_and_counted_clicks_are_said_where_set(opened: Opened) -> None:
    services = opened(mail_imprint="The Paper, 1 Quay Road", count_clicks=True)
    subscribe(services)
    text = body(parsed(queued(services)), "plain")
    assert "1 Quay Road" in text
    assert "not who opens them" in text
    assert re.search(r"Read: https://papers\.example\.org/d/[\w.-]+/open/", text)


# DKIM, checked by RFC 6376 and OpenSSL alone: the library that signs takes no part.


@pytest.fixture(scope="session")
def dkim_keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("dkim")
    private, public = folder / "private.pem", folder / "public.pem"
    subprocess.run(["openssl", "genrsa", "-out", private, "2048"], check=True, capture_output=True)
    subprocess.run(
        ["openssl", "rsa", "-in", private, "-pubout", "-out", public],
        check=True,
        capture_output=True,
    )
    return private, public


def relaxed_header(name: str, value: str) -> bytes:
    """RFC 6376, 3.4.2."""
    unfolded = re.sub(r"\r\n(?=[ \t])", "", value)
    single_spaced = re.sub(r"[ \t]+", " ", unfolded).strip()
    return f"{name.lower()}:{single_spaced}".encode()


def relaxed_body(content: bytes) -> bytes:
    """RFC 6376, 3.4.4."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" \t") for line in content.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def headers_of(content: bytes) -> tuple[list[tuple[str, str]], bytes]:
    head, _, rest = content.partition(b"\r\n\r\n")
    fields = re.findall(r"([!-9;-~]+):((?:.|\r\n[ \t])*)(?:\r\n|$)", head.decode())
    return fields, rest


def verify(content: bytes, public: Path, folder: Path) -> tuple[bool, dict[str, str]]:
    """Whether the first signature of a message holds, and its tags."""
    fields, rest = headers_of(content)
    name, signature = fields[0]
    assert name == "DKIM-Signature"
    tags = {
        part.split("=", 1)[0].strip(): re.sub(r"\s", "", part.split("=", 1)[1])
        for part in signature.split(";")
        if "=" in part
    }
    digest = base64.b64encode(hashlib.sha256(relaxed_body(rest)).digest()).decode()
    left = fields[1:]
    signed = []
    for wanted in tags["h"].split(":"):
        places = [place for place, field in enumerate(left) if field[0].lower() == wanted.lower()]
        if places:
            signed.append(relaxed_header(*left.pop(places[-1])))
    emptied = re.sub(r"(\bb=)[^;]*", r"\1", signature)
    data = b"\r\n".join([*signed, relaxed_header("DKIM-Signature", emptied)])
    (folder / "signed.bin").write_bytes(data)
    (folder / "signature").write_bytes(base64.b64decode(tags["b"]))
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", public, "-signature", folder / "signature",
         folder / "signed.bin"],
        check=False,
        capture_output=True,
    )  # fmt: skip
    return done.returncode == 0 and tags["bh"] == digest, tags


@pytest.fixture
def signed(opened: Opened, dkim_keys: tuple[Path, Path]) -> bytes:
    services = opened(dkim_key_file=dkim_keys[0], dkim_selector="paper")
    subscribe(services)
    return queued(services)


def test_signature_holds_by_an_independent_check(
    signed: bytes, dkim_keys: tuple[Path, Path], tmp_path: Path
) -> None:
    is_valid, tags = verify(signed, dkim_keys[1], tmp_path)
    assert is_valid
    assert (tags["d"], tags["s"], tags["a"]) == ("example.org", "paper", "rsa-sha256")
    assert {"list-unsubscribe", "list-unsubscribe-post", "from"} <= set(tags["h"].split(":"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"List-Unsubscribe: <https://papers", b"List-Unsubscribe: <https://thieves"),
        (b"List-Unsubscribe-Post:", b"X-List-Unsubscribe-Post:"),
        (b"Subject: ", b"Subject: Urgent "),
        (b"Counting", b"Miscounting"),
        (b"From: ", b"From: Somebody <else@example.net>\r\nFrom: "),
    ],
)
def test_signature_breaks_when_the_mail_is_changed(
    signed: bytes, dkim_keys: tuple[Path, Path], tmp_path: Path, before: bytes, after: bytes
) -> None:
    changed = signed.replace(before, after, 1)
    assert changed != signed
    assert not verify(changed, dkim_keys[1], tmp_path)[0]


def test_signature_covers_a_header_that_is_put_in_twice(
    signed: bytes, dkim_keys: tuple[Path, Path], tmp_path: Path
) -> None:
    forged = signed.replace(
        b"\r\nList-Unsubscribe:", b"\r\nList-Unsubscribe: <https://x>\r\nList-Unsubscribe:", 1
    )
    assert not verify(forged, dkim_keys[1], tmp_path)[0]


def test_key_that_cannot_sign_stops_the_start(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    services = opened(dkim_key_file=tmp_path / "key")
    with pytest.raises(ConfigurationError, match="DKIM"):
        DkimSigner.of(services.settings)
    services = opened(dkim_key_file=tmp_path / "missing")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        DkimSigner.of(services.settings)


def test_secrets_of_mail_are_never_shown(opened: Opened) -> None:
    services = opened(
        smtp_user="ann", smtp_password=SecretStr("s3cret"), mail_webhook_secret=SecretStr("h00k")
    )
    shown = str(services.settings.shown()) + repr(services.settings)
    assert "s3cret" not in shown
    assert "h00k" not in shown


def test_day_of_the_edition_is_the_readers_own(opened: Opened) -> None:
    services = opened()
    subscribe(services, preferences=Preferences(time_zone="Pacific/Auckland"))
    assert DAY.day == 21
    assert "Friday, 21 August 2026" in body(parsed(queued(services)), "plain")
