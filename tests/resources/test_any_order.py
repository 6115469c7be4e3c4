"""Updates, edits by hand, lost answers and failures in any order: the tenant ends as asked, and nobody else's is touched."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import support
from e2e.company import FELIX, FINANCE, OSKAR, SALES
from hosting import Lab, Refused
from pulumi_talend.api import TalendError
from pulumi_talend.resources.role_mapping import RoleMappingProvider
from pulumi_talend.resources.workspace_permission import WorkspacePermissionProvider
from pulumi_talend_sandbox.tenant import Fault, Tenant

PLACES = {"oskar": (SALES, OSKAR), "felix": (FINANCE, FELIX)}
ROLES = ["planted-x", "planted-y"]
PERMISSIONS = st.lists(st.sampled_from(["VIEW", "EXECUTE", "MANAGE"]), min_size=1, max_size=3, unique=True)
TALEND_ROLES = st.lists(st.sampled_from(["Operator", "Environment Administrator"]), min_size=1, max_size=2, unique=True)
TROUBLE = st.sampled_from([None, None, "drop-after", "drop-before", "status", "truncated"])


class Anything(RuleBasedStateMachine):
    """A stack of two grants and two role mappings, and somebody at the console."""

    running: ClassVar[tuple[Tenant, dict[str, Any]]]

    def __init__(self) -> None:
        super().__init__()
        self.tenant, seed = self.running
        support.reset(self.tenant, seed)
        self.lab = Lab(self.tenant)
        self.others = self._others()

    def _others(self) -> tuple[Any, Any]:
        ours = {(workspace, "users", user) for workspace, user in PLACES.values()}
        grants = {key: held for key, held in self.tenant.grants().items() if key not in ours}
        return grants, {name: held for name, held in self.tenant.role_mappings().items() if name not in ROLES}

    def _troubled(self, trouble: str | None) -> None:
        if trouble is not None:
            self.tenant.inject(Fault.model_validate({"kind": trouble, "path": "permissions|role-mappings", "after": 1}))

    def _held(self, name: str) -> set[str] | None:
        if name in PLACES:
            workspace, user = PLACES[name]
            found = self.tenant.grants().get((workspace, "users", user))
        else:
            found = self.tenant.role_mappings().get(name)
        return None if found is None else set(found)

    def _up(self, name: str, wanted: list[str], adopt: bool, trouble: str | None) -> None:
        before = self._held(name)
        known = name in self.lab.states
        refused: TalendError | None = None
        self._troubled(trouble)
        try:
            if name in PLACES:
                workspace, user = PLACES[name]
                given = {"workspace_id": workspace, "user_id": user, "permissions": wanted, "adopt_existing": adopt}
                what = self.lab.run().up(WorkspacePermissionProvider, name, **given)
            else:
                given = {"role_name": name, "roles": wanted, "adopt_existing": adopt}
                what = self.lab.run().up(RoleMappingProvider, name, **given)
        except Refused:
            assert not known, "what the stack holds is its own"
            assert before is not None, "nothing was in the way"
            assert not adopt
            assert self._held(name) == before
        except TalendError as error:
            refused = error
        else:
            assert what == "same" or self._held(name) == set(wanted)
        finally:
            self.tenant.clear_faults()
        if refused is not None:
            assert trouble is not None, refused
            support.readable(refused)

    @rule(name=st.sampled_from(sorted(PLACES)), wanted=PERMISSIONS, adopt=st.booleans(), trouble=TROUBLE)
    def grant(self, name: str, wanted: list[str], adopt: bool, trouble: str | None) -> None:
        self._up(name, wanted, adopt, trouble)

    @rule(name=st.sampled_from(ROLES), wanted=TALEND_ROLES, adopt=st.booleans(), trouble=TROUBLE)
    def map_role(self, name: str, wanted: list[str], adopt: bool, trouble: str | None) -> None:
        self._up(name, wanted, adopt, trouble)

    @rule(name=st.sampled_from(sorted(PLACES)), held=st.none() | PERMISSIONS)
    def somebody_grants(self, name: str, held: list[str] | None) -> None:
        workspace, user = PLACES[name]
        if held is not None:
            self.tenant.grant(workspace, user, held)
        elif self._held(name) is not None:
            self.tenant.revoke(workspace, user)

    @rule(name=st.sampled_from(ROLES), held=st.none() | TALEND_ROLES)
    def somebody_maps(self, name: str, held: list[str] | None) -> None:
        if held is not None:
            self.tenant.map_role(name, held)
        elif self._held(name) is not None:
            self.tenant.unmap_role(name)

    @precondition(lambda self: bool(self.lab.states))
    @rule(data=st.data())
    def refresh(self, data: st.DataObject) -> None:
        """What state says then is what the tenant holds; only what is gone leaves the state."""
        name = data.draw(st.sampled_from(sorted(self.lab.states)))
        outs = self.lab.run().refresh(name)
        held = self._held(name)
        assert (outs is None) == (held is None)
        if outs is not None:
            assert set(outs["permissions" if name in PLACES else "roles"]) == held

    @precondition(lambda self: bool(self.lab.states))
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.lab.states)))
        self.lab.run().destroy(name)
        assert self._held(name) is None

    @invariant()
    def nobody_else_is_touched(self) -> None:
        assert self._others() == self.others
        assert not support.collection_deletes(self.tenant)


def test_whatever_comes_in_any_order(
    running_tenant: tuple[Tenant, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Anything, "running", running_tenant, raising=False)
    times = max(1, settings().max_examples // 100)
    bounded = settings(max_examples=8 * times, stateful_step_count=10)
    run_state_machine_as_test(Anything, settings=bounded)
    support.reset(*running_tenant)
