"""The journal of what was about to be created: what it makes possible, and all that it must not."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import support
from e2e.company import FELIX, FINANCE, GRETA, OSKAR, SALES
from faults.dying import Mortal, Project
from hosting import refusals
from pulumi_talend import AlreadyExistsError, NotVerifiedError
from pulumi_talend.access.journal import MAX_AGE_SECONDS, Journal
from pulumi_talend.errors import BadRequestError
from pulumi_talend.journal_files import journal_directory
from pulumi_talend.model.grants import GrantKey, Principal
from pulumi_talend.provider.session import SESSIONS
from pulumi_talend.provider.single import RoleMappingProvider, WorkspacePermissionProvider
from pulumi_talend.provider.workspace_access import WorkspaceAccessProvider
from pulumi_talend_sandbox.tenant import Fault, Tenant

KEY = GrantKey(SALES, Principal("users", OSKAR))
GRANT: dict[str, Any] = {"workspace_id": SALES, "user_id": OSKAR, "permissions": ["EXECUTE", "VIEW"]}
MAPPING: dict[str, Any] = {"role_name": "crew", "roles": ["Operator"]}
SET: dict[str, Any] = {
    "workspace_id": SALES,
    "grants": {f"user-id:{who}": ["VIEW"] for who in (OSKAR, FELIX, GRETA)},
    "exclusive": False,
}


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> Iterator[Mortal]:
    yield Mortal(monkeypatch)
    SESSIONS.close()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the entries are."""
    return tmp_path / "journal"


@pytest.fixture
def cut_off(tenant: Tenant, mortal: Mortal) -> Project:
    """A stack whose creation of a grant was done by the API and recorded by nobody."""
    project = Project(tenant)
    with mortal.life():
        project.up(WorkspacePermissionProvider, "it", GRANT)
        calls = mortal.calls
    with mortal.life():
        project.up(WorkspacePermissionProvider, "it", None)
    with mortal.life(calls, "after"):
        project.up(WorkspacePermissionProvider, "it", GRANT)
    assert support.standing(tenant, KEY) == {"EXECUTE", "VIEW"}
    assert not project.states
    return project


def refused(project: Project, name: str = "it", **changed: Any) -> str:
    """The one reason why the preview fails."""
    run = project.run()
    ((where, reason),) = refusals(lambda: run.preview(WorkspacePermissionProvider, name, **{**GRANT, **changed}))
    assert where == "adopt_existing"
    return reason


def test_interrupted_work_is_finished_and_said(
    cut_off: Project, tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant.calls.clear()
    assert cut_off.up(WorkspacePermissionProvider, "it", GRANT) == "create"
    assert tenant.calls.writes() == []
    said = capsys.readouterr().out.splitlines()[-1]
    assert "oskar.berg" in said
    assert "created by an interrupted update of this stack; this one finishes it" in said


def test_the_program_may_ask_for_something_else_by_then(cut_off: Project, tenant: Tenant) -> None:
    assert cut_off.up(WorkspacePermissionProvider, "it", {**GRANT, "permissions": ["MANAGE"]}) == "create"
    assert support.standing(tenant, KEY) == {"MANAGE"}


def test_an_entry_is_its_owner_s_alone_and_holds_no_secret(cut_off: Project, tenant: Tenant, journal: Path) -> None:
    (entry,) = journal.iterdir()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.stat().st_mode) == 0o700
    assert set(json.loads(entry.read_text())) == {"tenant", "target", "owner", "given"}
    assert not any(token in entry.read_text() for token in tenant.tokens.values())


def test_without_an_entry_what_is_identical_is_still_somebody_else_s(tenant: Tenant) -> None:
    support.grant_by_hand(tenant, KEY, "EXECUTE", "VIEW")
    assert "not granted by this resource" in refused(Project(tenant))


def test_what_differs_from_the_entry_is_somebody_else_s(cut_off: Project, tenant: Tenant) -> None:
    support.grant_by_hand(tenant, KEY, "EXECUTE", "VIEW", "MANAGE")
    assert "EXECUTE, MANAGE, VIEW" in refused(cut_off)


