"""What one principal may do on one workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import Resource

from .base import TalendProvider, finished_note
from .claims import Claim, reach
from .declaring import declared
from .reporting import say

if TYPE_CHECKING:
    from ..access import TenantAccess
    from ..access.journal import Target
    from ..api import Problem
    from .claims import Holder
    from .inputs import WorkspacePermissionInputs


class WorkspacePermissionProvider(TalendProvider["WorkspacePermissionInputs"]):
    """Manages one grant."""

    def _inputs_type(self) -> type[WorkspacePermissionInputs]:
        from .inputs import WorkspacePermissionInputs

        return WorkspacePermissionInputs

    def _resolve(self, olds: Mapping[str, Any], inputs: WorkspacePermissionInputs) -> WorkspacePermissionInputs:
        from .naming import SERVICE_ACCOUNT, USER, WORKSPACE, resolved_ids, successor_notes

        kinds = (WORKSPACE, USER, SERVICE_ACCOUNT)
        resolved = inputs
        if any(getattr(inputs, kind.by_name) is not None for kind in kinds):
            resolved = inputs.model_copy(update=resolved_ids(self._tenant().directory, inputs, olds, kinds))
            for note in successor_notes(resolved, olds, kinds):
                say(note)
        if self._has_ended(resolved.expires_at, lambda: f"the access of {self._label(resolved)}"):
            return resolved.model_copy(update={"permissions": []})
        return resolved

    def _label(self, inputs: WorkspacePermissionInputs) -> str:
        if not inputs.has_known_key:
            return "somebody not known yet"
        return self._tenant().directory.label(inputs.key, look=True)

    def _claims(self, inputs: WorkspacePermissionInputs) -> Iterable[Claim]:
        if inputs.has_known_key:
            yield Claim("grant", inputs.key, within=reach(inputs.key.workspace_id, inputs.key.principal.kind))

    def _clash(self, claim: Claim, other: Holder) -> Problem:
        from .sets import grant_clash

        return grant_clash(self._tenant().directory, claim, other, "permissions")

    def _conflict(self, _tenant: TenantAccess, _inputs: WorkspacePermissionInputs) -> Problem | None:
        from ..access.grants import already_there
        from ..api import Problem
        from .naming import named

        if not _inputs.permissions:
            return None
        existing = _tenant.grants.in_the_way(_inputs.key)
        if existing is None or _inputs.adopt_existing:
            return None
        if _tenant.grants.is_half_done(_inputs.key, existing):
            say(finished_note(named(_tenant.directory, [_inputs.key], str(_inputs.key), look=True)))
            return None
        message = already_there(_inputs.key, existing)
        return Problem("adopt_existing", named(_tenant.directory, [_inputs.key], message, look=True))

    def _refusals(self, tenant: TenantAccess, inputs: WorkspacePermissionInputs) -> list[Problem]:
        from ..access.engine_use import engine_use_refusal
        from ..api import Problem
        from .inputs import is_unknown

        if is_unknown(inputs.permissions):
            return []
        refusal = engine_use_refusal(tenant.directory, inputs.key.principal, inputs.permission_set)
        return [Problem("permissions", refusal)] if refusal else []

    def _create(self, tenant: TenantAccess, inputs: WorkspacePermissionInputs) -> str:
        from .naming import naming

        if inputs.permissions:
            with naming(tenant.directory, [inputs.key]):
                tenant.grants.create(inputs.key, inputs.permission_set, adopt=inputs.adopt_existing)
            if self._is_declared("grant", inputs.key):
                tenant.grants.keep([inputs.key])
        return inputs.key.resource_id

    def _read(self, tenant: TenantAccess, _id: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        from ..api import GrantKey
        from .naming import naming

        key = GrantKey.from_resource_id(_id)
        with naming(tenant.directory, [key]):
            permissions = tenant.grants.read(key)
        if permissions is None and kept.get("permissions"):
            return None
        principal = "user_id" if key.principal.kind == "users" else "service_account_id"
        return {
            **self._kept_notes(kept),
            "workspace_id": key.workspace_id,
            principal: key.principal.id,
            "permissions": sorted(permissions or ()),  # none, where it has ended
            "adopt_existing": kept.get("adopt_existing", False),
        }

    def _update(self, tenant: TenantAccess, _olds: Mapping[str, Any], inputs: WorkspacePermissionInputs) -> None:
        from .naming import naming

        with naming(tenant.directory, [inputs.key]):
            if inputs.permissions:
                tenant.grants.update(inputs.key, inputs.permission_set)
            else:
                tenant.grants.delete(inputs.key)

    def _held(self, kept: Mapping[str, Any]) -> Iterable[Target]:
        from ..api import GrantKey, Principal

        if kept.get("workspace_id") and kept.get("user_id"):
            yield GrantKey(kept["workspace_id"], Principal("users", kept["user_id"]))
        elif kept.get("workspace_id") and kept.get("service_account_id"):
            yield GrantKey(kept["workspace_id"], Principal("service-accounts", kept["service_account_id"]))

    def _announce(self, tenant: TenantAccess) -> None:
        tenant.grants.announce()

    def _delete(self, tenant: TenantAccess, _id: str, _kept: Mapping[str, Any]) -> None:
        from ..api import GrantKey
        from .naming import naming

        key = GrantKey.from_resource_id(_id)
        with naming(tenant.directory, [key]):
            tenant.grants.delete(key)


class WorkspacePermission(Resource, module="access", name="WorkspacePermission"):
    """What one user, or one service account, may do on one workspace.

    Its id is `<workspaceId>/users/<userId>` or `<workspaceId>/service-accounts/<serviceAccountId>`. The resource speaks for
    all permissions of that principal there: what is not named is taken away. Where names are given, the ids that they lead
    to are outputs too.
    """

    workspace: pulumi.Output[str | None]
    environment: pulumi.Output[str | None]
    workspace_id: pulumi.Output[str]
    user: pulumi.Output[str | None]
    user_id: pulumi.Output[str | None]
    service_account: pulumi.Output[str | None]
    service_account_id: pulumi.Output[str | None]
    permissions: pulumi.Output[Sequence[str]]
    expires_at: pulumi.Output[str | None]
    adopt_existing: pulumi.Output[bool]

    def __init__(
        self,
        name: str,
        *,
        workspace: pulumi.Input[str] | None = None,
        environment: pulumi.Input[str] | None = None,
        workspace_id: pulumi.Input[str] | None = None,
        user: pulumi.Input[str] | None = None,
        user_id: pulumi.Input[str] | None = None,
        service_account: pulumi.Input[str] | None = None,
        service_account_id: pulumi.Input[str] | None = None,
        permissions: pulumi.Input[Sequence[pulumi.Input[str]]],
        expires_at: pulumi.Input[str] | None = None,
        adopt_existing: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the grant.

        The workspace: `workspace` (its name) with `environment` (its name; may be left out where only one environment has
        such a workspace), or `workspace_id`. The principal: `user` (login or e-mail address, upper and lower case alike) or
        `user_id`, or `service_account` (its name) or `service_account_id`. Names are looked up while previewing; where
        another object stands behind a name than before, the grant is replaced.

        `permissions`: VIEW, EXECUTE, AUTHOR, PUBLISH, MANAGE, in any order. A principal who has permissions there already is
        an error, unless `adopt_existing` says to take them over: they are then set to `permissions`. From `expires_at` on
        (date, time and zone, like 2027-01-31T18:00:00+01:00) the preview shows the grant as ending, and the update removes it.
        Wrong inputs fail the preview.
        """
        super().__init__(
            WorkspacePermissionProvider(),
            name,
            declared(
                "WorkspacePermission",
                name,
                opts,
                {
                    "workspace": workspace,
                    "environment": environment,
                    "workspace_id": workspace_id,
                    "user": user,
                    "user_id": user_id,
                    "service_account": service_account,
                    "service_account_id": service_account_id,
                    "permissions": permissions,
                    "expires_at": expires_at,
                    "adopt_existing": adopt_existing,
                },
            ),
            opts,
        )
