"""Each request that the client can send is valid by the vendor's documents, and it understands each documented answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.documents import inlined, request_problems, sample, specs
from contract.server import DocumentedServer, body_of
from pulumi_talend.api import TalendClient
from pulumi_talend.api.operations import ALL_OPERATIONS, API_VERSION, OPERATIONS, Operation
from pulumi_talend.api.responses import error_class
from pulumi_talend.api.settings import ClientCredential, Settings
from pulumi_talend.errors import ApiError, UnexpectedResponseError, UnsafeNameError
from pulumi_talend.model.grants import PERMISSIONS, GrantKey, Principal, PrincipalKind
from support import mocked_client

specs()

NOT_SENT = {
    "list_groups",
    "delete_role_mappings",  # switches role mapping off for the whole tenant
    "list_environments",  # only the offline tenant serves it
}


@dataclass(frozen=True)
class Named:
    """The names that a call is made with. Their defaults are those of the documents' examples."""

    workspace: str
    user: str
    mapping: str
    permissions: frozenset[str] = frozenset({"VIEW", "EXECUTE"})

    def key(self, kind: PrincipalKind) -> GrantKey:
        return GrantKey(self.workspace, Principal(kind, self.user))


Call = Callable[[TalendClient, Named], Any]


def _permission_calls(kind: PrincipalKind, label: str) -> dict[str, Call]:
    return {
        f"get_{label}_permissions": lambda client, names: client.permissions.get(names.key(kind)),
        f"create_{label}_permissions": lambda client, names: client.permissions.assign(
            names.key(kind), names.permissions
        ),
        f"update_{label}_permissions": lambda client, names: client.permissions.replace(
            names.key(kind), names.permissions
        ),
        f"delete_{label}_permissions": lambda client, names: client.permissions.remove(names.key(kind)),
        f"list_{label}_permissions": lambda client, names: client.permissions.list(
            kind, workspace_id=names.workspace, environment_id=names.workspace, principal_id=names.user
        ),
        f"create_{label}_permissions_batch": lambda client, names: client.permissions.assign_batch(
            kind, {names.key(kind): names.permissions}
        ),
        f"update_{label}_permissions_batch": lambda client, names: client.permissions.replace_batch(
            kind, {names.key(kind): names.permissions}
        ),
        f"delete_{label}_permissions_batch": lambda client, names: client.permissions.remove_batch(
            kind, [names.workspace], [names.user, f"{names.user}2"]
        ),
    }


def _replace_mappings(client: TalendClient, names: Named) -> None:
    client.role_mappings.replace_all(
        [mapping.model_copy(update={"name": names.mapping}) for mapping in client.role_mappings.list()]
    )


CALLS: dict[str, Call] = {
    **_permission_calls("users", "user"),
    **_permission_calls("service-accounts", "service_account"),
    "list_role_mappings": lambda client, _: client.role_mappings.list(),
    "replace_role_mappings": _replace_mappings,
    "get_role_mapping": lambda client, names: client.role_mappings.get(names.mapping),
    "delete_role_mapping": lambda client, names: client.role_mappings.remove(names.mapping),
    "list_workspaces": lambda client, _: client.directory.workspaces(),
    "list_users": lambda client, _: client.directory.users(),
    "list_roles": lambda client, _: client.directory.roles(),
    "list_service_accounts": lambda client, _: client.directory.service_accounts(),
    "get_me": lambda client, _: client.directory.me(),
    "create_token": lambda client, _: client.directory.me(),
}


def client_of(server: DocumentedServer, operation: Operation) -> TalendClient:
    if not operation.basic:
        return mocked_client(server)
    url = "https://api.eu.cloud.talend.com"
    return mocked_client(server, settings=Settings(url, ClientCredential("an-id", "a-secret"), url))


def names_of(operation: Operation, status: int | None = None) -> Named:
    """The names in the documented body of an answer: the ids of a documented grant, a documented mapping."""
    grant = sample(inlined("workspace-permissions", {"$ref": "#/components/schemas/Permission"}))
    if status == 207:
        (row,) = body_of(operation, status)
        grant |= row.get("permission") or row["permissionId"]
    mapping = sample(inlined("sso-role-mapping", {"$ref": "#/components/schemas/RoleMapping"}))
    return Named(grant["workspaceId"], grant["userId"], mapping["name"])


def answers(statuses: Callable[[Operation], frozenset[int]]) -> pytest.MarkDecorator:
    cases = [(o, status) for o in ALL_OPERATIONS if o.name not in NOT_SENT for status in sorted(statuses(o))]
    return pytest.mark.parametrize(("operation", "status"), cases, ids=[f"{o.name}-{status}" for o, status in cases])


def test_every_operation_is_called_or_named_as_not_sent() -> None:
    assert set(CALLS) | NOT_SENT == set(OPERATIONS)
    assert not set(CALLS) & NOT_SENT


