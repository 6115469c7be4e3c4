"""What a preview knows of the account that is granted something: engine users, deactivated ones, and MANAGE."""

from __future__ import annotations

from typing import Any

import pytest

from hosting import Lab, refusals
from pulumi_talend.provider.single import WorkspacePermissionProvider as Permission

SALES: dict[str, Any] = {"workspace": "Sales", "environment": "prod"}


def said(lab: Lab, capsys: pytest.CaptureFixture[str], **inputs: Any) -> str:
    """What the preview of a new grant prints."""
    lab.run().preview(Permission, "it", **SALES, **inputs)
    return capsys.readouterr().out


@pytest.mark.parametrize("wider", ["TMC_OPERATOR", "TMC_CONNECTION_RESOURCE_EDIT"])
def test_an_engine_user_with_wider_rights_may_have_more_and_is_noted_with_use_engines_alone(
    lab: Lab, capsys: pytest.CaptureFixture[str], wider: str
) -> None:
    lab.tenant.add_service_account("both", permissions=["TMC_ENGINE_USE", wider])
    account: dict[str, Any] = {"service_account": "both"}
    assert "Use engines" not in said(lab, capsys, **account, permissions=["AUTHOR", "VIEW"])
    noted = said(lab, capsys, **account, permissions=["EXECUTE", "VIEW"])
    assert f"'both' holds {wider} beside TMC_ENGINE_USE: the console cannot give such an account Use engines" in noted
    only: dict[str, Any] = {"service_account": "engine-runner", "permissions": ["EXECUTE", "VIEW"]}
    assert "Use engines" not in said(lab, capsys, **only)


def test_the_rights_of_a_user_are_those_of_the_roles(lab: Lab) -> None:
    lab.tenant.add_user("runner@x.example", roles=["Engine User"])
    grant: dict[str, Any] = {**SALES, "user": "runner@x.example", "permissions": ["AUTHOR"]}
    ((where, reason),) = refusals(lambda: lab.run().check(Permission, "it", **grant))
    assert where == "permissions"
    assert "remove AUTHOR" in reason


def test_a_deactivated_user_that_gains_something_is_noted(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.tenant.add_user("away@x.example", active=False)
    grant: dict[str, Any] = {"user": "away@x.example", "permissions": ["VIEW"]}
    assert "user 'away@x.example' is deactivated" in said(lab, capsys, **grant)
    lab.run().up(Permission, "it", **SALES, **grant)
    capsys.readouterr()
    assert said(lab, capsys, **grant) == ""


def test_manage_is_noted_with_what_takes_its_place(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    user: dict[str, Any] = {"user": "anna.petersen@nordlicht-retail.example"}
    assert "grant AUTHOR, and give the account the role Assets Manager" in said(
        lab, capsys, **user, permissions=["MANAGE"]
    )
    assert "MANAGE" not in said(lab, capsys, **user, permissions=["VIEW"])
