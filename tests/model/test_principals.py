"""How principals are written in a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_talend.model import principals
from pulumi_talend.model.principals import PrincipalReference

NAMES = st.text(min_size=1).filter(lambda text: text.isprintable() and text == text.strip() and text)


@given(NAMES)
def test_what_the_functions_write_is_read(name: str) -> None:
    assert principals.read(principals.user(name)) == PrincipalReference("user", name)
    assert principals.read(principals.user_id(name)) == PrincipalReference("user-id", name)
    assert principals.read(principals.service_account(name)) == PrincipalReference("service-account", name)
    assert principals.read(principals.service_account_id(name)) == PrincipalReference("service-account-id", name)


def test_a_name_alone_is_a_user() -> None:
    assert principals.read("anna@example.com") == PrincipalReference("user", "anna@example.com")
    assert principals.read("CORP:anna") == PrincipalReference("user", "CORP:anna")
    assert principals.read("user:user-id:x") == PrincipalReference("user", "user-id:x")


def test_kinds() -> None:
    assert [principals.read(text).kind for text in ("a", "user-id:a", "service-account:a", "service-account-id:a")] == [
        "users",
        "users",
        "service-accounts",
        "service-accounts",
    ]
    assert [principals.read(text).is_id for text in ("a", "user-id:a", "service-account-id:a")] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no principal"),
        ("user:", "names no principal"),
        ("service-account: ", "names no principal"),
        (" anna", "whitespace"),
        ("user: anna", "whitespace"),
        ("anna\u200b", "invisible"),
        ("\ufeffanna", "invisible"),
        ("an\tna", "control"),
    ],
)
def test_what_is_not_valid(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        principals.read(text)
