"""Papers in the JSON shapes of the Hugging Face Papers API.

Where the official client looks at one level only and Hugging Face sends the other, a fact stands at
both, so that the client loses nothing. Optional facts that are unknown are left out, never null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from broadsheet.delivery.protocols.huggingface_people import (
    JSON,
    author_shape,
    instant,
    organization_shape,
    user_shape,
)
from broadsheet.domain import Hit, LinkKind, Paper, Person

Said = Sequence[Mapping[str, Any]]
"""What sources say of a paper beyond our fields, the most trusted first."""
_HUB_LINK = re.compile(
    r"https?://(?:huggingface\.co|hf\.co)/(?:(datasets|spaces)/)?([\w.-]+/[\w.-]+)/?", re.ASCII
)
_HUB_PAGES = frozenset(("papers", "collections", "docs", "blog", "organizations", "datasets"))
_WORD = re.compile(r"\w+")
_LARGEST = 2**31


def daily_item(paper: Paper, said: Said, bringer: Person | None = None) -> JSON:
    """An element of `/api/daily_papers`: the paper, and around it the facts of its listing."""
    facts = _Facts(paper, said, bringer)
    listing, extras = facts.listing, facts.extras
    return {
        "paper": {**facts.core, **listing, **extras},
        "publishedAt": listing["submittedOnDailyAt"],
        "submittedOnDailyAt": listing["submittedOnDailyAt"],
        "title": paper.title,
        "summary": paper.abstract,
        "upvotes": paper.votes,
        "numComments": paper.comments,
        "source": facts.source,
        **facts.outer,
        **extras,
    }


def paper_object(paper: Paper, said: Said, bringer: Person | None = None) -> JSON:
    """The answer of `/api/papers/{id}`: everything at the top, with linked repositories."""
    facts = _Facts(paper, said, bringer)
    repositories = repositories_of(paper)
    return {
        **facts.core,
        **facts.listing,
        **facts.extras,
        "numComments": paper.comments,
        "source": facts.source,
        **({"withdrawnAt": facts.withdrawn_at} if paper.is_withdrawn else {}),
        "linkedModels": repositories["models"],
        "linkedDatasets": repositories["datasets"],
        "linkedSpaces": repositories["spaces"],
        "numTotalModels": len(repositories["models"]),
        "numTotalDatasets": len(repositories["datasets"]),
        "numTotalSpaces": len(repositories["spaces"]),
    }


def search_item(hit: Hit, said: Said) -> JSON:
    """An element of `/api/papers/search`, with the query's words marked."""
    return {
        **daily_item(hit.paper, said, hit.brought_by),
        "upvoted": False,
        "highlightedTitle": highlighted(hit.paper.title, hit.terms),
        "highlightedSummary": highlighted(hit.paper.abstract, hit.terms),
    }


def highlighted(text: str, terms: Iterable[str]) -> list[JSON]:
    """The text in pieces, of which those are marked that begin with a word of the query."""
    wanted = tuple(terms)
    pieces: list[JSON] = []
    end = 0
    for found in _WORD.finditer(text) if wanted else ():
        if found[0].lower().startswith(wanted):
            if found.start() > end:
                pieces.append({"type": "text", "text": text[end : found.start()]})
            pieces.append({"type": "highlight", "text": found[0]})
            end = found.end()
    return [*pieces, {"type": "text", "text": text[end:]}] if end < len(text) else pieces


def repositories_of(paper: Paper) -> dict[str, list[JSON]]:
    """Models, data sets and spaces at Hugging Face that the paper's own links lead to."""
    found: dict[str, dict[str, JSON]] = {"models": {}, "datasets": {}, "spaces": {}}
    for link in paper.links:
        match = _HUB_LINK.match(link.url)
        if match and match[2].partition("/")[0] not in _HUB_PAGES:
            found[match[1] or "models"][match[2]] = _repository(match[2])
    return {kind: list(repositories.values()) for kind, repositories in found.items()}


def _repository(name: str) -> JSON:
    return {"id": name, "author": name.partition("/")[0]}


