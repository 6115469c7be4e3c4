"""Workspace permissions of users and service accounts: the documented calls, one method each.

API reference, "Workspace Permissions"; API user guide, "Setting workspace permissions for a user"; release notes R2021-06.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from .errors import NotFoundError, UnexpectedAnswerError
from .models import ENGINE_USE_PERMISSIONS, GrantAnswer, GrantKey, Principal, PrincipalKind
from .transport import Action, Answer, path_segment

if TYPE_CHECKING:
    from .client import TalendClient

Permissions = frozenset[str]

_ONE = TypeAdapter(GrantAnswer)
_MANY = TypeAdapter(list[GrantAnswer])

_NEEDS_FOR_USERS = (
    "the Environment Administrator role (TMC_ENVIRONMENT_MANAGEMENT, TMC_PIPELINE_MANAGEMENT, TMC_PROMOTION_EXECUTION)"
)
_NEEDS_FOR_SERVICE_ACCOUNTS = "TMC_USER_MANAGEMENT"
_HINT = (
    "Check that workspace and principal exist; an account with TMC_ENGINE_USE may have "
    f"{' and '.join(ENGINE_USE_PERMISSIONS)} only."
)


def words(permissions: Iterable[str]) -> str:
    """Permissions as a person reads them, in a stable order."""
    return ", ".join(sorted(permissions)) or "nothing"


def _needs(kind: PrincipalKind) -> str:
    return _NEEDS_FOR_USERS if kind == "users" else _NEEDS_FOR_SERVICE_ACCOUNTS


def _path(key: GrantKey) -> str:
    workspace, principal = path_segment(key.workspace_id), path_segment(key.principal.id)
    return f"/security/workspaces/{workspace}/{key.principal.kind}/{principal}/permissions"


class PermissionsApi:
    """The calls on workspace permissions. Every method raises ApiError, TransportError or CancelledError."""

    def __init__(self, client: TalendClient) -> None:
        self._client = client

    def get(self, key: GrantKey) -> Permissions | None:
        """The permissions of one principal on one workspace; None where it has none there.

        UNDOCUMENTED, decided here: "none" is answered by 404 or by an empty list; both mean none.
        """
        action = Action("GET", _path(key), f"read the permissions of {key}", needs=_needs(key.principal.kind))
        try:
            answer = self._client.call_for(action, _ONE)
        except NotFoundError:
            return None
        answered_id = answer.user_id if key.principal.kind == "users" else answer.service_account_id
        for asked, answered in ((key.workspace_id, answer.workspace_id), (key.principal.id, answered_id)):
            if answered is not None and answered != asked:
                raise UnexpectedAnswerError(
                    f"Could not {action.doing}: the API answered for {self._client.quoted(answered)}, not for {asked}. "
                    "Nothing was changed; run again, and ask Talend's support if it stays."
                )
        return frozenset(answer.permissions) or None

    def assign(self, key: GrantKey, permissions: Permissions) -> None:
        """Gives permissions to a principal who has none there (POST). Not repeated where the answer is lost."""
        self._write("POST", key, permissions, f"grant {words(permissions)} to {key}", repeatable=False)

    def replace(self, key: GrantKey, permissions: Permissions) -> None:
        """Replaces the permissions of a principal (PUT). NotFoundError where it has none, if the API insists on some."""
        self._write("PUT", key, permissions, f"set the permissions of {key} to {words(permissions)}")

    def remove(self, key: GrantKey) -> None:
        """Removes all permissions of a principal there. NotFoundError where it has none, if the API insists on some."""
        action = Action(
            "DELETE",
            _path(key),
            f"remove the permissions of {key}",
            needs=_needs(key.principal.kind),
            hint=_HINT,
        )
        self._client.call(action)

    def _write(
        self, method: Any, key: GrantKey, permissions: Permissions, doing: str, *, repeatable: bool = True
    ) -> None:
        action = Action(
            method,
            _path(key),
            doing,
            needs=_needs(key.principal.kind),
            hint=_HINT,
            repeatable=repeatable,
            body=sorted(permissions),
        )
        self._client.call(action)

    def list(
        self,
        *,
        workspace_id: str | None = None,
        user_id: str | None = None,
        environment_id: str | None = None,
    ) -> dict[GrantKey, Permissions]:
        """All permissions of the tenant, or of one workspace, user or environment, in one call.

        UNDOCUMENTED, decided here: whether service accounts are listed; where an entry names one it is taken. Entries
        without permissions are left out. The parameters are spelled as in the documentation's examples.
        """
        filters = {"workspaceId": workspace_id, "userId": user_id, "environmentId": environment_id}
        params = {name: value for name, value in filters.items() if value is not None}
        of = ", ".join(f"{name} {value}" for name, value in params.items())
        action = Action(
            "GET",
            "/security/permissions",
            f"list the permissions of {of or 'the tenant'}",
            needs=_NEEDS_FOR_USERS,
            hint="Check that what is asked for exists.",
            params=params,
        )
        grants: dict[GrantKey, Permissions] = {}
        for entry in self._client.call_for(action, _MANY):
            key = self._key(action, entry)
            permissions = frozenset(entry.permissions) | grants.get(key, frozenset())
            if permissions:
                grants[key] = permissions
        return grants

    @staticmethod
    def _key(action: Action, entry: GrantAnswer) -> GrantKey:
        if entry.workspace_id and entry.user_id:
            return GrantKey(entry.workspace_id, Principal("users", entry.user_id))
        if entry.workspace_id and entry.service_account_id:
            return GrantKey(entry.workspace_id, Principal("service-accounts", entry.service_account_id))
        raise UnexpectedAnswerError(
            f"Could not {action.doing}: an entry names no workspace or no principal. Nothing was changed; run again, "
            "and ask Talend's support if it stays."
        )

    def assign_batch(self, kind: PrincipalKind, grants: Mapping[GrantKey, Permissions]) -> bool:
        """Gives permissions to many principals of one kind (POST). Not repeated where the answer is lost.

        Returns whether the answer is a plain "done"; else (207, 202) some may not have been done.
        """
        return self._write_batch("POST", kind, grants, repeatable=False)

    def replace_batch(self, kind: PrincipalKind, grants: Mapping[GrantKey, Permissions]) -> bool:
        """Replaces the permissions of many principals of one kind, who have some already (PUT). Returns as `assign_batch`."""
        return self._write_batch("PUT", kind, grants, repeatable=True)

    def remove_batch(self, kind: PrincipalKind, workspace_ids: Sequence[str], principal_ids: Sequence[str]) -> bool:
        """Removes all permissions of those principals on those workspaces: **every** pair of the two lists.

        Returns as `assign_batch`.
        """
        parameter = "userIds" if kind == "users" else "serviceAccountIds"
        action = Action(
            "DELETE",
            _batch_path(kind),
            f"remove the permissions of {len(principal_ids)} {kind} on {len(workspace_ids)} workspaces",
            needs=_needs(kind),
            hint=_HINT,
            params={"workspaceIds": ",".join(workspace_ids), parameter: ",".join(principal_ids)},
        )
        return _plainly_done(self._client.call(action))

    def _write_batch(
        self, method: Any, kind: PrincipalKind, grants: Mapping[GrantKey, Permissions], *, repeatable: bool
    ) -> bool:
        id_name = "userId" if kind == "users" else "serviceAccountId"
        body = [
            {"workspaceId": key.workspace_id, id_name: key.principal.id, "permissions": sorted(grants[key])}
            for key in sorted(grants)
        ]
        action = Action(
            method,
            _batch_path(kind),
            f"write {len(body)} grants of {kind}",
            needs=_needs(kind),
            hint=_HINT,
            repeatable=repeatable,
            body=body,
        )
        return _plainly_done(self._client.call(action))


def _plainly_done(answer: Answer) -> bool:
    return answer.status in {200, 201, 204}


def _batch_path(kind: PrincipalKind) -> str:
    return "/security/permissions/batch" if kind == "users" else "/security/service-accounts/permissions/batch"
