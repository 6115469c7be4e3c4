"""From names to objects: nothing is guessed, and no name leads to another person's account."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend import AmbiguousNameError, UnknownNameError
from pulumi_talend.access.names import ServiceAccountNames, UserNames, WorkspaceNames, folded, normalized, unknown_roles
from pulumi_talend.api import Role, ServiceAccount, User, Workspace


def user(id_: str, login: str, email: str | None = None, **more: Any) -> User:
    return User.model_validate({"id": id_, "login": login, "email": email or login, "roles": [], **more})


def workspace(id_: str, name: str, environment: str) -> Workspace:
    return Workspace.model_validate({"id": id_, "name": name, "environment": {"id": environment, "name": environment}})


def account(id_: str, name: str) -> ServiceAccount:
    return ServiceAccount.model_validate({"id": id_, "name": name})


def test_the_exact_spelling_wins_then_ascii_case_counts_alike() -> None:
    users = UserNames([user("1", "Anna@x"), user("2", "anna@x"), user("3", "Ben@x")])
    assert users.find("Anna@x").id == "1"
    assert users.find("anna@x").id == "2"
    assert users.find("BEN@X").id == "3"
    with pytest.raises(AmbiguousNameError, match="user_id"):
        users.find("ANNA@x")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ﬁnance", "finance"),
        ("weiß", "weiss"),
        ("ÄNNE", "änne"),
        ("\u212aarl", "Karl"),
        ("\u212aarl", "karl"),
        ("\u212bke", "Åke"),
        ("\u2126", "Ω"),
        ("a\u037eb", "a;b"),
    ],
)
def test_no_other_letter_leads_to_somebody_else(name: str, other: str) -> None:
    """Also not the characters that NFC replaces by another one: the signs for Kelvin, Angstrom and Ohm."""
    for written, of_the_tenant in ((name, other), (other, name)):
        for names in (
            UserNames([user("1", of_the_tenant)]),
            ServiceAccountNames([account("1", of_the_tenant)]),
            WorkspaceNames([workspace("1", of_the_tenant, "dev")]),
        ):
            assert names.find(of_the_tenant).id == "1"
            with pytest.raises(UnknownNameError):
                names.find(written)
        both = UserNames([user("1", of_the_tenant), user("2", written)])
        assert (both.find(of_the_tenant).id, both.find(written).id) == ("1", "2")


def test_of_two_compositions_the_one_as_written_wins() -> None:
    composed, decomposed = "köln", unicodedata.normalize("NFD", "köln")
    both = UserNames([user("1", composed), user("2", decomposed)])
    assert (both.find(composed).id, both.find(decomposed).id) == ("1", "2")
    with pytest.raises(AmbiguousNameError, match="leads to 2 accounts"):
        both.find("KöLN")


def test_nfc_on_both_sides() -> None:
    composed, decomposed = "Köln", unicodedata.normalize("NFD", "Köln")
    assert WorkspaceNames([workspace("1", decomposed, "dev")]).find(composed).id == "1"
    assert WorkspaceNames([workspace("1", composed, "dev")]).find(decomposed).id == "1"
    role = Role.model_validate({"id": "1", "name": decomposed})
    assert unknown_roles([composed], [role]) == []


def test_a_login_and_an_address_of_different_people_are_ambiguous() -> None:
    users = UserNames([user("1", "anna@x", active=False), user("2", "other", "anna@x", active=True)])
    with pytest.raises(AmbiguousNameError) as caught:
        users.find("anna@x")
    assert "1: login anna@x, e-mail anna@x, deactivated" in str(caught.value)
    assert "2: login other, e-mail anna@x, active" in str(caught.value)


def test_padded_names_of_the_tenant_are_named() -> None:
    with pytest.raises(UnknownNameError, match="'Sales ' has whitespace around it: give workspace_id"):
        WorkspaceNames([workspace("1", "Sales ", "dev")]).find("Sales")
    with pytest.raises(UnknownNameError, match="give service_account_id"):
        ServiceAccountNames([account("1", " ci")]).find("ci")


def test_a_workspace_in_several_environments() -> None:
    names = WorkspaceNames(
        [workspace("1", "Sales", "dev"), workspace("2", "Sales", "prod"), workspace("3", "HR", "dev")]
    )
    assert names.find("Sales", "prod").id == "2"
    assert names.find("hr").id == "3"
    with pytest.raises(AmbiguousNameError, match="dev, prod"):
        names.find("Sales")
    with pytest.raises(UnknownNameError, match="there is one in dev"):
        names.find("HR", "prod")
    with pytest.raises(UnknownNameError, match="did you mean 'prod'") as caught:
        names.find("Sales", "prd")
    assert caught.value.parameter == "environment"


def test_an_unknown_name_never_suggests_itself() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'anna\\.petersen@x'"):
        UserNames([user("1", "anna.petersen@x")]).find("anna.peterson@x")
    with pytest.raises(UnknownNameError, match="did you mean 'Operator'"):
        raise UnknownNameError(
            "roles", unknown_roles(["Operater"], [Role.model_validate({"id": "1", "name": "Operator"})])[0]
        )


@given(st.text(min_size=1), st.text(min_size=1))
def test_folding_joins_only_what_differs_in_ascii_case(one: str, other: str) -> None:
    if folded(one) == folded(other):
        pairs = zip(normalized(one), normalized(other), strict=True)
        assert all(a == b or (a.isascii() and a.lower() == b.lower()) for a, b in pairs)


@given(st.text())
def test_normalizing_joins_only_compositions(name: str) -> None:
    assert normalized(normalized(name)) == normalized(name)
    assert unicodedata.normalize("NFC", normalized(name)) == unicodedata.normalize("NFC", name)
