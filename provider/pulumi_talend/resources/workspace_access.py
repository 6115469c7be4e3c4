"""All access to one workspace, or a set of grants on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypedDict, cast

import pulumi
from typing_extensions import NotRequired

from .program import TalendResource, short_stack_trace
from .recorded import forget_when_recorded
from .workspace_permission import Permission


class GrantArgsDict(TypedDict):
    """One entry of a table of grants, as a dictionary.

    Attributes:
        permissions: Workspace permissions.
        expires_at: End of the access, ISO 8601 with a zone.
    """

    permissions: pulumi.Input[Sequence[pulumi.Input[Permission]]]
    expires_at: NotRequired[pulumi.Input[str]]


@dataclass(frozen=True)
class GrantArgs:
    """One entry of a table of grants.

    Attributes:
        permissions: Workspace permissions.
        expires_at: End of the access, ISO 8601 with a zone.
    """

    permissions: pulumi.Input[Sequence[pulumi.Input[Permission]]]
    expires_at: pulumi.Input[str] | None = None


Grant = (
    pulumi.Input[Sequence[pulumi.Input[Permission]]]
    | Sequence[pulumi.Input[Permission]]
    | GrantArgs
    | pulumi.Input[GrantArgsDict]
)


class WorkspaceAccess(TalendResource, talend="WorkspaceAccess"):
    """All access to one workspace, or with `exclusive=False` a set of grants on it, written in the fewest calls.

    Its id is the workspace's. What the next update takes from whom shows in the preview as `removes`, what it restores as
    `restores`, both by id with the name beside it; neither is part of the outputs.

    Attributes:
        workspace: Name of the workspace.
        environment: Name of its environment.
        workspace_id: Id of the workspace.
        grants: Principal → permissions, without those whose access has ended.
        principals: Principal → `users/<userId>` or `service-accounts/<serviceAccountId>`.
        exclusive: As given.
        adopt_existing: As given.
        max_removals: As given.
    """

    _found: ClassVar[Mapping[str, str]] = {"workspace_id": "workspace", "principals": "grants"}

    workspace: pulumi.Output[str | None]
    environment: pulumi.Output[str | None]
    workspace_id: pulumi.Output[str]
    grants: pulumi.Output[Mapping[str, Any]]  # a list, or a table with the end: the SDK cannot read a union of them
    principals: pulumi.Output[Mapping[str, str]]
    exclusive: pulumi.Output[bool | Literal["users"]]
    adopt_existing: pulumi.Output[bool]
    max_removals: pulumi.Output[int | str | None]

    def __init__(
        self,
        name: str,
        *,
        workspace: pulumi.Input[str] | None = None,
        environment: pulumi.Input[str] | None = None,
        workspace_id: pulumi.Input[str] | None = None,
        grants: pulumi.Input[Mapping[str, Grant]],
        exclusive: pulumi.Input[bool | Literal["users"]] = True,
        adopt_existing: pulumi.Input[bool] = False,
        max_removals: pulumi.Input[int | str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares who has access to the workspace. Inputs that are not valid fail the preview.

        Args:
            name: The resource's name in the program.
            workspace: Name of the workspace.
            environment: Name of its environment; may be left out where only one has such a workspace.
            workspace_id: Id of the workspace, in place of its name.
            grants: Principal → permissions, or → GrantArgs where the access has an end. How principals are written:
                `pulumi_talend.principals` (a login or e-mail address, `service-account:NAME`, ...).
            exclusive: True says that nobody else has access, False that others may, "users" that no other person does while
                service accounts are left alone.
            adopt_existing: With `exclusive=False`, whether to take over permissions that somebody in the table has already;
                otherwise that is an error. An exclusive set always does.
            max_removals: How many principals may lose all their access in one update: a number, a share like "30%", or "all".
                Without it one, or the limit of the stack (`talend:maxRemovals`, 30 %).
            opts: Pulumi's resource options.
        """
        inputs = {
            "workspace": workspace,
            "environment": environment,
            "workspace_id": workspace_id,
            "grants": _as_dicts(grants),
            "exclusive": exclusive,
            "adopt_existing": adopt_existing,
            "max_removals": max_removals,
            "principals": None,
        }
        with short_stack_trace():
            super().__init__(*self._declaration(name, inputs, opts, computed=["workspace_id"]))
        forget_when_recorded(self)


def _as_dicts(grants: Any) -> Any:
    """The table with dictionaries in place of GrantArgs."""
    if not isinstance(grants, Mapping):
        return grants
    table: dict[str, Any] = {}
    for who, entry in cast("Mapping[str, Any]", grants).items():
        if isinstance(entry, GrantArgs):
            given = {"permissions": entry.permissions, "expires_at": entry.expires_at}
            table[who] = {name: value for name, value in given.items() if value is not None}
        else:
            table[who] = entry
    return table
