"""Claims on both databases: evidence, requests, decisions, appeals, and what authors add."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bringing import crossref, found

from broadsheet.community.claims import Claims
from broadsheet.community.evidence import is_same_name
from broadsheet.doings import Decision
from broadsheet.domain import LinkKind, Paper, PaperRecord
from broadsheet.errors import (
    Conflict,
    InputError,
    NotFound,
    PermissionDenied,
    TooManyRequests,
)
from broadsheet.people import Account, Role
from people_factories import person
from talk import Talk

DOI = "10.5555/clocks.7"
ADA = "0000-0002-1825-0097"
STRANGER = "0000-0003-0000-0001"


@pytest.fixture
def claims(talk: Talk) -> Claims:
    talk.services.store.ingest([crossref()], now=talk.clock())
    return talk.services.community.claims


@pytest.fixture
def mona(talk: Talk) -> Account:
    """A second moderator."""
    return person(talk.services, "mona", Role.MODERATOR)


def paper(talk: Talk, key: str = DOI) -> Paper:
    return talk.services.store.paper(key)


def changed(talk: Talk, who: Account, **values: Any) -> Account:
    found_ = talk.services.store.people.accounts.change(who.account_id, **values)
    assert found_ is not None
    return found_


def ada(talk: Talk, name: str = "Ada Wheel", orcid: str = ADA) -> Account:
    """Bob under the name of an author, with a verified ORCID iD."""
    return changed(talk, talk.bob, full_name=name, orcid=orcid, orcid_verified_at=talk.clock())


def openreview(names: list[str]) -> PaperRecord:
    """A paper known by its text alone, whose authors are named by profile or address."""
    return crossref(
        None,
        source="openreview",
        record_id="forum1",
        title="Reviewing Windmills by Their Shadows",
        authors=("Ada Wheel", "Bo Salt"),
        extras={"forum": "forum1", "authorids": names},
    )


def only(talk: Talk, title: str) -> Paper:
    [one], _ = talk.services.store.title_search(title, 2)
    return one


def news(talk: Talk, who: Account) -> list[str]:
    return [one.text for one in talk.services.community.notifications.of(who)]


def test_a_verified_orcid_of_the_record_is_granted_at_once(talk: Talk, claims: Claims) -> None:
    made = claims.claim(ada(talk), paper(talk), "Ada Wheel")
    assert made.state is Decision.GRANTED
    assert "Crossref" in made.evidence
    [author] = claims.authors([paper(talk).paper_id])
    assert (author.author, author.name) == ("Ada Wheel", "bob")
    [entry] = talk.services.community.log.entries(None, action="grant-claim")
    assert entry.account_id is None


def test_a_verified_address_of_the_record_is_granted_at_once(talk: Talk, claims: Claims) -> None:
    talk.services.store.ingest([openreview(["BOB@people.example", "~Bo_Salt1"])], now=talk.clock())
    bob = changed(talk, talk.bob, full_name="Wheel, A.")
    made = claims.claim(bob, only(talk, "Reviewing Windmills"), "Ada Wheel")
    assert made.state is Decision.GRANTED


def test_an_unverified_orcid_proves_nothing(talk: Talk, claims: Claims) -> None:
    bob = changed(talk, talk.bob, full_name="Ada Wheel", orcid=ADA, orcid_verified_at=None)
    with pytest.raises(InputError) as raised:
        claims.claim(bob, paper(talk), "Ada Wheel")
    assert raised.value.field == "message"


def test_an_unverified_address_proves_nothing(talk: Talk, claims: Claims) -> None:
    talk.services.store.ingest([openreview(["bob@people.example", "x"])], now=talk.clock())
    bob = changed(talk, talk.bob, full_name="Ada Wheel", verified_at=None)
    made = claims.claim(bob, only(talk, "Reviewing Windmills"), "Ada Wheel", "It is me.")
    assert made.state is Decision.PENDING


def test_a_name_alone_is_never_enough(talk: Talk, claims: Claims) -> None:
    eve = changed(talk, talk.eve, full_name="Élise Du Pré")
    assert claims.claim(eve, paper(talk), "Élise Du Pré", "Me.").state is Decision.PENDING


def test_an_orcid_without_the_name_is_left_to_moderators(talk: Talk, claims: Claims) -> None:
    bob = ada(talk, name="Somebody Else")
    made = claims.claim(bob, paper(talk), "Ada Wheel", "I have married.")
    assert made.state is Decision.PENDING
    assert "“Somebody Else”" in made.evidence


def test_the_orcid_of_one_author_does_not_open_another(talk: Talk, claims: Claims) -> None:
    made = claims.claim(ada(talk, name="Bo Salt"), paper(talk), "Bo Salt", "Me.")
    assert made.state is Decision.PENDING
    assert "that of Ada Wheel" in made.evidence


def test_a_claim_against_the_record_is_declined_with_the_reason(talk: Talk, claims: Claims) -> None:
    made = claims.claim(ada(talk, orcid=STRANGER), paper(talk), "Ada Wheel", "Trust me.")
    assert made.state is Decision.DECLINED
    assert made.reason == "Crossref gives another ORCID iD for Ada Wheel than yours."
    assert claims.authors([paper(talk).paper_id]) == []


@pytest.mark.parametrize("source", ["bibtex", "csl_json", "submission", "jsonl"])
def test_records_that_people_bring_prove_nothing(talk: Talk, claims: Claims, source: str) -> None:
    forged = found("2607.55555", source=source, extras={"orcids": {"Ada Wheel": ADA}})
    talk.services.store.ingest([forged], now=talk.clock())
    made = claims.claim(ada(talk), paper(talk, "2607.55555"), "Ada Wheel", "Me.")
    assert made.state is Decision.PENDING


def test_somebody_who_is_no_author_is_told_so(talk: Talk, claims: Claims) -> None:
    with pytest.raises(InputError, match="is not among the authors") as raised:
        claims.claim(talk.eve, paper(talk), "Eve Stranger", "I helped.")
    assert raised.value.field == "author"


def test_an_author_who_is_somebody_else_here_is_refused(talk: Talk, claims: Claims) -> None:
    claims.claim(ada(talk), paper(talk), "Ada Wheel")
    with pytest.raises(Conflict, match="is bob here"):
        claims.claim(talk.eve, paper(talk), "Ada Wheel", "No, I am.")


def test_several_authors_claim_one_paper(talk: Talk, claims: Claims) -> None:
    claims.claim(ada(talk), paper(talk), "Ada Wheel")
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "See my page.")
    claims.grant(talk.mora, made.claim_id)
    assert [one.author for one in claims.authors([paper(talk).paper_id])] == [
        "Ada Wheel",
        "Bo Salt",
    ]


def test_one_account_claims_a_paper_once(talk: Talk, claims: Claims) -> None:
    claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    with pytest.raises(Conflict, match="pending"):
        claims.claim(talk.eve, paper(talk), "Ada Wheel", "Or me.")


def test_a_granted_request_tells_the_claimant(talk: Talk, claims: Claims) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "See my page.")
    assert [one.claim_id for one in claims.pending()] == [made.claim_id]
    granted = claims.grant(talk.mora, made.claim_id, "The page names the handle.")
    assert (granted.state, granted.decided_by) == (Decision.GRANTED, talk.mora.account_id)
    assert claims.pending() == []
    assert any("was granted" in text for text in news(talk, talk.eve))
    [entry] = talk.services.community.log.entries(None, action="grant-claim")
    assert entry.actor == "mora"


def test_a_declined_request_can_be_appealed_once(talk: Talk, claims: Claims, mona: Account) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    claims.decline(talk.mora, made.claim_id, "No sign of it.")
    assert any("No sign of it." in text for text in news(talk, talk.eve))
    assert claims.appeal(talk.eve, made.claim_id, "Look again.").state is Decision.APPEALED
    talk.clock.pass_(days=1)
    claims.decline(mona, made.claim_id, "Looked again.")
    assert len(news(talk, talk.eve)) == 2
    with pytest.raises(Conflict, match="one appeal"):
        claims.appeal(talk.eve, made.claim_id, "And again.")


def test_an_appeal_is_decided_by_another_moderator(
    talk: Talk, claims: Claims, mona: Account
) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    claims.decline(talk.mora, made.claim_id, "No.")
    claims.appeal(talk.eve, made.claim_id, "Please.")
    with pytest.raises(PermissionDenied, match="another moderator"):
        claims.grant(talk.mora, made.claim_id)
    assert claims.grant(mona, made.claim_id).state is Decision.GRANTED


def test_the_only_moderator_decides_the_appeal_too(talk: Talk, claims: Claims) -> None:
    changed(talk, talk.mora, role="reader")
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    claims.decline(talk.alice, made.claim_id, "No.")
    claims.appeal(talk.eve, made.claim_id, "Please.")
    assert claims.grant(talk.alice, made.claim_id).state is Decision.GRANTED


def test_moderators_do_not_decide_their_own_claims(talk: Talk, claims: Claims) -> None:
    made = claims.claim(talk.mora, paper(talk), "Bo Salt", "Me.")
    with pytest.raises(PermissionDenied, match="another moderator"):
        claims.grant(talk.mora, made.claim_id)


def test_a_claim_is_decided_once(talk: Talk, claims: Claims, mona: Account) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    claims.grant(talk.mora, made.claim_id)
    with pytest.raises(Conflict):
        claims.decline(mona, made.claim_id, "Too late.")


def test_of_two_requests_for_one_author_one_is_granted(talk: Talk, claims: Claims) -> None:
    first = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    second = claims.claim(talk.bob, paper(talk), "Bo Salt", "No, me.")
    claims.grant(talk.mora, first.claim_id)
    with pytest.raises(Conflict, match="is eve here"):
        claims.grant(talk.mora, second.claim_id)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_declining_and_revoking_need_a_reason(talk: Talk, claims: Claims, reason: str) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    with pytest.raises(InputError):
        claims.decline(talk.mora, made.claim_id, reason)
    claims.grant(talk.mora, made.claim_id)
    with pytest.raises(InputError):
        claims.revoke(talk.mora, made.claim_id, reason)


def test_readers_and_editors_decide_no_claims(talk: Talk, claims: Claims) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    edda = person(talk.services, "edda", Role.EDITOR)
    for who in (talk.bob, talk.eve, edda):
        with pytest.raises(PermissionDenied):
            claims.grant(who, made.claim_id)


def test_a_withdrawn_claim_can_be_made_again(talk: Talk, claims: Claims) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    assert claims.withdraw(talk.eve, made.claim_id).state is Decision.WITHDRAWN
    again = claims.claim(talk.eve, paper(talk), "Ada Wheel", "The other one.")
    assert (again.state, again.author) == (Decision.PENDING, "Ada Wheel")


def test_a_declined_claim_is_not_made_again_by_withdrawing(talk: Talk, claims: Claims) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    claims.decline(talk.mora, made.claim_id, "No.")
    with pytest.raises(Conflict):
        claims.withdraw(talk.eve, made.claim_id)


def test_others_neither_see_nor_withdraw_a_claim(talk: Talk, claims: Claims) -> None:
    made = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    for act in (claims.find, claims.withdraw):
        with pytest.raises(NotFound):
            act(talk.bob, made.claim_id)
    with pytest.raises(NotFound):
        claims.appeal(talk.bob, made.claim_id, "Let me.")


def test_too_many_claims_of_a_day_are_refused(talk: Talk, claims: Claims) -> None:
    records = [found(f"2607.4{number:04}") for number in range(25)]
    talk.services.store.ingest(records, now=talk.clock())
    with pytest.raises(TooManyRequests):
        for number in range(25):
            claims.claim(talk.eve, paper(talk, f"2607.4{number:04}"), "Bo Salt", "Me.")


def test_authors_add_links_that_travel_with_the_paper(talk: Talk, claims: Claims) -> None:
    claims.claim(ada(talk), paper(talk), "Ada Wheel")
    added = {
        "project": "https://clocks.example/",
        "code": "https://github.com/example/clocks",
        "model": "https://models.example/clocks",
        "data": "https://data.example/clocks",
        "media": "https://clocks.example/hands.png",
    }
    before = paper(talk)
    assert claims.change_additions(talk.bob, before, added) == added
    after = paper(talk)
    kinds = {link.kind for link in after.links}
    assert kinds >= {
        LinkKind.PROJECT,
        LinkKind.CODE,
        LinkKind.MODEL,
        LinkKind.DATA,
        LinkKind.MEDIA,
    }
    assert (after.title, after.abstract, after.authors, after.listed_on, after.key) == (
        before.title,
        before.abstract,
        before.authors,
        before.listed_on,
        before.key,
    )
    assert "author" in after.sources
    assert after.has_code


def test_emptied_fields_take_addresses_away(talk: Talk, claims: Claims) -> None:
    claims.claim(ada(talk), paper(talk), "Ada Wheel")
    claims.change_additions(talk.bob, paper(talk), {"code": "https://code.example/a", "data": ""})
    claims.change_additions(talk.bob, paper(talk), {"data": "https://data.example/b"})
    assert [link.kind for link in paper(talk).links if "example/" in link.url] == [LinkKind.DATA]
    claims.change_additions(talk.bob, paper(talk), {})
    assert "author" not in paper(talk).sources


def test_two_authors_add_side_by_side(talk: Talk, claims: Claims) -> None:
    claims.claim(ada(talk), paper(talk), "Ada Wheel")
    other = claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    claims.grant(talk.mora, other.claim_id)
    claims.change_additions(talk.bob, paper(talk), {"code": "https://code.example/ada"})
    claims.change_additions(talk.eve, paper(talk), {"code": "https://code.example/bo"})
    claims.change_additions(talk.bob, paper(talk), {})
    assert [link.url for link in paper(talk).links if link.kind is LinkKind.CODE] == [
        "https://code.example/bo"
    ]


@pytest.mark.parametrize("act", ["revoke", "withdraw"])
def test_what_an_author_added_goes_with_the_claim(talk: Talk, claims: Claims, act: str) -> None:
    made = claims.claim(ada(talk), paper(talk), "Ada Wheel")
    claims.change_additions(talk.bob, paper(talk), {"code": "https://code.example/ada"})
    if act == "revoke":
        claims.revoke(talk.mora, made.claim_id, "It was a trick.")
        assert any("revoked" in text for text in news(talk, talk.bob))
    else:
        claims.withdraw(talk.bob, made.claim_id)
    assert "author" not in paper(talk).sources
    assert claims.authors([paper(talk).paper_id]) == []


def test_what_an_author_added_goes_with_the_account(talk: Talk, claims: Claims) -> None:
    claims.claim(ada(talk), paper(talk), "Ada Wheel")
    claims.change_additions(talk.bob, paper(talk), {"code": "https://code.example/ada"})
    talk.services.store.people.leaving.remove(
        talk.bob.account_id, with_comments=False, now=talk.clock()
    )
    assert "author" not in paper(talk).sources
    assert claims.authors([paper(talk).paper_id]) == []


def test_additions_tie_no_papers_together(talk: Talk, claims: Claims) -> None:
    talk.services.store.ingest([openreview(["a", "b"])], now=talk.clock())
    first = only(talk, "Reviewing Windmills")
    other = found("2608.88888", title=first.title, abstract="Quite another text of many words.")
    talk.services.store.ingest([other], now=talk.clock())
    before = talk.services.store.count()
    made = claims.claim(talk.eve, paper(talk, "2608.88888"), "Bo Salt", "Me.")
    claims.grant(talk.mora, made.claim_id)
    claims.change_additions(talk.eve, paper(talk, "2608.88888"), {"code": "https://c.example/"})
    assert talk.services.store.count() == before


def test_additions_by_two_claims_that_met_are_one_authors_to_change(
    talk: Talk, claims: Claims
) -> None:
    talk.services.store.ingest([openreview(["a", "b"])], now=talk.clock())
    first = only(talk, "Reviewing Windmills")
    true = found("2608.88888", title=first.title, abstract="Quite another text of many words.")
    talk.services.store.ingest([true], now=talk.clock())
    for each in (first, paper(talk, "2608.88888")):
        made = claims.claim(talk.eve, each, "Bo Salt", "Me.")
        claims.grant(talk.mora, made.claim_id)
        claims.change_additions(talk.eve, each, {"code": f"https://code.example/{each.paper_id}"})
    talk.services.store.ingest([replace(true, abstract=first.abstract)], now=talk.clock())
    merged = paper(talk, "2608.88888")
    assert len([one for one in merged.links if "code.example" in one.url]) == 2
    claims.change_additions(talk.eve, merged, {"code": "https://code.example/last"})
    left = [one.url for one in paper(talk, "2608.88888").links if "code.example" in one.url]
    assert left == ["https://code.example/last"]


def test_only_granted_authors_add(talk: Talk, claims: Claims) -> None:
    claims.claim(talk.eve, paper(talk), "Bo Salt", "Me.")
    for who in (talk.eve, talk.bob, talk.mora):
        with pytest.raises(PermissionDenied):
            claims.change_additions(who, paper(talk), {"code": "https://code.example/"})


@pytest.mark.parametrize(
    "address",
    [
        "http://code.example/plain",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "https://me:secret@code.example/",
        "//code.example/",
        "https://code.example/ with blanks",
        'https://code.example/"onload=x',
        "https://localhost/",
        "https://x.example/" + "y" * 100_000,
    ],
)
def test_an_address_that_is_no_plain_https_is_refused(
    talk: Talk, claims: Claims, address: str
) -> None:
    claims.claim(ada(talk), paper(talk), "Ada Wheel")
    with pytest.raises(InputError) as raised:
        claims.change_additions(talk.bob, paper(talk), {"media": address})
    assert raised.value.field == "media"
    assert "author" not in paper(talk).sources


def test_additions_leave_a_paper_of_the_sample_in_the_sample(talk: Talk, claims: Claims) -> None:
    talk.services.store.ingest([found("1706.03762", source="sample")], now=talk.clock())
    before = paper(talk, "1706.03762")
    made = claims.claim(talk.eve, before, "Bo Salt", "Me.")
    claims.grant(talk.mora, made.claim_id)
    claims.change_additions(talk.eve, before, {"code": "https://code.example/s"})
    after = paper(talk, "1706.03762")
    assert (after.is_sample, after.listed_on) == (True, before.listed_on)


def test_a_paper_known_by_its_text_alone_keeps_its_additions(talk: Talk, claims: Claims) -> None:
    talk.services.store.ingest([openreview(["a", "b"])], now=talk.clock())
    before = only(talk, "Reviewing Windmills")
    made = claims.claim(talk.eve, before, "Bo Salt", "Me.")
    claims.grant(talk.mora, made.claim_id)
    claims.change_additions(talk.eve, before, {"code": "https://code.example/s"})
    after = only(talk, "Reviewing Windmills")
    assert (after.key, after.has_code, after.abstract) == (before.key, True, before.abstract)


def test_a_claim_to_a_merged_paper_stands_for_the_survivor(talk: Talk, claims: Claims) -> None:
    talk.services.store.ingest([openreview(["a", "b"])], now=talk.clock())
    before = only(talk, "Reviewing Windmills")
    made = claims.claim(talk.eve, before, "Bo Salt", "Me.")
    claims.grant(talk.mora, made.claim_id)
    claims.change_additions(talk.eve, before, {"code": "https://code.example/s"})
    true = found("2608.88888", title=before.title, abstract=before.abstract, authors=before.authors)
    talk.services.store.ingest([true], now=talk.clock())
    after = paper(talk, "2608.88888")
    [author] = claims.authors([after.paper_id])
    assert (author.paper_key, after.has_code) == ("2608.88888", True)
    assert replace(author, paper_id=0).name == "eve"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Ada Wheel", "Ada Wheel", True),
        ("Ada Wheel", "A. Wheel", True),
        ("Wheel, Ada", "Ada Wheel", True),
        ("Ada M. Wheel", "Ada Wheel", True),
        ("ada wheel", "ADA WHEEL", True),
        ("Élise Du Pré", "Elise Du Pre", True),
        ("Wheel Ada", "Ada Wheel", True),
        ("Eve Wheel", "Ada Wheel", False),
        ("Ada Salt", "Ada Wheel", False),
        ("A. Wheel", "B. Wheel", False),
        ("Wheel", "Ada Wheel", False),
        ("", "Ada Wheel", False),
        ("", "", False),
        ("!!!", "???", False),
    ],
)
def test_spellings_of_one_name_are_known(one: str, other: str, expected: bool) -> None:
    assert is_same_name(one, other) is expected
