"""A process that dies at any call of an update: the next update, or a refresh before it, ends as asked without anybody's help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import support
from e2e.company import AUDIT, FELIX, FINANCE, GRETA, LINNEA, LOGISTICS, MATTHIAS, NADINE, OSKAR, SALES
from faults.dying import Kind, Mortal, Project, When
from pulumi_talend.provider.role_mappings import RoleMappingsProvider
from pulumi_talend.provider.session import SESSIONS
from pulumi_talend.provider.single import RoleMappingProvider, WorkspacePermissionProvider
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider
from pulumi_talend_sandbox.tenant import Tenant

Inputs = dict[str, Any]
Access = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """A resource in three forms: as it is first, changed, and as another object (None: it has no other identity).

    `made` says what stands in the tenant for a form, and for no form.
    """

    kind: Kind
    first: Inputs
    changed: Inputs
    other: Inputs | None


def _grants(*people: str, workspace: str = LOGISTICS, exclusive: Any = False, **more: Any) -> Inputs:
    return {
        "workspace_id": workspace,
        "grants": {f"user-id:{who}": ["EXECUTE", "VIEW"] for who in people},
        "exclusive": exclusive,
        **more,
    }


def _mappings(**mapped: str) -> Inputs:
    return {"mappings": {name: [role] for name, role in mapped.items()}, "max_removals": "all"}


SUBJECTS = {
    "grant": Subject(
        WorkspacePermissionProvider,
        {"workspace_id": SALES, "user_id": OSKAR, "permissions": ["EXECUTE", "VIEW"]},
        {"workspace_id": SALES, "user_id": OSKAR, "permissions": ["AUTHOR", "VIEW"]},
        {"workspace_id": FINANCE, "user_id": OSKAR, "permissions": ["EXECUTE", "VIEW"]},
    ),
    "service account's grant": Subject(
        WorkspacePermissionProvider,
        {"workspace_id": SALES, "service_account_id": AUDIT, "permissions": ["EXECUTE"]},
        {"workspace_id": SALES, "service_account_id": AUDIT, "permissions": ["EXECUTE", "VIEW"]},
        {"workspace_id": FINANCE, "service_account_id": AUDIT, "permissions": ["EXECUTE"]},
    ),
    "mapping": Subject(
        RoleMappingProvider,
        {"role_name": "crew", "roles": ["Operator"]},
        {"role_name": "crew", "roles": ["Operator", "Data Steward"]},
        {"role_name": "crew two", "roles": ["Operator"]},
    ),
    "set that adds": Subject(
        WorkspaceAccessProvider,
        _grants(OSKAR, FELIX, NADINE),
        _grants(FELIX, NADINE, GRETA, LINNEA),
        _grants(OSKAR, FELIX, workspace=FINANCE),
    ),
    "whole workspace": Subject(
        WorkspaceAccessProvider,
        _grants(OSKAR, FELIX, MATTHIAS, exclusive="users", workspace=SALES, max_removals="all"),
        _grants(FELIX, NADINE, exclusive="users", workspace=SALES, max_removals="all"),
        _grants(OSKAR, FELIX, exclusive="users", workspace=FINANCE, max_removals="all"),
    ),
    "all mappings": Subject(
        RoleMappingsProvider,
        _mappings(crew="Operator", watch="Data Steward"),
        _mappings(watch="Operator", deck="Operator"),
        None,
    ),
}

OPERATIONS: dict[str, tuple[str | None, str | None]] = {
    "create": (None, "first"),
    "update": ("first", "changed"),
    "replace": ("first", "other"),
    "delete": ("first", None),
}

# What a death leaves in the tenant and in no state is the hard part: that is in every run of the tests, the rest in all of them.
CELLS = [
    pytest.param(
        name,
        operation,
        when,
        id=f"{operation} {name}, {when} the work",
        marks=() if operation == "create" and when == "after" else pytest.mark.faults,
    )
    for name, subject in SUBJECTS.items()
    for operation in OPERATIONS
    for when in ("before", "after")
    if operation != "replace" or subject.other is not None
]


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> Iterator[Mortal]:
    yield Mortal(monkeypatch)
    SESSIONS.close()


def _form(subject: Subject, form: str | None) -> Inputs | None:
    return None if form is None else getattr(subject, form)


def _notes(tmp_path: Path) -> list[Path]:
    journal = tmp_path / "journal"
    return list(journal.iterdir()) if journal.exists() else []


def _begun(tenant: Tenant, mortal: Mortal, subject: Subject, form: str | None) -> Project:
    """A stack that has come as far as `form`, undisturbed."""
    project = Project(tenant)
    with mortal.life():
        project.up(subject.kind, "it", _form(subject, form))
        project.up(subject.kind, "it", _form(subject, form))
    tenant.calls.clear()
    return project


@pytest.mark.parametrize("refreshed", [False, pytest.param(True, marks=pytest.mark.faults)], ids=["up", "refresh, up"])
@pytest.mark.parametrize(("name", "operation", "when"), CELLS)
def test_the_next_update_ends_as_asked(
    tenant: Tenant, mortal: Mortal, tmp_path: Path, name: str, operation: str, when: When, refreshed: bool
) -> None:
    subject = SUBJECTS[name]
    before, after = OPERATIONS[operation]
    seed = tenant.snapshot()
    project = _begun(tenant, mortal, subject, before)
    with mortal.life():
        project.up(subject.kind, "it", _form(subject, after))
    asked, calls = tenant.snapshot(), mortal.calls
    assert calls >= 2
    for at in range(1, calls + 1):
        support.reset(tenant, seed)
        project = _begun(tenant, mortal, subject, before)
        with mortal.life(at, when):
            project.up(subject.kind, "it", _form(subject, after))
            assert at > mortal.calls, f"the process outlived call {at}"
        with mortal.life():
            if refreshed:
                project.refresh()
            project.up(subject.kind, "it", _form(subject, after))
        assert tenant.snapshot() == asked, f"after a death at call {at}"
        assert set(project.states) == ({"it"} if after else set())
        assert project.condemned == []
        with mortal.life():
            tenant.calls.clear()
            assert project.up(subject.kind, "it", _form(subject, after)) == "same"
        assert tenant.calls.writes() == []
        assert _notes(tmp_path) == [] or after is None, "a note outlives what it is about"
        with mortal.life():
            project.up(subject.kind, "it", None)
        assert _notes(tmp_path) == []