def test_a_mapping_that_differs_from_the_entry_is_somebody_else_s(tenant: Tenant, mortal: Mortal) -> None:
    project = Project(tenant)
    with mortal.life():
        project.up(RoleMappingProvider, "it", MAPPING)
    project.states.clear()  # the engine died before it recorded it
    tenant.map_role("crew", ["Data Steward"])
    run = project.run()
    ((where, _),) = refusals(lambda: run.preview(RoleMappingProvider, "it", **MAPPING))
    assert where == "adopt_existing"


def test_another_resource_is_not_served_by_the_entry(cut_off: Project) -> None:
    refused(cut_off, name="another")


def test_another_stack_is_not_served_by_the_entry(cut_off: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one of another name, nor one of the same name in another backend or organization."""
    refused(cut_off, organization="another")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///another")
    refused(cut_off)
    monkeypatch.undo()
    refused(cut_off, parent="my:component:Team")


def test_another_tenant_is_not_served_by_the_entry(cut_off: Project, journal: Path) -> None:
    (entry,) = journal.iterdir()
    entry.write_text(entry.read_text().replace(cut_off.tenant.url, "https://api.eu.cloud.talend.com"))
    refused(cut_off)


def _aged(entry: Path) -> None:
    long_ago = time.time() - MAX_AGE_SECONDS - 60
    os.utime(entry, (long_ago, long_ago))


def _from_the_future(entry: Path) -> None:
    """As of a machine whose clock was ahead: it would count for longer than an entry may."""
    os.utime(entry, (time.time() + 3600, time.time() + 3600))


def _writable_by_others(entry: Path) -> None:
    entry.chmod(0o666)


def _torn(entry: Path) -> None:
    entry.write_text(entry.read_text()[:-9])


def _not_an_object(entry: Path) -> None:
    entry.write_text("[]")


@pytest.mark.parametrize("spoil", [_aged, _from_the_future, _writable_by_others, _torn, _not_an_object])
def test_an_entry_that_cannot_be_trusted_is_none(
    cut_off: Project, journal: Path, spoil: Callable[[Path], None]
) -> None:
    (entry,) = journal.iterdir()
    spoil(entry)
    assert "Set adopt_existing=True" in refused(cut_off)


def test_an_entry_is_deleted_once_state_has_it(cut_off: Project, tenant: Tenant, journal: Path) -> None:
    """Else the same access, given by hand after the end of the resource, would be taken for half-done work."""
    cut_off.up(WorkspacePermissionProvider, "it", GRANT)
    assert len(list(journal.iterdir())) == 1  # the engine may die before it has recorded what was returned
    cut_off.up(WorkspacePermissionProvider, "it", None)
    assert list(journal.iterdir()) == []
    support.grant_by_hand(tenant, KEY, "EXECUTE", "VIEW")
    refused(cut_off)


def test_the_next_check_with_state_deletes_it(cut_off: Project, journal: Path) -> None:
    cut_off.up(WorkspacePermissionProvider, "it", GRANT)
    assert cut_off.up(WorkspacePermissionProvider, "it", GRANT) == "same"
    assert list(journal.iterdir()) == []


def test_reading_back_deletes_it(cut_off: Project, journal: Path) -> None:
    cut_off.up(WorkspacePermissionProvider, "it", GRANT)
    cut_off.refresh()
    assert list(journal.iterdir()) == []


def test_a_refusal_leaves_no_entry(tenant: Tenant, journal: Path) -> None:
    project = Project(tenant)
    tenant.inject(Fault(kind="status", status=400, method="POST", times=None))
    with pytest.raises(BadRequestError):
        project.up(WorkspacePermissionProvider, "it", GRANT)
    with pytest.raises(BadRequestError):
        project.up(RoleMappingProvider, "mapping", MAPPING)
    assert list(journal.iterdir()) == []


def test_somebody_who_was_faster_leaves_no_entry(tenant: Tenant, journal: Path) -> None:
    project = Project(tenant)
    run = project.run()
    checked = run.check(WorkspacePermissionProvider, "it", **GRANT)
    stop = tenant.on_call(
        lambda call: support.grant_by_hand(tenant, KEY, "EXECUTE", "VIEW") if call.method == "POST" else None
    )
    with pytest.raises(AlreadyExistsError):
        run.create(WorkspacePermissionProvider, "it", checked)
    stop()
    assert list(journal.iterdir()) == []
    refused(project)


@pytest.mark.parametrize(
    ("kind", "inputs", "reads_first"),
    [(WorkspacePermissionProvider, GRANT, 0), (RoleMappingProvider, MAPPING, 1), (WorkspaceAccessProvider, SET, 0)],
    ids=["grant", "mapping", "set"],
)
def test_an_answer_that_never_comes_is_made_good_by_the_next_update(
    tenant: Tenant, kind: Any, inputs: Any, reads_first: int
) -> None:
    """The work is done, and every answer after it is lost, that of each look at it too."""
    project = Project(tenant)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_talend.api.retries._BACKOFF_FIRST_SECONDS", 0.0)
        run = project.run()
        checked = run.check(kind, "it", **inputs)
        tenant.inject(Fault(kind="status", status=503, times=None, work_done=True, method="POST"))
        tenant.inject(Fault(kind="status", status=503, times=None, method="GET", after=reads_first))
        with pytest.raises(Exception, match="503"):
            run.create(kind, "it", checked)
    tenant.clear_faults()
    asked = tenant.snapshot()
    assert project.up(kind, "it", inputs) == "create"
    assert tenant.snapshot() == asked


def test_where_no_entry_can_be_written_that_is_said_once(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TALEND_JOURNAL", str(tmp_path / "file" / "journal"))
    project = Project(tenant)
    project.up(WorkspaceAccessProvider, "it", SET)
    said = [line for line in capsys.readouterr().out.splitlines() if "cannot keep a journal" in line]
    assert len(said) == 1
    support.readable(said[0], "adopted", "TALEND_JOURNAL")


def test_off_is_off(cut_off: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, journal: Path) -> None:
    monkeypatch.setenv("TALEND_JOURNAL", "off")
    refused(cut_off)
    cut_off.up(RoleMappingProvider, "mapping", MAPPING)
    assert len(list(journal.iterdir())) == 1


def test_where_the_entries_are() -> None:
    assert journal_directory({"TALEND_JOURNAL": "/x"}) == Path("/x")
    assert journal_directory({"TALEND_JOURNAL": "off", "PULUMI_HOME": "/p"}) is None
    assert journal_directory({"PULUMI_HOME": "/p"}) == Path("/p/talend-journal")
    assert journal_directory({}) == Path("~/.pulumi/talend-journal").expanduser()


def test_two_processes_write_entries_concurrently(journal: Path) -> None:
    said: list[str] = []

    def owner_of(target: object) -> str:
        return f"owner of {target}"

    one, two = (Journal(journal, "https://t.example", owner_of=owner_of, notify=said.append) for _ in range(2))
    one.begin({"crew": frozenset({"Operator"})})
    two.begin({"watch": frozenset({"Operator"})})
    assert (one.begun("watch"), two.begun("crew")) == (frozenset({"Operator"}),) * 2
    one.forget(["crew"])
    two.forget(["crew", "watch"])
    assert (one.begun("watch"), two.begun("crew")) == (None, None)
    assert said == []


def test_a_failed_verification_keeps_the_entry(tenant: Tenant, journal: Path) -> None:
    project = Project(tenant)
    run = project.run()
    inputs: dict[str, Any] = {**GRANT, "workspace_id": FINANCE}
    checked = run.check(WorkspacePermissionProvider, "it", **inputs)
    tenant.inject(Fault(kind="status", status=503, times=None, method="GET"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_talend.api.retries._BACKOFF_FIRST_SECONDS", 0.0)
        with pytest.raises(
            NotVerifiedError, match=r"the request was confirmed, but reading it back failed.* [Rr]un again"
        ):
            run.create(WorkspacePermissionProvider, "it", checked)
    tenant.clear_faults()
    assert len(list(journal.iterdir())) == 1
    assert project.up(WorkspacePermissionProvider, "it", {**GRANT, "workspace_id": FINANCE}) == "create"
