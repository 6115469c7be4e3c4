"""AccessTable as resources: what it declares, what a preview says of it, and that a line is never a difference."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs
from pulumi.runtime.settings import SETTINGS

import pulumi_talend as talend
from e2e.stack import Stack
from hosting import Kind, Lab, Refused
from pulumi_talend.errors import TalendError
from pulumi_talend.loader import TABLE
from pulumi_talend.provider.single import RoleMappingProvider
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider
from pulumi_talend_sandbox.tenant import Fault, Tenant

AT = "@nordlicht-retail.example"
DATA: dict[str, Any] = {
    "environments": ["dev", "a/b"],
    "exclusive": True,
    "workspaces": {
        "Sales": {"access": {"anna@x": ["VIEW"]}},
        "b/Sales": {"environments": ["a/b"], "access": {"b": "VIEW"}},
    },
    "role_mappings": {"environment": "dev", "exclusive": False, "mappings": {"guests": ["Operator"]}},
}
FILE = f"""\
environments: [dev, prod]
exclusive: false
teams:
  sales:
    - {{who: jan.petry{AT}, reason: contractor, ticket: OPS-12}}
workspaces:
  Sales:
    owner: Mareike
    access:
      team:sales: VIEW
      nadine.albers{AT}: [VIEW, EXECUTE]
role_mappings:
  environment: prod
  exclusive: false
  mappings:
    guests: Operator
