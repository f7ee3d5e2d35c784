"""What a pasted text names; and that an address is never more than the identifier in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.errors import InputError
from broadsheet.pasted import NameKind, named_paper


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2401.01234", NameKind.ARXIV, "2401.01234"),
        ("  arXiv:2401.01234v3 ", NameKind.ARXIV, "2401.01234"),
        ("cs/0112017", NameKind.ARXIV, "cs/0112017"),
        ("https://arxiv.org/abs/2401.01234v1?context=cs", NameKind.ARXIV, "2401.01234"),
        ("arxiv.org/pdf/2401.01234.pdf", NameKind.ARXIV, "2401.01234"),
        ("https://huggingface.co/papers/2401.01234", NameKind.ARXIV, "2401.01234"),
        ("10.48550/arXiv.2401.01234", NameKind.ARXIV, "2401.01234"),
        ("https://doi.org/10.48550/arXiv.2401.01234", NameKind.ARXIV, "2401.01234"),
        ("10.5555/Mills.1", NameKind.DOI, "10.5555/mills.1"),
        ("doi:10.5555/mills.1", NameKind.DOI, "10.5555/mills.1"),
        ("https://doi.org/10.5555/mills.1", NameKind.DOI, "10.5555/mills.1"),
        ("https://dl.example.org/doi/pdf/10.5555/mills.1", NameKind.DOI, "10.5555/mills.1"),
        ("https://j.example/article/10.5555/mills.1/full", NameKind.DOI, "10.5555/mills.1"),
        ("https://j.example/article?id=10.5555/mills.1", NameKind.DOI, "10.5555/mills.1"),
        (
            "https://www.biorxiv.org/content/10.1101/2026.07.01.573000v2.full.pdf+html",
            NameKind.DOI,
            "10.1101/2026.07.01.573000",
        ),
        ("https://openreview.net/forum?id=aB_3-xYz&noteId=q", NameKind.FORUM, "aB_3-xYz"),
        ("https://aclanthology.org/2026.acl-long.7/", NameKind.DOI, "10.18653/v1/2026.acl-long.7"),
        ("~0123456789ab", NameKind.KEY, "~0123456789ab"),
        ("https://here.example/papers/~0123456789ab", NameKind.KEY, "~0123456789ab"),
    ],
)
def test_what_names_a_paper_is_read(text: str, kind: NameKind, value: str) -> None:
    name = named_paper(text)
    assert (name.kind, name.value) == (kind, value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "hello world",
        "x" * 100_000,
        "http://127.0.0.1:8000/admin",
        "http://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:80/",
        "http://[::ffff:169.254.169.254]/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "javascript:alert(1)",
        "http://user:pass@127.0.0.1/",
        "https://openreview.net/forum?id=../../etc",
        "https://openreview.net/forum?id=a%0d%0ab",
        "http://[::1",
        "10.5555/mills\x00.1",
        "10.5555/<script>",
        "https://arxiv.org/abs/２４０１.01234",
    ],
)
def test_what_names_no_paper_is_refused(text: str) -> None:
    with pytest.raises(InputError) as raised:
        named_paper(text)
    assert raised.value.field == "name"


@given(st.text(max_size=300) | st.from_regex(r"(https?://)?[\w.]{1,20}/10\.\d{4}/\S{1,80}"))
def test_a_name_never_holds_what_a_request_could_stumble_over(text: str) -> None:
    try:
        name = named_paper(text)
    except InputError:
        return
    assert name.value
    assert not any(sign.isspace() or ord(sign) < 32 for sign in name.value)
    assert len(name.value) <= 200
