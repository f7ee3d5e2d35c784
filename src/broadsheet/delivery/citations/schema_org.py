"""A paper as schema.org's ScholarlyArticle, for search engines and whoever reads JSON-LD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from markupsafe import Markup

from broadsheet.delivery.addresses import is_web_address, paper_path
from broadsheet.delivery.citations.bibtex import public_address, publication_day
from broadsheet.delivery.prose import excerpt, title_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broadsheet.domain import Paper

MEDIA_TYPE = "application/ld+json"
MOST_AUTHORS = 100
_LONGEST_ABSTRACT = 2_000


def scholarly_article(paper: Paper, origin: str) -> dict[str, Any]:
    """The members that are known; `origin` starts the address of its page here."""
    title = title_text(paper.title) or "Untitled"
    members = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": origin + paper_path(paper.key),
        "url": origin + paper_path(paper.key),
        "name": title,
        "headline": title,
        "author": [
            {"@type": "Person", "name": title_text(name)} for name in paper.authors[:MOST_AUTHORS]
        ],
        "datePublished": publication_day(paper).isoformat(),
        "dateModified": paper.updated_at.date().isoformat() if paper.updated_at else "",
        "abstract": excerpt(paper.abstract, _LONGEST_ABSTRACT),
        "keywords": [*paper.categories, *paper.keywords],
        "identifier": list(_identifiers(paper)),
        "sameAs": public_address(paper),
        "license": paper.license if is_web_address(paper.license or "") else "",
        "isPartOf": {"@type": "PublicationIssue", "name": title_text(paper.journal_ref)}
        if paper.journal_ref
        else {},
        "commentCount": paper.comments,
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": "https://schema.org/LikeAction",
            "userInteractionCount": paper.votes,
        },
    }
    return {name: value for name, value in members.items() if value not in ("", [], {})}


def as_script(paper: Paper, origin: str) -> Markup:
    """The same as the inside of a script element: no text can end the element."""
    json = orjson.dumps(scholarly_article(paper, origin)).decode()
    return Markup(json.replace("<", "\\u003c"))  # noqa: S704 - no mark-up is left in it


def _identifiers(paper: Paper) -> Iterator[dict[str, str]]:
    for kind, value in (("arXiv", paper.arxiv_id), ("DOI", paper.doi)):
        if value:
            yield {"@type": "PropertyValue", "propertyID": kind, "value": value}
