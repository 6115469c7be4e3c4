"""Complete sets on real engines: who loses what the stack had not granted is in the review, and then comes true."""

from __future__ import annotations

import json
from pathlib import Path

from e2e.company import FELIX, OSKAR, SALES
from e2e.stack import Stack
from pulumi_talend.review.build import build_review
from pulumi_talend.review.document import read_preview
from pulumi_talend_sandbox.tenant import Tenant
from review.test_against_updates import access_of
from review.test_command import run

PROGRAM = """
from pulumi_talend import RoleMappings, WorkspaceAccess
WorkspaceAccess("sales", workspace="Sales", environment="dev", exclusive="users", max_removals="all",
                grants={"oskar.berg@nordlicht-retail.example": %s})
RoleMappings("all", mappings={"crew": ["Operator"], "nordlicht-platform": ["Operator"]}, max_removals="all")
"""


def test_what_complete_sets_take_is_reviewed(stack: Stack, tenant: Tenant, tmp_path: Path) -> None:
    stack.program(PROGRAM % '["VIEW"]')
    for permissions in ('["VIEW"]', '["VIEW", "PUBLISH"]'):
        stack.program(PROGRAM % permissions)
        tenant.grant(SALES, FELIX, ["MANAGE", "VIEW"])  # by hand, before either update
        before = access_of(tenant)
        shown = json.dumps(stack.preview_json())
        done = run("review", "-", "--json", "-", "--tenant", "require", cwd=tmp_path, stdin=shown, env=stack.settings)
        assert done.returncode == 0, done.stderr
        review = json.loads(done.stdout)
        by_state, _ = build_review(read_preview(shown), None)
        stack.up().ok()
        after = access_of(tenant)

        told = {f"{g['workspace']['id']}/{g['principal']['kind']}s/{g['principal']['id']}": g for g in review["grants"]}
        told |= {f"role {m['customerRole']}": m for m in review["roleMappings"]}
        changed = {target for target in before.keys() | after.keys() if before.get(target) != after.get(target)}
        assert changed == set(told)
        for target, change in told.items():
            assert set(change["before"]) == before.get(target, frozenset())
            assert set(change["after"]) == after.get(target, frozenset())
        assert review["unknownEffects"] == []
        assert f"{SALES}/users/{FELIX}" in told
        assert told[f"{SALES}/users/{FELIX}"]["notGrantedByThisStack"]
        assert f"{SALES}/users/{OSKAR}" in told
        # Without the tenant the same people lose access, by the names that the preview has.
        assert "felix.thomsen@nordlicht-retail.example" in {c.who.label for c in by_state.grants if c.ends}
