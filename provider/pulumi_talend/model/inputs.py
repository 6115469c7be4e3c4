"""The inputs of the resources as typed models, and Pulumi properties made of them. A value that is not known yet is `UNKNOWN`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, PrivateAttr

from .fields import (
    CustomerRole,
    Exclusive,
    Flag,
    Identifier,
    Name,
    PermissionNames,
    PrincipalText,
    Removals,
    RoleNames,
    RoleText,
    Time,
    kind,
)
from .grants import PRINCIPAL_KINDS, GrantKey, Principal, PrincipalKind
from .lines import TableLine
from .planning import Access, Rights
from .problems import Problem
from .unknown import UNKNOWN, is_unknown

M = TypeVar("M", bound="Inputs")


class Inputs(BaseModel):
    """Inputs of one resource.

    Class attributes name properties: `identity` those whose change makes it another object, `access` those whose change is a
    change of access, `labels` those that say the same access in other words, `planned` those that a check adds to say
    what the update does beyond the other properties. `planned` never reaches the outputs: it is done by then.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    identity: ClassVar[tuple[str, ...]] = ()
    access: ClassVar[tuple[str, ...]] = ()
    labels: ClassVar[tuple[str, ...]] = ()
    planned: ClassVar[tuple[str, ...]] = ()
    ending: ClassVar[tuple[str, ...]] = ()
    """Those of `access` that a check leaves empty where the access has ended."""
    _lines: Mapping[str, TableLine] = PrivateAttr(default_factory=dict[str, TableLine])

    @property
    def lines(self) -> Mapping[str, TableLine]:
        """The lines of the table that the resource comes from, by how the principal or customer role is written."""
        return self._lines

    def with_lines(self: M, lines: Mapping[str, TableLine]) -> M:
        """Returns a copy with these lines, which decide nothing: messages name them."""
        copy = self.model_copy()
        copy._lines = lines
        return copy

    @property
    def wanted(self) -> Mapping[Any, Access]:
        """The grants or mappings that the resource has, by what they are about, as far as that is known."""
        raise NotImplementedError

    @classmethod
    def differ(cls, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """Whether the properties that change access differ; the order of rights counts for nothing."""
        return any(as_set(olds.get(name)) != as_set(news.get(name)) for name in cls.access)

    def problems(self) -> list[Problem]:
        """Returns what is wrong with the properties together."""
        return []

    @property
    def recorded_id(self) -> str | None:
        """The id that a state has of the resource; None where every resource of the type has the same."""
        return None

    def problems_in_state(self) -> list[Problem]:
        """Returns what is wrong with them as a state's, where everything is resolved."""
        return []

    def as_properties(self) -> dict[str, Any]:
        """Returns the inputs as Pulumi properties: what is not set is left out, sets are sorted lists."""
        return {name: _as_property(value) for name, value in self if value is not None}

    def as_outputs(self) -> dict[str, Any]:
        """Returns the outputs of the resource once the update is done."""
        return {name: value for name, value in self.as_properties().items() if name not in self.planned}


def as_set(value: Any) -> object:
    """A list of texts as a set, to compare; anything else as it is."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return frozenset(items) if items and all(isinstance(item, str) for item in items) else cast("object", value)


def _as_property(value: object) -> Any:
    if isinstance(value, GrantEntry) and value.expires_at is None:
        return value.permissions
    if isinstance(value, BaseModel):
        return {name: item for name, item in value if item is not None}
    if isinstance(value, Mapping):
        return {name: _as_property(item) for name, item in cast("Mapping[str, object]", value).items()}
    return value


def _rights(names: list[str] | str) -> Rights | None:
    """Rights as the planner takes them; None while they are not known."""
    return None if isinstance(names, str) else frozenset(names)


def _workspace_problems(workspace: str | None, environment: str | None, workspace_id: str | None) -> list[Problem]:
    if workspace is None and workspace_id is None:
        return [Problem("workspace_id", "is required: give workspace_id, or workspace (its name) and environment")]
    if workspace is None and environment is not None:
        return [Problem("environment", "needs workspace beside it; name the workspace too, or give workspace_id alone")]
    return []


class WorkspacePermissionInputs(Inputs):
    """One grant. Where names are given, the ids stand beside them once they are resolved."""

    identity: ClassVar[tuple[str, ...]] = ("workspace_id", "user_id", "service_account_id")
    access: ClassVar[tuple[str, ...]] = ("permissions",)
    ending: ClassVar[tuple[str, ...]] = ("permissions",)
    labels: ClassVar[tuple[str, ...]] = ("workspace", "environment", "user", "service_account", "expires_at")

    workspace: Name | None = None
    environment: Name | None = None
    workspace_id: Identifier | None = None
    user: Name | None = None
    user_id: Identifier | None = None
    service_account: Name | None = None
    service_account_id: Identifier | None = None
    permissions: PermissionNames
    expires_at: Time | None = None
    adopt_existing: Flag | None = None

    def problems(self) -> list[Problem]:
        """One workspace, and exactly one principal."""
        problems = _workspace_problems(self.workspace, self.environment, self.workspace_id)
        users = [name for name in ("user", "user_id") if getattr(self, name) is not None]
        accounts = [name for name in ("service_account", "service_account_id") if getattr(self, name) is not None]
        if users and accounts:
            reason = f"cannot stand beside {users[0]}; a grant is for one principal, so write two resources"
            problems.append(Problem(accounts[0], reason))
        if not users and not accounts:
            reason = "is required: give user or user_id, service_account or service_account_id"
            problems.append(Problem("user_id", reason))
        return problems

    @property
    def recorded_id(self) -> str | None:
        """The grant's."""
        return self.key.resource_id if self.key is not None else None

    def problems_in_state(self) -> list[Problem]:
        """Workspace and principal have ids."""
        where = "user_id" if self.workspace_id is not None else "workspace_id"
        return [] if self.key is not None else [Problem(where, "is missing")]

    @property
    def key(self) -> GrantKey | None:
        """What the grant is about; None while names are not resolved or ids not known."""
        kind: PrincipalKind = "users" if self.user_id is not None else "service-accounts"
        id_ = self.user_id or self.service_account_id
        if self.workspace_id is None or id_ is None or is_unknown(self.workspace_id) or is_unknown(id_):
            return None
        return GrantKey(self.workspace_id, Principal(kind, id_))

    @property
    def wanted(self) -> Mapping[GrantKey, Access]:
        """The grant; none while it is not known which one."""
        return {} if self.key is None else {self.key: self.given}

    @property
    def given(self) -> Access:
        """The permissions and their end."""
        return Access(_rights(self.permissions), self.expires_at)


class RoleMappingInputs(Inputs):
    """The Talend roles of one customer role."""

    identity: ClassVar[tuple[str, ...]] = ("role_name",)
    access: ClassVar[tuple[str, ...]] = ("roles",)
    ending: ClassVar[tuple[str, ...]] = ("roles",)
    labels: ClassVar[tuple[str, ...]] = ("expires_at",)

    role_name: CustomerRole
    roles: RoleNames
    expires_at: Time | None = None
    adopt_existing: Flag | None = None

    @property
    def recorded_id(self) -> str | None:
        """The customer role."""
        return self.role_name

    @property
    def key(self) -> str | None:
        """The customer role; None while it is not known."""
        return None if is_unknown(self.role_name) else self.role_name

    @property
    def wanted(self) -> Mapping[str, Access]:
        """The mapping; none while the customer role is not known."""
        return {} if self.key is None else {self.key: self.given}

    @property
    def given(self) -> Access:
        """The Talend roles and their end."""
        return Access(_rights(self.roles), self.expires_at)


class GrantEntry(BaseModel):
    """One entry of a table of grants."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    permissions: PermissionNames
    expires_at: Time | None = None

    @property
    def given(self) -> Access:
        """The permissions and their end."""
        return Access(_rights(self.permissions), self.expires_at)


class PlannedAccess(BaseModel):
    """What an update takes from a principal, or restores. `name` is for the reader; the id is the key of the table."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    permissions: list[str]


PlannedGrants = dict[str, PlannedAccess]
"""`users/ID` or `service-accounts/ID` → what the update takes or restores."""

PlannedRoles = dict[str, list[str]]
"""Customer role → the Talend roles that the update takes or restores."""


def _table(value: Any, of: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a table of {of}, not {kind(value)}")  # noqa: TRY004 - pydantic collects ValueErrors
    return cast("Mapping[str, Any]", value)


def _grant_entries(value: Any) -> Any:
    if is_unknown(value):
        return UNKNOWN
    entries: dict[str, Any] = {}
    for who, entry in sorted(_table(value, "principal: [permissions]").items()):
        entries[who] = entry if isinstance(entry, (Mapping, GrantEntry)) else {"permissions": entry}
    return entries


def _mapping_entries(value: Any) -> Any:
    return UNKNOWN if is_unknown(value) else dict(sorted(_table(value, "customer role: [Talend roles]").items()))


class WorkspaceAccessInputs(Inputs):
    """All access to a workspace, or a set of grants on it. `principals` are the ids behind the keys of `grants`."""

    identity: ClassVar[tuple[str, ...]] = ("workspace_id",)
    access: ClassVar[tuple[str, ...]] = ("grants", "principals", "exclusive")
    ending: ClassVar[tuple[str, ...]] = ("grants",)
    labels: ClassVar[tuple[str, ...]] = ("workspace", "environment")
    planned: ClassVar[tuple[str, ...]] = ("removes", "restores")

    workspace: Name | None = None
    environment: Name | None = None
    workspace_id: Identifier | None = None
    grants: Annotated[dict[PrincipalText, GrantEntry] | str, BeforeValidator(_grant_entries)]
    exclusive: Exclusive = True
    adopt_existing: Flag | None = None
    max_removals: Removals | None = None
    principals: dict[str, str] | None = None
    removes: PlannedGrants | str | None = None
    restores: PlannedGrants | str | None = None

    def problems(self) -> list[Problem]:
        """One workspace, and at least one principal where the set only adds."""
        problems = _workspace_problems(self.workspace, self.environment, self.workspace_id)
        if self.exclusive is False and self.grants == {}:
            problems.append(Problem("grants", "is empty; name at least one principal, or remove the resource"))
        return problems

    @property
    def recorded_id(self) -> str | None:
        """The workspace's."""
        return self.workspace_id

    def problems_in_state(self) -> list[Problem]:
        """Workspace and principals have ids."""
        if self.workspace_id is None:
            return [Problem("workspace_id", "is missing")]
        principals = self.principals or {}
        reasons = [_path_problem(who, principals.get(who)) for who in self.entries]
        problems = [Problem("principals", reason) for reason in reasons if reason]
        # Also where an entry was null, which the engine leaves out of what it passes on.
        lacking = sorted(principals.keys() - self.entries.keys())
        return problems + [Problem("grants", f"has no entry of '{who}'") for who in lacking]

    @property
    def entries(self) -> Mapping[str, GrantEntry]:
        """The table; empty while it is not known."""
        return {} if isinstance(self.grants, str) else self.grants

    @property
    def kinds(self) -> tuple[PrincipalKind, ...]:
        """The kinds of principals that the set is complete for."""
        if self.exclusive == "users":
            return ("users",)
        return PRINCIPAL_KINDS if self.exclusive is True else ()

    @property
    def has_known_principals(self) -> bool:
        """Whether workspace and principals are known, so that removals can be planned."""
        known = self.workspace_id is not None and not is_unknown(self.workspace_id)
        return known and not isinstance(self.grants, str) and not is_unknown(self.exclusive)

    def key_of(self, who: str) -> GrantKey:
        """Returns what an entry is about. Only where names are resolved and the workspace is known."""
        return GrantKey.on(str(self.workspace_id), (self.principals or {})[who])

    @property
    def wanted(self) -> Mapping[GrantKey, Access]:
        """The table by grant. Only where names are resolved."""
        return {self.key_of(who): entry.given for who, entry in self.entries.items()}

    @property
    def planned_removals(self) -> frozenset[str]:
        """The principals (`users/ID`) whose removal the preview has shown."""
        return frozenset(self.removes) if isinstance(self.removes, dict) else frozenset()


def _path_problem(who: str, path: str | None) -> str:
    if path is None:
        return f"has no id of '{who}'"
    try:
        GrantKey.on("workspace", path)
    except ValueError:
        return f"has {ascii(path)[:60]} as id of '{who}'"
    return ""


class RoleMappingsInputs(Inputs):
    """All role mappings of the tenant."""

    access: ClassVar[tuple[str, ...]] = ("mappings",)
    planned: ClassVar[tuple[str, ...]] = ("removes", "restores")

    mappings: Annotated[dict[RoleText, RoleNames] | str, BeforeValidator(_mapping_entries)]
    allow_empty: Flag | None = None
    max_removals: Removals | None = None
    removes: PlannedRoles | str | None = None
    restores: PlannedRoles | str | None = None

    def problems(self) -> list[Problem]:
        """An empty table only where it says that this is meant."""
        if self.mappings == {} and self.allow_empty is not True:
            reason = "is empty: nobody who signs in by SSO would have a role; if that is meant, set allow_empty=True"
            return [Problem("mappings", reason)]
        return []

    @property
    def entries(self) -> Mapping[str, list[str] | str]:
        """The table; empty while it is not known."""
        return {} if isinstance(self.mappings, str) else self.mappings

    @property
    def wanted(self) -> Mapping[str, Access]:
        """The table by customer role."""
        return {name: Access(_rights(roles)) for name, roles in self.entries.items()}

    @property
    def planned_removals(self) -> frozenset[str]:
        """The customer roles whose removal the preview has shown."""
        return frozenset(self.removes) if isinstance(self.removes, dict) else frozenset()


MODELS: Mapping[str, type[Inputs]] = {
    "WorkspacePermission": WorkspacePermissionInputs,
    "RoleMapping": RoleMappingInputs,
    "WorkspaceAccess": WorkspaceAccessInputs,
    "RoleMappings": RoleMappingsInputs,
}
"""The inputs of each resource type, by its name."""
