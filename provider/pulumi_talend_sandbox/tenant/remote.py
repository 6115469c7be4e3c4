"""A tenant in another process, held as if it were in this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

import httpx

from .admin import PREFIX
from .behaviour import Behaviour
from .calls import Call, CallLog
from .directory import Record
from .faults import Fault
from .store import GrantKey


class RemoteCalls:
    """The calls another process's tenant got, asked for anew each time."""

    def __init__(self, tenant: RemoteTenant) -> None:
        """Ask this tenant."""
        self._tenant = tenant

    def fetch(self) -> CallLog:
        """The calls as they are now."""
        log = CallLog()
        for record in cast("list[dict[str, Any]]", self._tenant.ask("GET", "/calls")):
            log.begin(Call(**record))
        return log

    def clear(self) -> None:
        """Forget all calls."""
        self._tenant.ask("DELETE", "/calls")

    def lines(self) -> list[str]:
        """Each call as `Call.line()`."""
        return self.fetch().lines()

    def writes(self) -> list[Call]:
        """The calls that can change something."""
        return self.fetch().writes()

    def __iter__(self) -> Iterator[Call]:
        return iter(self.fetch())

    def __len__(self) -> int:
        return len(self.fetch())

    def __getitem__(self, index: int) -> Call:
        return self.fetch()[index]


