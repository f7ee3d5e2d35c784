"""Papers that people bring, in the tests of submissions, picks and claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from broadsheet.community.offers import Form, Offer, offer_by_hand, offer_of
from broadsheet.community.submissions import Submissions
from broadsheet.domain import PaperRecord
from broadsheet.settings import Settings

BY_HAND = Form(
    title="Windmills That Sing in the Key of D",
    abstract="We tune the sails of four windmills and listen for a year to what the farmers say.",
    authors="Ada Wheel\nBo Salt; Cy Oak",
    link="https://mills.example/singing.pdf",
)


def found(arxiv_id: str = "2607.12345", **fields: Any) -> PaperRecord:
    """A record as arXiv's query gives it."""
    values = {
        "source": "arxiv_query",
        "record_id": arxiv_id,
        "arxiv_id": arxiv_id,
        "title": f"Clocks of Salt and Sand, number {arxiv_id}",
        "abstract": f"A clock of salt is compared with one of sand, and {arxiv_id} with neither.",
        "authors": ("Ada Wheel", "Bo Salt"),
        "categories": ("physics.soc-ph",),
        **fields,
    }
    return PaperRecord(**values)


def crossref(doi: str | None = "10.5555/clocks.7", **fields: Any) -> PaperRecord:
    """A record as Crossref gives it, with the iDs of two authors."""
    values = {
        "source": "crossref",
        "record_id": doi,
        "doi": doi,
        "title": "A Treatise on Clocks Without Hands",
        "abstract": "Hands are taken from forty clocks, and nobody comes late in a winter.",
        "authors": ("Ada Wheel", "Bo Salt", "Élise Du Pré"),
        "listed_on": date(2026, 8, 20),
        "extras": {
            "orcids": {"Ada Wheel": "0000-0002-1825-0097", "Bo Salt": "0000-0001-5109-3700"}
        },
        **fields,
    }
    return PaperRecord(**values)


def offer(arxiv_id: str = "2607.12345") -> Offer:
    return offer_of(found(arxiv_id))


def by_hand(**fields: str) -> Offer:
    return offer_by_hand(replace(BY_HAND, **fields))


def closed(submissions: Submissions) -> Submissions:
    """The rules of an instance where editors approve what people bring."""
    return replace(submissions, settings=Settings(submissions="approval"))