"""


class Recorder(pulumi.runtime.Mocks):
    """Records what is declared."""

    def __init__(self) -> None:
        self.declared: dict[str, tuple[str, dict[str, Any]]] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs: dict[str, Any] = args.inputs  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        self.declared[args.name] = (args.typ, inputs)
        return f"{args.name}-id", dict(inputs)

    def call(self, args: MockCallArgs) -> Any:
        raise NotImplementedError


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    before = dict(vars(SETTINGS))
    try:
        asyncio.get_event_loop()
    except RuntimeError:  # another test of the process has closed its own
        asyncio.set_event_loop(asyncio.new_event_loop())
    found = Recorder()
    pulumi.runtime.set_mocks(found, preview=False)
    yield found
    SETTINGS.__dict__.update(before)


@pulumi.runtime.test  # pyright: ignore[reportUnknownMemberType, reportUntypedFunctionDecorator]
def declare(**options: Any) -> pulumi.Output[Any]:
    table = talend.AccessTable.from_dict("access", DATA, **options)
    return pulumi.Output.all(*(each.urn for each in (*table.workspaces.values(), *table.role_mappings)))


def test_what_a_table_declares(recorder: Recorder) -> None:
    declare()
    assert sorted(recorder.declared) == [
        "access",
        "access/a%2Fb/Sales",
        "access/a%2Fb/b%2FSales",
        "access/dev/Sales",
        "access/role/guests",
    ]
    sales = recorder.declared["access/dev/Sales"]
    assert sales[0] == "pulumi-python:dynamic/talend:WorkspaceAccess"
    assert sales[1]["grants"] == {"anna@x": ["VIEW"]}
    assert sales[1][TABLE]["anna@x"] == ["access: workspaces.Sales.access['anna@x']", "", ""]


def test_one_environment(recorder: Recorder) -> None:
    declare(environment="a/b")
    assert sorted(recorder.declared) == ["access", "access/a%2Fb/Sales", "access/a%2Fb/b%2FSales"]


def test_a_wrong_table_declares_nothing(recorder: Recorder) -> None:
    with pytest.raises(
        talend.InvalidArgumentError, match=r"access: workspaces\.S\.access\.a\.permissions\[0\]: 'V' is"
    ):
        talend.AccessTable.from_dict("access", {**DATA, "workspaces": {"S": {"access": {"a": "V"}}}})
    output = pulumi.Output.from_input("VIEW")
    with pytest.raises(talend.InvalidArgumentError, match="must be text, not Output"):
        talend.AccessTable.from_dict("access", {**DATA, "workspaces": {"S": {"access": {"a": [output]}}}})
    with pytest.raises(talend.InvalidArgumentError, match=r"nothing-here\.yaml: cannot be read"):
        talend.AccessTable("access", file="nothing-here.yaml")
    with pytest.raises(talend.InvalidArgumentError, match="no environment 'prod' in the table"):
        talend.AccessTable.from_dict("access", DATA, environment="prod")
    assert recorder.declared == {}


def lines(*rows: str) -> dict[str, list[str]]:
    people = dict(zip(rows[::2], rows[1::2], strict=True))
    return {
        "": ["access.yaml:7:3", "", ""],
        **{who: [f"access.yaml:{row}:7", "", "why"] for who, row in people.items()},
    }


def test_a_line_that_moves_is_no_difference_and_stays_in_the_inputs(tenant: Tenant) -> None:
    lab = Lab(tenant)
    inputs: dict[str, Any] = {"workspace": "Sales", "environment": "dev", "exclusive": False}
    inputs["grants"] = {f"jan.petry{AT}": ["VIEW"]}
    first, second = lines(f"jan.petry{AT}", "12"), lines(f"jan.petry{AT}", "99")
    assert lab.run().up(WorkspaceAccessProvider, "sales", **inputs, __table=first) == "create"
    assert lab.states["sales"].inputs[TABLE] == first
    assert TABLE not in lab.states["sales"].outputs
    assert lab.run().up(WorkspaceAccessProvider, "sales", **inputs, __table=second) == "same"
    assert lab.states["sales"].inputs[TABLE] == second
    lab.run().refresh("sales")
    assert lab.run().up(WorkspaceAccessProvider, "sales", **inputs) == "same"
    assert TABLE not in lab.states["sales"].inputs


def test_refusals_name_the_line(tenant: Tenant) -> None:
    lab = Lab(tenant)
    anna, otto = f"anna.peterson{AT}", f"mareike.hansen{AT}"
    inputs: dict[str, Any] = {"workspace": "Sales", "environment": "prod", "exclusive": False}

    def refusal(**changed: Any) -> list[str]:
        told = lines(anna, "14", otto, "15")
        with pytest.raises(Refused) as raised:
            lab.run().check(WorkspaceAccessProvider, "sales", **{**inputs, **changed}, __table=told)
        assert all(where == "" for where, _ in raised.value.failures)
        return [reason for _, reason in raised.value.failures]

    (said,) = refusal(grants={anna: ["VIEW"]})
    assert said.startswith(f"access.yaml:14:7: no user '{anna}'; did you mean 'anna.petersen{AT}'")
    (said,) = refusal(grants={otto: ["VIEW"]})
    assert said.startswith("access.yaml:15:7: ")
    assert "exists" in said or "already" in said
    (said,) = refusal(grants={anna: ["VEW"]}, workspace="Sales")
    assert said.startswith("access.yaml:14:7: ")
    (said,) = refusal(grants={otto: ["VIEW"]}, workspace="Salse")
    assert said.startswith("access.yaml:7:3: no workspace 'Salse' in environment 'prod'; did you mean 'Sales'?")


def test_the_life_of_a_table(stack: Stack, tenant: Tenant) -> None:
    before = tenant.snapshot()
    table = stack.directory / "access.yaml"
    table.write_text(FILE, encoding="utf-8")
    stack.program("from pulumi_talend import AccessTable\nAccessTable('access', environment='prod')")
    run = stack.preview().ok()
    assert run.summary == {"create": 4}
    assert "Jan Petry on prod/Sales: +VIEW [contractor; ticket OPS-12; access.yaml:5:7]" in run.output
    assert "customer role guests: +Operator [access.yaml:16:5]" in run.output
    assert stack.up().ok().summary == {"create": 4}

    table.write_text("# A line more.\n" + FILE, encoding="utf-8")
    stack.program(
        f"from pulumi_talend import AccessTable\nAccessTable('access', file={str(table)!r}, environment='prod')"
    )
    tenant.calls.clear()
    assert stack.up().ok().summary == {"same": 4}
    assert tenant.calls.writes() == []
    managed = stack.managed()
    assert managed["access/prod/Sales"].inputs[TABLE][f"jan.petry{AT}"][0] == "access.yaml:6:7"
    # The state serves another machine, with other directories, just as well.
    assert str(stack.directory) not in str([(each.inputs, each.outputs) for each in managed.values()])

    table.write_text(FILE.replace("nadine.albers", "nadine.elbers").replace("EXECUTE]", "EXCUTE]"), encoding="utf-8")
    (error,) = stack.preview().failed().errors[:1]
    assert error.startswith("access.yaml:11:54: 'EXCUTE' is neither a bundle nor a permission; did you mean EXECUTE?")
    table.write_text(FILE.replace("nadine.albers", "nadine.elbers"), encoding="utf-8")
    (error,) = stack.preview().failed().errors[:1]
    assert f"access.yaml:11:7: no user 'nadine.elbers{AT}'; did you mean 'nadine.albers{AT}'" in error

    table.write_text(FILE, encoding="utf-8")
    assert stack.destroy().ok().summary == {"delete": 4}
    assert tenant.snapshot() == before


def test_errors_of_a_write_name_the_line(tenant: Tenant) -> None:
    lab = Lab(tenant)
    jan, nadine = f"jan.petry{AT}", f"nadine.albers{AT}"
    inputs: dict[str, Any] = {"workspace": "Sales", "environment": "dev", "exclusive": False}
    told = lines(jan, "14", nadine, "15")
    refused = Fault(kind="status", status=403, path="permissions.*", times=None, method="POST")

    def error_of(kind: Kind, name: str, **given: Any) -> str:
        with pytest.raises(TalendError) as raised:
            lab.run().up(kind, name, **given)
        return str(raised.value)

    tenant.inject(refused)
    said = error_of(WorkspaceAccessProvider, "sales", **inputs, grants={jan: ["VIEW"]}, __table=told)
    assert said.startswith("access.yaml:14:7: Could not "), said
    assert "the API answered 403" in said
    both = {jan: ["VIEW"], nadine: ["VIEW"]}
    said = error_of(WorkspaceAccessProvider, "sales", **inputs, grants=both, __table=told)
    assert said.startswith("access.yaml:7:3: Could not make all changes of workspace 'Sales' (dev): 2 of 2 "), said
    assert f"'{jan}' (access.yaml:14:7)" in said
    assert f"'{nadine}' (access.yaml:15:7)" in said
    assert said.count("access.yaml") == 3

    tenant.clear_faults()
    tenant.inject(Fault(kind="status", status=400, method="POST", path="role", times=None))
    said = error_of(
        RoleMappingProvider,
        "guests",
        role_name="guests",
        roles=["Operator"],
        __table={"": ["access.yaml:16:5", "", ""]},
    )
    assert said.startswith("access.yaml:16:5: Could not "), said
    without = error_of(RoleMappingProvider, "guests", role_name="guests", roles=["Operator"])
    assert without.startswith("Could not "), without