@answers(lambda operation: operation.success)
def test_a_documented_success_is_understood(operation: Operation, status: int) -> None:
    server = DocumentedServer()
    server.statuses[operation.name] = [status]
    names = names_of(operation, status)
    with client_of(server, operation) as client:
        result = CALLS[operation.name](client, names)
    assert server.problems == []
    assert operation in server.sent
    assert server.versions == {API_VERSION}
    body = body_of(operation, status)
    kind: PrincipalKind = "service-accounts" if "service_account_permissions" in operation.name else "users"
    if operation.batch:
        expected = {names.key(kind): "ConflictError"} if status == 207 else {}
        assert {key: type(error).__name__ for key, error in result.items()} == expected
        assert all(error.api_message == body[0]["message"] for error in result.values())
    elif operation.name.startswith("list_") and operation.document == "workspace-permissions":
        assert result == {names.key(kind): frozenset(body[0]["permissions"])}
    elif operation.name.endswith("_permissions") and status == 200:
        assert result == frozenset(body["permissions"])
    elif operation.name.startswith("list_"):
        (row,) = result
        assert (
            row.model_dump().items() >= {k: v for k, v in body[0].items() if k in ("name", "login", "active")}.items()
        )
    elif operation.name == "get_role_mapping":
        assert (result.name, result.roles) == (body["name"], body["roles"])
    elif operation.name in ("get_me", "create_token"):
        me = body_of(OPERATIONS["get_me"], 200)
        rights = {*me["permissions"], *me["roles"][0]["permissions"]}
        assert (result.type, result.name, result.permissions) == (me["type"], me["name"], rights)
    else:
        assert result is None


@answers(lambda operation: operation.refusals)
def test_a_documented_refusal_is_understood(operation: Operation, status: int) -> None:
    server = DocumentedServer()
    server.statuses[operation.name] = [status, min(operation.success)] if status == 429 else [status]
    with client_of(server, operation) as client:

        def call() -> Any:
            return CALLS[operation.name](client, names_of(operation))

        if status == 429:
            call()
            assert server.sent.count(operation) == 2
        elif status == 404 and operation.name.startswith("get_"):
            assert call() is None
        else:
            with pytest.raises(ApiError) as caught:
                call()
            error = caught.value
            assert (type(error), error.status) == (error_class(status), status)
            body: dict[str, Any] = body_of(operation, status) or {}
            assert [
                each for each in ("message", "detail", "requestId") if str(body.get(each, "")) not in str(error)
            ] == []
    assert server.problems == []


TEXT = st.text(min_size=1, max_size=12)


@pytest.mark.parametrize("operation", [o for o in ALL_OPERATIONS if o.name not in NOT_SENT], ids=lambda o: o.name)
@settings(max_examples=25, deadline=None)
@given(names=st.builds(Named, TEXT, TEXT, TEXT, st.frozensets(st.sampled_from(PERMISSIONS))))
def test_a_request_is_valid_or_not_sent(operation: Operation, names: Named) -> None:
    server = DocumentedServer()
    with client_of(server, operation) as client:
        try:
            CALLS[operation.name](client, names)
        except UnsafeNameError:
            assert operation not in server.sent
        except UnexpectedResponseError:
            assert operation in server.sent  # its answer is about the documents' ids, and so is not believed
    assert server.problems == []


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/security/permissions?workspaceIds=w", ""),
        ("GET", "/security/permissions?userId=u&userId=v", ""),
        ("GET", "/account/users?page=0", ""),
        ("GET", "/account/nobody", ""),
        ("GET", "/security/workspaces//users/u/permissions", ""),
        ("GET", "/security/workspaces/%2E%2E/users/u/permissions", ""),
        ("GET", "/account/roles", "[]"),
        ("DELETE", "/security/permissions/batch?workspaceIds=w&userIds=u,v", ""),
        ("DELETE", "/security/permissions/batch?workspaceIds=w&userIds=", ""),
        ("POST", "/security/workspaces/w/users/u/permissions", '{"permissions": ["VIEW"]}'),
        ("POST", "/security/workspaces/w/users/u/permissions", '["USE_ENGINES"]'),
        (
            "POST",
            "/security/service-accounts/permissions/batch",
            '[{"workspaceId": "w", "serviceAccountId": "s", "permissions": []}]',
        ),
        ("POST", "/security/role-mappings", '[{"name": "n"}]'),
        ("POST", "/security/oauth/token", '{"audience": "a", "grant_type": "client_credentials"}'),
    ],
)
def test_a_request_that_breaks_the_documents_is_noticed(method: str, target: str, body: str) -> None:
    headers = {"authorization": "Bearer t", "content-type": "application/json"}
    assert request_problems(method, target, headers, body.encode()) != []
