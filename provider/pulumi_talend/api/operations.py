"""The operations of the Talend Cloud API that this project uses, as data.

One row per documented operation. The client sends them, the offline tenant serves them, the docs list them, and the
contract tests compare each row with the vendor's OpenAPI documents. Paths, parameters and statuses are spelled as there.

Source: the vendor's OpenAPI documents, version 2021-03; `Operation.document` names which one. The required rights come
from these documents and from the vendor's help pages (API user guide, "Predefined roles").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Method = Literal["GET", "POST", "PUT", "DELETE"]
Document = Literal[
    "identities-management",
    "oauth",
    "orchestration",
    "service-accounts",
    "sso-role-mapping",
    "workspace-permissions",
]
Body = Literal["permission-names", "permissions", "role-mappings", "token-request"]

API_VERSION = "2021-03"
"""The value of the `talend-version` header. Without the header, the oldest supported version answers (help pages)."""

VERSION_HEADER = "talend-version"

WORKSPACE_RIGHTS = frozenset({"TMC_ENVIRONMENT_MANAGEMENT", "TMC_PIPELINE_MANAGEMENT", "TMC_PROMOTION_EXECUTION"})
"""The three rights of the role Environment Administrator."""
USER_RIGHTS = frozenset({"TMC_USER_MANAGEMENT"})
SSO_RIGHTS = frozenset({"TMC_SSO_MANAGEMENT"})
SERVICE_ACCOUNT_RIGHTS = frozenset({"TMC_SERVICE_ACCOUNT_MANAGEMENT"})
SEES_ALL_WORKSPACES = frozenset({"TMC_CLUSTER_MANAGEMENT", "TMC_ENVIRONMENT_MANAGEMENT"})
"""Any one of these rights lists all workspaces and environments."""
SEES_OWN_WORKSPACES = "TMC_OPERATOR"
"""This right alone lists the workspaces on which the caller has permissions, and their environments."""


@dataclass(frozen=True)
class Query:
    """A query parameter. An array is sent as repeated keys (OpenAPI's default, style `form` with `explode`)."""

    name: str
    array: bool = False


@dataclass(frozen=True)
class Operation:
    """One documented operation.

    Attributes:
        name: This project's name for it, unique.
        method: HTTP method.
        path: Path template; each parameter in braces is one percent-encoded segment.
        document: The vendor's document that defines it.
        operation_id: Its `operationId` there, None where it has none.
        success: Documented success statuses. 207 lists elementary changes that were refused.
        refusals: Documented refusal statuses.
        query: Query parameters that this project sends or serves; all are optional.
        body: Shape of the JSON body; None for no body.
        rights: The caller needs all of these rights.
        any_right: The caller needs one of these rights; empty without such a rule.
        paged: Answers in pages: parameters `page` (from 1) and `size` (1 to 100), counts in headers.
        basic: Authenticated by a service account's id and secret (Basic) instead of a bearer token.
    """

    name: str
    method: Method
    path: str
    document: Document
    operation_id: str | None = None
    success: frozenset[int] = frozenset({200})
    refusals: frozenset[int] = frozenset()
    query: tuple[Query, ...] = ()
    body: Body | None = None
    rights: frozenset[str] = frozenset()
    any_right: frozenset[str] = frozenset()
    paged: bool = False
    basic: bool = False

    @property
    def rate_limited(self) -> bool:
        """Whether 429, with the headers `X-RateLimit-Limit`, `-Remaining` and `-Reset`, is documented for it."""
        return 429 in self.refusals

    @property
    def batch(self) -> bool:
        """Whether one call makes several elementary changes."""
        return 207 in self.success


PAGE = (Query("page"), Query("size"))
PAGE_SIZE_MAX = 100
"""The largest page (document `identities-management`)."""
PAGE_HEADERS = ("page-first", "page-last", "page-number", "page-total-elements", "total-elements", "total-pages")

_VERBS = ("get", "create", "update", "delete", "list")
_OK, _CREATED, _DONE, _SOME_DONE = frozenset({200}), frozenset({201}), frozenset({204}), frozenset({204, 207})
_COMMON = frozenset({401, 403, 500})
_ONE = _COMMON | {400, 404}
_BATCH = _COMMON | {404}
_SSO = _COMMON | {429}
_PAGED = _COMMON | {400, 429}


def _permissions(
    kind: Literal["user", "service_account"],
    segment: str,
    batch_path: str,
    id_name: str,
    suffix: str,
    rights: frozenset[str],
) -> tuple[Operation, ...]:
    """The eight operations on workspace permissions of one kind of principal."""
    one = f"/security/workspaces/{{workspaceId}}/{segment}/{{{id_name}}}/permissions"
    batch = f"{batch_path}/batch"
    get, create, update, delete, list_ = (f"{verb}_{kind}_permissions" for verb in _VERBS)
    filters = (Query("workspaceId"), Query("environmentId"), Query(id_name))
    ids = (Query("workspaceIds", array=True), Query(f"{id_name}s", array=True))

    def row(
        name: str, method: Method, path: str, id_: str, success: frozenset[int], refusals: frozenset[int], **more: Any
    ) -> Operation:
        return Operation(
            name, method, path, "workspace-permissions", f"{id_}{suffix}", success, refusals, rights=rights, **more
        )

    return (
        row(get, "GET", one, "getWorkspacePermission", _OK, _ONE),
        row(create, "POST", one, "createWorkspacePermissions", _CREATED, _ONE | {409}, body="permission-names"),
        row(update, "PUT", one, "updateWorkspacePermissions", _DONE, _ONE, body="permission-names"),
        row(delete, "DELETE", one, "deleteWorkspacePermissions", _DONE, _ONE),
        row(list_, "GET", batch_path, "getPermissions", _OK, _ONE, query=filters),
        row(f"{create}_batch", "POST", batch, "createPermissions", _SOME_DONE, _BATCH, body="permissions"),
        row(f"{update}_batch", "PUT", batch, "updatePermissions", _SOME_DONE, _BATCH, body="permissions"),
        # An empty list of ids means all principals (or all workspaces): the client must never send one.
        row(f"{delete}_batch", "DELETE", batch, "deletePermissions", _SOME_DONE, _BATCH, query=ids),
    )


_MAPPINGS = "/security/role-mappings"
_ONE_MAPPING = _MAPPINGS + "/{customerRoleName}"

_SEES_WORKSPACES = SEES_ALL_WORKSPACES | {SEES_OWN_WORKSPACES}


def _sso(name: str, method: Method, path: str, refusals: frozenset[int] = _SSO, **more: Any) -> Operation:
    return Operation(name, method, path, "sso-role-mapping", refusals=refusals, rights=SSO_RIGHTS, **more)


def _orchestration(name: str, path: str, operation_id: str, refusals: frozenset[int] = _COMMON) -> Operation:
    query = (Query("query"),)
    return Operation(
        name, "GET", path, "orchestration", operation_id, refusals=refusals, query=query, any_right=_SEES_WORKSPACES
    )


def _paged(name: str, path: str, operation_id: str, *filters: Query) -> Operation:
    query = (*filters, *PAGE)
    return Operation(
        name,
        "GET",
        path,
        "identities-management",
        operation_id,
        refusals=_PAGED,
        query=query,
        rights=USER_RIGHTS,
        paged=True,
    )


_PERMISSIONS, _ACCOUNTS_PERMISSIONS = "/security/permissions", "/security/service-accounts/permissions"

ALL_OPERATIONS: tuple[Operation, ...] = (
    *_permissions("user", "users", _PERMISSIONS, "userId", "", WORKSPACE_RIGHTS),
    *_permissions("service_account", "service-accounts", _ACCOUNTS_PERMISSIONS, "serviceAccountId", "SA", USER_RIGHTS),
    _sso("list_role_mappings", "GET", _MAPPINGS),
    # Replaces all role mappings of the tenant: what the body leaves out is gone.
    _sso("replace_role_mappings", "POST", _MAPPINGS, _SSO | {400}, body="role-mappings"),
    # Switches the feature off for the tenant: served by the offline tenant, never sent by the client.
    _sso("delete_role_mappings", "DELETE", _MAPPINGS, success=_DONE),
    _sso("get_role_mapping", "GET", _ONE_MAPPING, _SSO | {404}),
    _sso("delete_role_mapping", "DELETE", _ONE_MAPPING, _SSO | {404}, success=_DONE),
    _orchestration("list_workspaces", "/orchestration/workspaces", "getAvailableWorkspaces", _COMMON | {400}),
    _orchestration("list_environments", "/orchestration/environments", "getAvailableEnvironments"),
    _paged("list_users", "/account/users", "retrieveUsers_1"),
    _paged("list_roles", "/account/roles", "retrieveRoles", Query("nameFilter")),
    _paged("list_groups", "/account/groups", "retrieveGroups", Query("nameFilter")),
    Operation(
        "list_service_accounts",
        "GET",
        "/account/service-accounts",
        "service-accounts",
        refusals=_COMMON,
        rights=SERVICE_ACCOUNT_RIGHTS,
    ),
    Operation("get_me", "GET", "/account/me", "identities-management", refusals=frozenset({401, 429, 500})),
    Operation(
        "create_token", "POST", "/security/oauth/token", "oauth", refusals=_COMMON, body="token-request", basic=True
    ),
)

OPERATIONS: Mapping[str, Operation] = MappingProxyType({operation.name: operation for operation in ALL_OPERATIONS})
"""All operations by name."""
