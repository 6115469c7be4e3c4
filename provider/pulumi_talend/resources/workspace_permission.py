"""What one principal may do on one workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import Resource

from .base import TalendProvider

if TYPE_CHECKING:
    from ..access import TenantAccess
    from ..api import Problem
    from .inputs import WorkspacePermissionInputs


class WorkspacePermissionProvider(TalendProvider["WorkspacePermissionInputs"]):
    """Manages one grant."""

    def _inputs_type(self) -> type[WorkspacePermissionInputs]:
        from .inputs import WorkspacePermissionInputs

        return WorkspacePermissionInputs

    def _conflict(self, tenant: TenantAccess, inputs: WorkspacePermissionInputs) -> Problem | None:
        from ..access.grants import already_there
        from ..api import Problem

        existing = tenant.grants.in_the_way(inputs.key)
        if existing is None or inputs.adopt_existing:
            return None
        return Problem("adopt_existing", already_there(inputs.key, existing))

    def _create(self, tenant: TenantAccess, inputs: WorkspacePermissionInputs) -> str:
        tenant.grants.create(inputs.key, inputs.permission_set, adopt=inputs.adopt_existing)
        return inputs.key.resource_id

    def _read(self, tenant: TenantAccess, id_: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        from ..api import GrantKey

        key = GrantKey.from_resource_id(id_)
        permissions = tenant.grants.read(key)
        if permissions is None:
            return None
        principal = "user_id" if key.principal.kind == "users" else "service_account_id"
        return {
            "workspace_id": key.workspace_id,
            principal: key.principal.id,
            "permissions": sorted(permissions),
            "adopt_existing": kept.get("adopt_existing", False),
        }

    def _update(self, tenant: TenantAccess, inputs: WorkspacePermissionInputs) -> None:
        tenant.grants.update(inputs.key, inputs.permission_set)

    def _delete(self, tenant: TenantAccess, id_: str) -> None:
        from ..api import GrantKey

        tenant.grants.delete(GrantKey.from_resource_id(id_))

    def _announce(self, tenant: TenantAccess) -> None:
        tenant.grants.announce()


class WorkspacePermission(Resource, module="access", name="WorkspacePermission"):
    """What one user, or one service account, may do on one workspace.

    Its id is `<workspaceId>/users/<userId>` or `<workspaceId>/service-accounts/<serviceAccountId>`. The resource speaks for
    all permissions of that principal there: what is not named is taken away.
    """

    workspace_id: pulumi.Output[str]
    user_id: pulumi.Output[str | None]
    service_account_id: pulumi.Output[str | None]
    permissions: pulumi.Output[Sequence[str]]
    adopt_existing: pulumi.Output[bool]

    def __init__(
        self,
        name: str,
        *,
        workspace_id: pulumi.Input[str],
        user_id: pulumi.Input[str] | None = None,
        service_account_id: pulumi.Input[str] | None = None,
        permissions: pulumi.Input[Sequence[pulumi.Input[str]]],
        adopt_existing: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the grant.

        Exactly one of `user_id` and `service_account_id`. `permissions`: VIEW, EXECUTE, AUTHOR, PUBLISH, MANAGE, in any order.
        A principal who has permissions there already is an error, unless `adopt_existing` says to take them over: they are
        then set to `permissions`. Wrong inputs fail the preview.
        """
        super().__init__(
            WorkspacePermissionProvider(),
            name,
            {
                "workspace_id": workspace_id,
                "user_id": user_id,
                "service_account_id": service_account_id,
                "permissions": permissions,
                "adopt_existing": adopt_existing,
            },
            opts,
        )
