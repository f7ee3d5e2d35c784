"""An invented library for the clients of foreign protocols: every fact that they can hold."""

from __future__ import annotations

from datetime import UTC, date, datetime

from broadsheet.domain import Link, LinkKind, PaperRecord, Version

NOW = datetime(2026, 8, 21, 12, 0, tzinfo=UTC)
TODAY = date(2026, 8, 21)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ADA = {
    "_id": "61",
    "user": "ada",
    "fullname": "Ada Lin",
    "avatarUrl": "/avatars/ada.svg",
    "isPro": False,
    "type": "user",
}

LANTERNS = PaperRecord(
    source="hf_daily",
    record_id="2608.10001",
    arxiv_id="2608.10001",
    title="Lanterns that Count Ships",
    abstract="We hang lanterns over a harbour and let them count ships. Attention to the "
    "horizon halves the error.",
    authors=("Ada Lin", "Bo Quill"),
    submitted_at=_at("2026-08-19T17:08:18"),
    listed_on=TODAY,
    votes=41,
    comments=3,
    keywords=("lanterns", "counting"),
    links=(
        Link(LinkKind.CODE, "https://github.com/harbour/lanterns"),
        Link(LinkKind.PROJECT, "https://lanterns.example.org"),
        Link(LinkKind.CODE, "https://huggingface.co/harbour/lantern-7b"),
        Link(LinkKind.PROJECT, "https://huggingface.co/datasets/harbour/ships"),
        Link(LinkKind.MEDIA, "https://media.example.org/ships.mp4"),
    ),
    extras={
        "submittedBy": ADA,
        "authors": [
            {"_id": "a1", "name": "Ada Lin", "user": ADA, "status": "claimed_verified",
             "statusLastChangedAt": "2026-08-20T08:00:00.000Z", "hidden": False},
            {"name": "Bo Quill", "hidden": True, "statusLastChangedAt": "yesterday"},
        ],
        "discussionId": "d41",
        "listed_at": "2026-08-21T03:55:12.777000+00:00",
        "ai_summary": "Lanterns count ships by looking at the horizon.",
        "ai_keywords": ["lanterns", "ship counting"],
        "githubStars": 9,
        "githubRepoAddedBy": "user",
        "organization": {"_id": "o1", "name": "harbour", "fullname": "Harbour Lab",
                         "avatar": "https://img.example.org/harbour.png"},
        "thumbnail": "https://img.example.org/2608.10001.png",
    },
)  # fmt: skip

LANTERNS_AT_ARXIV = PaperRecord(
    source="arxiv_oai",
    record_id="2608.10001",
    arxiv_id="2608.10001",
    title="Lanterns that Count Ships",
    abstract=LANTERNS.abstract,
    authors=("Ada Lin", "Bo Quill"),
    categories=("cs.CV", "cs.LG"),
    submitted_at=_at("2026-08-19T17:08:18"),
    updated_at=_at("2026-08-20T09:30:00"),
    versions=(Version(1, _at("2026-08-19T17:08:18")), Version(2, _at("2026-08-20T09:30:00"))),
    comment="12 pages, accepted at Harbour Days 2026",
    journal_ref="Journal of Lanterns 7 (2026) 1-12",
    doi="10.5555/lanterns.7",
    license="http://creativecommons.org/licenses/by/4.0/",
    extras={"submitter": "Ada Lin", "report-no": "HARBOUR-26-07"},
)


def arxiv_paper(arxiv_id: str, title: str, abstract: str, **more: object) -> PaperRecord:
    fields: dict[str, object] = {
        "authors": ("Cleo van der Berg",),
        "categories": ("cs.CL",),
        "submitted_at": _at("2026-08-18T10:00:00"),
        "listed_on": date(2026, 8, 20),
        "versions": (Version(1, _at("2026-08-18T10:00:00")),),
        **more,
    }
    return PaperRecord(
        source="arxiv_oai", record_id=arxiv_id, arxiv_id=arxiv_id, title=title, abstract=abstract,
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip


OTHERS = (
    arxiv_paper("2608.10002", "Fog Horns as Language Models",
                "Fog horns speak in long tones. We model them with attention over echoes.",
                votes=12, comments=1, listed_on=TODAY),
    arxiv_paper("2608.10003", "Tides & <Currents>: $O(n^2)$ Ropes",
                "Ropes move with tides & currents; we bound $\\alpha < \\beta$ knots.",
                categories=("math.CO", "hep-th"), authors=("Dora Østergård", "E. Finch, Jr."),
                votes=0, listed_on=TODAY),
    arxiv_paper("2607.00004", "A Survey of Gulls",
                "Gulls are surveyed by hand. No lantern was used.",
                categories=("q-bio.PE",), submitted_at=_at("2026-07-02T08:00:00"),
                listed_on=date(2026, 7, 3), versions=()),
    arxiv_paper("hep-th/9901001", "Old Strings in New Harbours",
                "An old paper whose id has a slash.", categories=("hep-th",),
                submitted_at=_at("1999-01-02T08:00:00"), listed_on=date(1999, 1, 4), versions=()),
    arxiv_paper("2608.10005", "Withdrawn Buoys", "This paper has been withdrawn.",
                is_withdrawn=True, comment="withdrawn by the authors", listed_on=TODAY),
    PaperRecord(source="biorxiv", record_id="10.1101/2026.08.01.123456",
                doi="10.1101/2026.08.01.123456", title="Harbour Seals Hear Lanterns",
                abstract="Seals turn towards lanterns before ships do.",
                authors=("Gil Ray",), categories=("Cell Biology",), listed_on=TODAY, votes=5),
)  # fmt: skip


def library() -> list[PaperRecord]:
    """Seven papers; one is known to two sources."""
    return [LANTERNS, LANTERNS_AT_ARXIV, *OTHERS]
