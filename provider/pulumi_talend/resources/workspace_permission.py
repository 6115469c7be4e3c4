"""One grant: what one principal may do on one workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import pulumi

from .program import TalendResource, short_stack_trace
from .recorded import forget_when_recorded

Permission = Literal["VIEW", "EXECUTE", "AUTHOR", "PUBLISH", "MANAGE"] | str
"""A workspace permission. Others than the five are for `talend:extraPermissions`."""


class WorkspacePermission(TalendResource, talend="WorkspacePermission"):
    """What one user, or one service account, may do on one workspace.

    Its id is `<workspaceId>/users/<userId>` or `<workspaceId>/service-accounts/<serviceAccountId>`. The resource manages all
    permissions of that principal there: what it does not name is removed.

    Attributes:
        workspace: Name of the workspace.
        environment: Name of its environment.
        workspace_id: Id of the workspace.
        user: Login or e-mail address of the user.
        user_id: Id of the user.
        service_account: Name of the service account.
        service_account_id: Id of the service account.
        permissions: Sorted; empty once the access has ended.
        expires_at: End of the access.
        adopt_existing: As given.
    """

    _found: ClassVar[Mapping[str, str]] = {
        "workspace_id": "workspace",
        "user_id": "user",
        "service_account_id": "service_account",
    }

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
        permissions: pulumi.Input[Sequence[pulumi.Input[Permission]]],
        expires_at: pulumi.Input[str] | None = None,
        adopt_existing: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the grant. Inputs that are not valid fail the preview.

        Args:
            name: The resource's name in the program.
            workspace: Name of the workspace. Names are looked up in the preview; where another object has the name than at
                the last update, the grant is replaced.
            environment: Name of the workspace's environment; may be left out where only one has such a workspace.
            workspace_id: Id of the workspace, in place of its name.
            user: Login or e-mail address of a user.
            user_id: Id of a user.
            service_account: Name of a service account.
            service_account_id: Id of a service account.
            permissions: VIEW, EXECUTE, AUTHOR, PUBLISH, MANAGE, in any order.
            expires_at: End of the access, ISO 8601 with a zone, like 2027-01-31T18:00:00+01:00. From then on the preview shows
                the grant as ending, and the update removes it.
            adopt_existing: Whether to take over permissions that the principal has there already; otherwise that is an error.
            opts: Pulumi's resource options.
        """
        inputs = {
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
        }
        with short_stack_trace():
            super().__init__(*self._declaration(name, inputs, opts))
        forget_when_recorded(self)
