"""What makes a good password, a possible handle, a true ORCID iD."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.community.handles import parse_handle, suggested
from broadsheet.community.orcid import parse_orcid
from broadsheet.community.passwords import check_new
from broadsheet.errors import InputError

PASSWORD = "seven quiet harbours"


@pytest.mark.parametrize(
    "password",
    ["short", "aaaaaaaaaaaa", "password123", "Nora-2026!", "nora@people.example", "1234567890",
     "QWERTYUIOP1", "x" * 501],
)  # fmt: skip
def test_bad_passwords_are_refused_with_a_reason(password: str) -> None:
    with pytest.raises(InputError) as error:
        check_new(password, "nora", "nora@people.example")
    assert error.value.field == "password"


@pytest.mark.parametrize(
    "password", [PASSWORD, "päßwörter sind lang", "長い合言葉は良いもの、覚え", "Tr0ub4dor&3-x"]
)
def test_good_passwords_are_taken(password: str) -> None:
    check_new(password, "nora", "nora@people.example")


@pytest.mark.parametrize(
    "name", ["a", "x" * 31, "ad min", "admin", "me", "-ada", "ada-", "a--b", "аdа", "ada.l", "ada_l",
             "ädä", "ada\u200d", "", "../x", "ada\n"],
)  # fmt: skip
def test_names_that_mislead_or_are_kept_are_refused(name: str) -> None:
    if name == "ada\n":
        assert parse_handle(name) == "ada"
        return
    with pytest.raises(InputError):
        parse_handle(name)


@given(st.text(max_size=40))
def test_a_suggested_handle_is_always_possible(text: str) -> None:
    found = suggested(text)
    assert not found or parse_handle(found) == found


def test_an_orcid_id_is_checked_to_its_last_character() -> None:
    assert parse_orcid(" https://orcid.org/0000-0002-1825-0097 ") == "0000-0002-1825-0097"
    assert parse_orcid("0000-0002-1694-233x") == "0000-0002-1694-233X"
    for wrong in ("0000-0002-1825-0098", "0000-0002-1825-009", "0000000218250097 0", "x"):
        with pytest.raises(InputError):
            parse_orcid(wrong)