class RemoteTenant:
    """What `Tenant` offers, for a tenant that was started by `talend-sandbox tenant`; but for `on_call` and `stop`.

    Raises `ValueError` where the tenant refuses (an id it does not have, a behaviour there is not), and httpx's
    errors where it cannot be reached.
    """

    def __init__(self, url: str) -> None:
        """Find the tenant at this URL."""
        self.url = url.rstrip("/")
        self._client = httpx.Client(base_url=self.url + PREFIX, timeout=30)
        about = cast("dict[str, Any]", self.ask("GET", "/tenant"))
        self.token: str = about["token"]
        self.tokens: dict[str, str] = about["tokens"]
        self.client_id: str = about["clientId"]
        self.client_secret: str = about["clientSecret"]
        self.calls = RemoteCalls(self)

    def __repr__(self) -> str:
        return f"<RemoteTenant {self.url}>"

    def close(self) -> None:
        """Close the connections to it; the tenant runs on."""
        self._client.close()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One of the sandbox's own calls; its JSON, or None where it has none."""
        answer = self._client.request(method, path, json=body)
        if answer.status_code == 400:
            raise ValueError(answer.json()["message"])
        answer.raise_for_status()
        return answer.json() if answer.content else None

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour in force."""
        return Behaviour.model_validate(self.ask("GET", "/behaviour"))

    def set_behaviour(self, **changes: Any) -> Behaviour:
        """Change some choices; the behaviour now in force."""
        return Behaviour.model_validate(self.ask("PATCH", "/behaviour", changes))

    def inject(self, fault: Fault) -> None:
        """Have this fault strike the calls it matches."""
        self.ask("POST", "/faults", fault.model_dump(mode="json"))

    def clear_faults(self) -> None:
        """Forget all faults."""
        self.ask("DELETE", "/faults")

    def pending_faults(self) -> list[Fault]:
        """The faults that can still strike."""
        return [Fault.model_validate(fault) for fault in self.ask("GET", "/faults")]

    def reset(self) -> None:
        """As if the tenant had just been started."""
        self.ask("POST", "/reset")

    def expire_tokens(self) -> None:
        """End all service account tokens at once."""
        self.ask("POST", "/expire-tokens")

    # --- who may do what

    def snapshot(self) -> dict[str, Any]:
        """All access there is, to compare with `==`."""
        return cast("dict[str, Any]", self.ask("GET", "/snapshot"))

    def grants(self) -> dict[GrantKey, list[str]]:
        """All permissions: (workspace id, "users" or "service-accounts", principal id) -> sorted names."""
        found: dict[GrantKey, list[str]] = {}
        for key, permissions in self.snapshot()["grants"].items():
            workspace, kind, account = cast("str", key).split("/")
            found[workspace, kind, account] = permissions
        return found

    def role_mappings(self) -> dict[str, list[str]]:
        """All role mappings: name -> sorted roles."""
        return cast("dict[str, list[str]]", self.snapshot()["role_mappings"])

    def role_mappings_enabled(self) -> bool:
        """Whether the tenant's role mapping feature is on."""
        return cast("bool", self.snapshot()["role_mappings_enabled"])

    def grant(
        self,
        workspace_id: str,
        user_id: str | None = None,
        permissions: Iterable[str] = (),
        *,
        service_account_id: str | None = None,
    ) -> None:
        """Set permissions as if by hand."""
        body = _grant(workspace_id, user_id, service_account_id)
        self.ask("PUT", "/grants", {**body, "permissions": list(permissions)})

    def revoke(self, workspace_id: str, user_id: str | None = None, *, service_account_id: str | None = None) -> None:
        """Remove permissions as if by hand."""
        self.ask("DELETE", "/grants", _grant(workspace_id, user_id, service_account_id))

    def map_role(self, name: str, roles: Iterable[str]) -> None:
        """Set one role mapping as if by hand."""
        self.ask("PUT", "/role-mappings", {"name": name, "roles": list(roles)})

    def unmap_role(self, name: str) -> None:
        """Remove one role mapping as if by hand."""
        self.ask("DELETE", "/role-mappings", {"name": name})

    # --- people and places

    def environments(self) -> list[Record]:
        """All environments."""
        return self._list("environments")

    def workspaces(self) -> list[Record]:
        """All workspaces."""
        return self._list("workspaces")

    def users(self) -> list[Record]:
        """All users; their roles as objects."""
        return self._list("users")

    def service_accounts(self) -> list[Record]:
        """All service accounts."""
        return self._list("service-accounts")

    def roles(self) -> list[Record]:
        """All Talend roles."""
        return self._list("roles")

    def groups(self) -> list[Record]:
        """All groups."""
        return self._list("groups")

    def add_user(
        self,
        login: str,
        *,
        first_name: str = "",
        last_name: str = "",
        email: str | None = None,
        roles: Iterable[str] = (),
    ) -> str:
        """Add a user; the new id."""
        body = {"login": login, "firstName": first_name, "lastName": last_name, "email": email, "roles": list(roles)}
        return self._add("users", body)

    def add_workspace(
        self, name: str, *, environment: str = "dev", type: str = "custom", owner: str = "", description: str = ""
    ) -> str:
        """Add a workspace; the new id."""
        body = {"name": name, "environment": environment, "type": type, "owner": owner, "description": description}
        return self._add("workspaces", body)

    def add_service_account(self, name: str, *, permissions: Iterable[str] = (), secret: str = "") -> str:
        """Add a service account; the new id."""
        return self._add("service-accounts", {"name": name, "permissions": list(permissions), "secret": secret})

    def delete_user(self, id: str) -> None:
        """Remove a user and all their grants."""
        self.ask("DELETE", f"/users/{id}")

    def delete_workspace(self, id: str) -> None:
        """Remove a workspace and all grants on it."""
        self.ask("DELETE", f"/workspaces/{id}")

    def delete_service_account(self, id: str) -> None:
        """Remove a service account and all its grants."""
        self.ask("DELETE", f"/service-accounts/{id}")

    def _list(self, what: str) -> list[Record]:
        return cast("list[Record]", self.ask("GET", f"/directory/{what}"))

    def _add(self, what: str, body: dict[str, Any]) -> str:
        return cast("str", self.ask("POST", f"/{what}", body)["id"])


def _grant(workspace_id: str, user_id: str | None, service_account_id: str | None) -> dict[str, Any]:
    return {"workspaceId": workspace_id, "userId": user_id, "serviceAccountId": service_account_id}
