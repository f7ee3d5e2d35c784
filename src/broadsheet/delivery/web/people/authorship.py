"""Who stands behind a paper here: its authors, who brought it, and the editors' pick of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broadsheet.delivery.access import services_of
from broadsheet.delivery.visitors import visitor_of
from broadsheet.doings import Decision
from broadsheet.people import Role
from broadsheet.store.people.submissions import SOURCE as SUBMITTED

if TYPE_CHECKING:
    from fastapi import Request

    from broadsheet.doings import Claim, Pick
    from broadsheet.domain import Paper, Person


@dataclass(frozen=True, slots=True)
class Authorship:
    """What the page of a paper says of people: granted claims, the viewer's own, the pick."""

    authors: tuple[Claim, ...]
    own: Claim | None
    brought_by: Person | None
    pick: Pick | None
    is_editor: bool
    may_claim: bool

    @property
    def is_author(self) -> bool:
        """Whether the viewer is an author of the paper here."""
        return self.own is not None and self.own.state is Decision.GRANTED


def authorship_of(request: Request, paper: Paper) -> Authorship:
    """Who stands behind a paper; at most four queries."""
    services, account = services_of(request), visitor_of(request).account
    community = services.community
    own = community.claims.between(account, paper) if account else None
    bringers = (
        services.store.people.submissions.bringers([paper.paper_id])
        if SUBMITTED in paper.sources
        else {}
    )
    return Authorship(
        authors=tuple(community.claims.authors([paper.paper_id])),
        own=own,
        brought_by=bringers.get(paper.paper_id),
        pick=community.picks.of(paper),
        is_editor=account is not None and account.may(Role.EDITOR),
        may_claim=account is not None
        and account.may(Role.READER)
        and (own is None or own.state is Decision.WITHDRAWN),
    )
