"""What a tenant starts with: the people, the places and who may do what there."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "nordlicht-retail.example")


def object_id(text: str) -> str:
    """A 24-digit hexadecimal id, as the vendor's workspaces have them; the same for the same text, always."""
    return "60" + hashlib.sha256(text.encode()).hexdigest()[:22]


def account_id(text: str) -> str:
    """A UUID, as the vendor's users have them; the same for the same text, always."""
    return str(uuid.uuid5(_NAMESPACE, text))


@dataclass(frozen=True)
class Environment:
    """An environment: `id` and `name`."""

    id: str
    name: str


@dataclass(frozen=True)
class Workspace:
    """A workspace; its name may repeat in other environments."""

    id: str
    name: str
    environment_id: str
    owner: str
    type: str = "shared"
    description: str = ""


@dataclass(frozen=True)
class User:
    """A user with the names of their Talend roles."""

    id: str
    login: str
    email: str
    first_name: str
    last_name: str
    roles: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True)
class ServiceAccount:
    """A service account; it holds TMC permissions directly, no roles. `secret` signs it in."""

    id: str
    name: str
    permissions: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Role:
    """A Talend role with the TMC permissions it gives."""

    id: str
    name: str
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """A group of users."""

    id: str
    name: str
    user_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grant:
    """Permissions of one account (a user or a service account) on one workspace."""

    workspace_id: str
    account_id: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Mapping:
    """An SSO role mapping."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Company:
    """All a tenant starts with. `automation` is the id of the service account that has all rights."""

    name: str
    environments: tuple[Environment, ...]
    workspaces: tuple[Workspace, ...]
    users: tuple[User, ...]
    service_accounts: tuple[ServiceAccount, ...]
    roles: tuple[Role, ...]
    automation: str
    groups: tuple[Group, ...] = ()
    grants: tuple[Grant, ...] = ()
    mappings: tuple[Mapping, ...] = ()
