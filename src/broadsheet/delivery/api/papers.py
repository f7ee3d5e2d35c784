"""One paper with everything known of it, as JSON gives it; the command line uses it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broadsheet.delivery.api.models import PaperDetailShape, paper_fields, related_shape
from broadsheet.delivery.citations import bibtex

if TYPE_CHECKING:
    from broadsheet.domain import Paper
    from broadsheet.services import Services


def detail_shape(services: Services, paper: Paper, origin: str) -> PaperDetailShape:
    """The paper, the papers that belong to it, and its citation; `origin` starts addresses."""
    related = services.store.related(paper.paper_id)
    return PaperDetailShape.model_validate(
        {
            **paper_fields(paper, origin),
            "comment": paper.comment,
            "journal_ref": paper.journal_ref,
            "license": paper.license,
            "added_at": paper.added_at,
            "related": [related_shape(other, origin) for other in related],
            "bibtex": bibtex(paper),
        }
    )
