"""Workspace permissions of users and service accounts: one method for each documented operation.

API document "workspace-permissions". An account that holds TMC_ENGINE_USE may get EXECUTE and VIEW only (release notes R2021-06).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter

from ..errors import ApiError, NotFoundError, UnexpectedResponseError
from ..model.grants import (
    ENGINE_USE_PERMISSIONS,
    MANAGE,
    MANAGE_INSTEAD,
    GrantKey,
    Permissions,
    Principal,
    PrincipalKind,
    permission_list,
)
from .models import BatchRow, PermissionRow
from .operations import OPERATIONS, Operation
from .requests import Request, Response
from .responses import api_error, said_by

if TYPE_CHECKING:
    from .client import TalendClient

_ONE = TypeAdapter(PermissionRow)
_MANY = TypeAdapter(list[PermissionRow])
_ROWS = TypeAdapter(list[BatchRow])

_Verb = Literal["get", "create", "update", "delete", "list"]

_ADVICE = (
    "Check that the workspace and the account exist; an account with TMC_ENGINE_USE may have "
    f"{' and '.join(ENGINE_USE_PERMISSIONS)} only."
)


def _advice(permissions: Permissions | None) -> str:
    """What to do where the API refuses to write these."""
    if permissions and MANAGE in permissions:
        return f"Talend's console no longer has MANAGE, and the API may refuse it: {MANAGE_INSTEAD}. {_ADVICE}"
    return _ADVICE


Refused = dict[GrantKey, ApiError]
"""The elementary changes of a batch that the API refused, each with its own error. The others are reported as done."""


class PermissionsApi:
    """The calls on workspace permissions. Every method raises ApiError, TransportError or CancelledError."""

    def __init__(self, client: TalendClient) -> None:
        self._client = client

    def get(self, key: GrantKey) -> Permissions | None:
        """Returns the permissions of a principal on a workspace; None where it has none there (404, or an empty list)."""
        request = _single("get", key, f"read the permissions of {key}")
        try:
            row = self._client.call_for(request, _ONE)
        except NotFoundError:
            return None
        for asked, answered in (
            (key.workspace_id, row.workspace_id),
            (key.principal.id, _principal_id(key.principal.kind, row)),
        ):
            if answered is not None and answered != asked:
                raise UnexpectedResponseError(
                    f"the API answered for {self._client.quoted(answered)}, not for {asked}",
                    subject=request.subject,
                    advice="Run again; if it fails again, ask Talend's support.",
                )
        return frozenset(row.permissions) or None

    def assign(self, key: GrantKey, permissions: Permissions) -> None:
        """Gives permissions to a principal that has none there (POST). Not repeated where the response is lost.

        Raises ConflictError where it has some.
        """
        self._client.call(_single("create", key, _granting(key, permissions), permissions))

    def replace(self, key: GrantKey, permissions: Permissions) -> None:
        """Replaces the permissions of a principal (PUT). Raises NotFoundError where it has none."""
        self._client.call(_single("update", key, _setting(key, permissions), permissions))

    def remove(self, key: GrantKey) -> None:
        """Removes all permissions of a principal there (DELETE). Raises NotFoundError where it has none."""
        self._client.call(_single("delete", key, _removing(key)))

    def list(
        self,
        kind: PrincipalKind,
        *,
        workspace_id: str | None = None,
        environment_id: str | None = None,
        principal_id: str | None = None,
    ) -> dict[GrantKey, Permissions]:
        """Returns all permissions of one kind of principal, in one call. The filters narrow it down.

        Rows without permissions are left out. Raises NotFoundError where an id in a filter does not exist.
        """
        listing = _operation("list", kind)
        principal_filter = listing.query[-1].name
        query: dict[str, str | Sequence[str] | None] = {
            "workspaceId": workspace_id,
            "environmentId": environment_id,
            principal_filter: principal_id,
        }
        filters = ", ".join(f"{name} {value}" for name, value in query.items() if value is not None)
        request = Request(
            listing,
            f"list the permissions of {_plural(kind)}{f' ({filters})' if filters else ''}",
            query=query,
            advice="Check that the ids exist.",
        )
        grants: dict[GrantKey, Permissions] = {}
        for row in self._client.call_for(request, _MANY):
            principal = _principal_id(kind, row)
            if not row.workspace_id or not principal:
                raise UnexpectedResponseError(
                    "a row names no workspace or no principal",
                    subject=request.subject,
                    advice="Run again; if it fails again, ask Talend's support.",
                )
            key = GrantKey(row.workspace_id, Principal(kind, principal))
            permissions = frozenset(row.permissions) | grants.get(key, frozenset())
            if permissions:
                grants[key] = permissions
        return grants

    def assign_batch(self, kind: PrincipalKind, grants: Mapping[GrantKey, Permissions]) -> Refused:
        """Gives permissions to principals of one kind that have none there (POST). Not repeated where the response is lost."""
        return self._write_batch("create", kind, grants)

    def replace_batch(self, kind: PrincipalKind, grants: Mapping[GrantKey, Permissions]) -> Refused:
        """Replaces the permissions of principals of one kind that have some there (PUT)."""
        return self._write_batch("update", kind, grants)

    def remove_batch(self, kind: PrincipalKind, workspace_ids: Sequence[str], principal_ids: Sequence[str]) -> Refused:
        """Removes all permissions of the principals on the workspaces: **every** pair of the two lists.

        Raises:
            UnsafeNameError: A list or an id is empty, which to the API means everybody; nothing was sent. It is a ValueError.
        """
        removal = _operation("delete", kind, batch=True)
        request = Request(
            removal,
            f"remove the permissions of {len(principal_ids)} {_plural(kind)} on {len(workspace_ids)} workspaces",
            query={removal.query[0].name: workspace_ids, removal.query[1].name: principal_ids},
            advice=_ADVICE,
        )
        changes = {
            key: replace(request, subject=_removing(key))
            for workspace in workspace_ids
            for key in (GrantKey(workspace, Principal(kind, principal)) for principal in principal_ids)
        }
        return self._result(request, self._client.call(request), kind, changes)

    def _write_batch(
        self, verb: Literal["create", "update"], kind: PrincipalKind, grants: Mapping[GrantKey, Permissions]
    ) -> Refused:
        if any(key.principal.kind != kind for key in grants):
            raise ValueError(f"a batch of {kind} contains a grant of the other kind")
        if not grants:
            return {}
        # The body's field is `userId` for service accounts too (schema "Permission").
        body = [
            {"workspaceId": key.workspace_id, "userId": key.principal.id, "permissions": sorted(grants[key])}
            for key in sorted(grants)
        ]
        request = Request(
            _operation(verb, kind, batch=True),
            f"write {len(body)} grants of {_plural(kind)}",
            body=body,
            advice=_ADVICE,
        )
        words = _granting if verb == "create" else _setting
        changes = {
            key: replace(request, subject=words(key, permissions), advice=_advice(permissions))
            for key, permissions in grants.items()
        }
        return self._result(request, self._client.call(request), kind, changes)

    def _result(
        self, request: Request, response: Response, kind: PrincipalKind, changes: Mapping[GrantKey, Request]
    ) -> Refused:
        """Reads which elementary changes a response refuses: a 207 lists at least those.

        `changes` has the words of each change that was sent.
        """
        if response.status == 202:
            raise _unclear(request, "the API accepted the request and will process it later (202)")
        if response.status != 207:
            return {}
        refused: Refused = {}
        for row in self._client.parse(request, response.data, _ROWS):
            if row.status < 400:
                continue
            id_ = row.permission or row.permission_id
            key = GrantKey(id_.workspace_id or "", Principal(kind, id_.principal_id)) if id_ else None
            if key is None or key not in changes:
                raise _unclear(request, "the API refused a change that was not part of the request (207)")
            quoted = (self._client.quoted(text or "") for text in (row.message, row.detail, row.request_id))
            refused[key] = api_error(changes[key], row.status, said_by(*quoted))
        return refused


def _unclear(request: Request, reason: str) -> UnexpectedResponseError:
    return UnexpectedResponseError(
        reason, subject=request.subject, outcome="unknown", advice="Run `pulumi refresh` to see it, then run again."
    )


def _operation(verb: _Verb, kind: PrincipalKind, *, batch: bool = False) -> Operation:
    subject = "user" if kind == "users" else "service_account"
    return OPERATIONS[f"{verb}_{subject}_permissions{'_batch' if batch else ''}"]


def _single(verb: _Verb, key: GrantKey, subject: str, permissions: Permissions | None = None) -> Request:
    return Request(
        _operation(verb, key.principal.kind),
        subject,
        path_values=(key.workspace_id, key.principal.id),
        body=None if permissions is None else sorted(permissions),
        advice=_advice(permissions),
    )


def _principal_id(kind: PrincipalKind, row: PermissionRow) -> str | None:
    """Which principal a row is about follows from the call: `userId` holds the id of a service account too."""
    return row.user_id if kind == "users" else row.service_account_id or row.user_id


def _plural(kind: PrincipalKind) -> str:
    return "users" if kind == "users" else "service accounts"


def _granting(key: GrantKey, permissions: Permissions) -> str:
    return f"grant {permission_list(permissions)} to {key}"


def _setting(key: GrantKey, permissions: Permissions) -> str:
    return f"set the permissions of {key} to {permission_list(permissions)}"


def _removing(key: GrantKey) -> str:
    return f"remove the permissions of {key}"
