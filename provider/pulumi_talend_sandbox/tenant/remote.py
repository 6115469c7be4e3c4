"""A tenant in another process, held as if it were in this one."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, cast

import httpx

from .admin import PREFIX
from .behaviour import Behaviour
from .byhand import BY_HAND, ByHand
from .calls import Call, CallLog
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
            record["pairs"] = tuple((key, value) for key, value in record["pairs"])
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


class RemoteTenant(ByHand):
    """What `Tenant` offers, for a tenant that was started by `talend-sandbox tenant`; except `on_call` and `stop`.

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
            raise ValueError(answer.json()["detail"])
        answer.raise_for_status()
        return answer.json() if answer.content else None

    @property
    def behaviour(self) -> Behaviour:
        """The behaviour in force."""
        return Behaviour.model_validate(self.ask("GET", "/behaviour"))

    def set_behaviour(self, **changes: Any) -> Behaviour:
        """Change some switches; the behaviour now in force."""
        return Behaviour.model_validate(self.ask("PATCH", "/behaviour", changes))

    def inject(self, fault: Fault) -> None:
        """Have this fault strike the calls it matches."""
        self.ask("POST", "/faults", fault.model_dump(mode="json", exclude_unset=True))

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

    def grants(self) -> dict[GrantKey, list[str]]:
        """All permissions: (workspace id, "users" or "service-accounts", principal id) -> sorted names."""
        found: dict[GrantKey, list[str]] = {}
        for key, permissions in self.snapshot()["grants"].items():
            workspace, kind, account = cast("str", key).split("/")
            found[workspace, kind, account] = permissions
        return found


def _over_http(name: str) -> Any:
    """The method of `ByHand` of this name, as a call to the tenant's process."""
    signature = inspect.signature(getattr(ByHand, name))

    def method(self: RemoteTenant, *given: Any, **named: Any) -> Any:
        arguments = dict(signature.bind(self, *given, **named).arguments)
        del arguments["self"]
        body = {
            key: list(cast("Iterable[str]", value))
            if isinstance(value, Iterable) and not isinstance(value, str)
            else value
            for key, value in arguments.items()
        }
        return self.ask("POST", f"/hand/{name}", body)

    return method


for _name in BY_HAND:
    setattr(RemoteTenant, _name, _over_http(_name))