def _of_ours(person: Person | None) -> JSON | None:
    if person is None:
        return None
    return {"user": person.name, "name": person.name, "fullname": person.shown_name, "type": "user"}


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _code_of(paper: Paper) -> str | None:
    """The repository of the code; a model at Hugging Face is one only where there is no other."""
    code = [link.url for link in paper.links if link.kind is LinkKind.CODE]
    return next((url for url in code if not _HUB_LINK.match(url)), next(iter(code), None))


class _Facts:
    """What the shapes of one paper have in common."""

    def __init__(self, paper: Paper, said: Said, bringer: Person | None) -> None:
        self._paper = paper
        self._said: dict[str, Any] = {}
        for extras in said:
            for name, value in extras.items():
                self._said.setdefault(name, value)
        self._submitter = user_shape(self._said.get("submittedBy")) or _of_ours(bringer)
        self.source = "arxiv" if paper.arxiv_id else paper.sources[0]

    @property
    def core(self) -> JSON:
        """The paper itself."""
        paper = self._paper
        return {
            "id": paper.key,
            "authors": self._authors(),
            "publishedAt": instant(paper.submitted_at or _start_of(paper.listed_on)),
            "title": paper.title,
            "summary": paper.abstract,
            "upvotes": paper.votes,
            **self._texts("discussionId"),
        }

    @property
    def listing(self) -> JSON:
        """When the paper was listed, and by whom."""
        submitter = self._submitter
        return {
            "submittedOnDailyAt": instant(self._listed_at()),
            **({"submittedOnDailyBy": submitter} if submitter else {}),
        }

    @property
    def outer(self) -> JSON:
        """What stands beside the nested paper only."""
        submitter = self._submitter
        return {
            **self._texts("thumbnail"),
            **({"submittedBy": submitter} if submitter else {}),
            "isAuthorParticipating": self._said.get("isAuthorParticipating") is True,
        }

    @property
    def extras(self) -> JSON:
        """What the client looks for at the top and Hugging Face nests."""
        paper = self._paper
        media = [link.url for link in paper.links if link.kind is LinkKind.MEDIA]
        links = {
            "projectPage": paper.link(LinkKind.PROJECT),
            "githubRepo": _code_of(paper),
        }
        keywords = self._said.get("ai_keywords") or list(paper.keywords)
        organization = organization_shape(self._said.get("organization"))
        stars = self._stars()
        return {
            **{name: url for name, url in links.items() if url},
            **({"githubStars": stars} if stars is not None else {}),
            **({"mediaUrls": media} if media else {}),
            **self._texts("ai_summary", "ai_summary_model", "githubRepoAddedBy"),
            **({"ai_keywords": keywords} if keywords else {}),
            **({"organization": organization} if organization else {}),
        }

    @property
    def withdrawn_at(self) -> str:
        """The last instant known of a withdrawn paper."""
        paper = self._paper
        return instant(paper.updated_at or paper.submitted_at or _start_of(paper.listed_on))

    def _texts(self, *names: str) -> JSON:
        found = {name: self._said.get(name) for name in names}
        return {name: value for name, value in found.items() if isinstance(value, str) and value}

    def _stars(self) -> int | None:
        for name in ("githubStars", "stars"):
            count = self._said.get(name)
            if isinstance(count, int) and not isinstance(count, bool) and 0 <= count < _LARGEST:
                return count
        return None

    def _listed_at(self) -> datetime:
        said = self._said.get("listed_at")
        try:
            found = datetime.fromisoformat(said) if isinstance(said, str) else None
        except ValueError:
            found = None
        if found is not None and found.tzinfo is not None:
            return found
        return _start_of(self._paper.listed_on)

    def _authors(self) -> list[JSON]:
        """The names, each with what a source says of the person of that name."""
        said = self._said.get("authors")
        known = {
            " ".join(str(one.get("name", "")).split()): one
            for one in (said if isinstance(said, list) else ())
            if isinstance(one, dict)
        }
        return [author_shape(name, known.get(name, {})) for name in self._paper.authors]
