"""Providers called as the engine's dynamic host calls them, one run after the other, each with nothing known before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.dynamic import CheckResult, Config, ConfigureRequest, DiffResult

from pulumi_talend.resources.base import TalendProvider, forget_tenants
from pulumi_talend.resources.claims import DECLARATION, declaration
from pulumi_talend_sandbox.tenant import Tenant

PROVIDER = {"__provider": "x"}


class Refused(Exception):
    """A check that failed; `failures` are (property, reason)."""

    def __init__(self, result: CheckResult) -> None:
        self.failures = [(failure.property, failure.reason) for failure in result.failures]
        super().__init__("; ".join(f"{where}: {reason}" for where, reason in self.failures))


class Run:
    """One run of an engine on one stack: what is declared in it is checked, and applied like an update would."""

    def __init__(self, tenant: Tenant, states: dict[str, State], config: Mapping[str, str]) -> None:
        forget_tenants()
        self.tenant = tenant
        self.states = states
        self._config = {"talend:endpoint": tenant.url, "talend:token": tenant.token, **config}
        self._providers: dict[type[TalendProvider[Any]], TalendProvider[Any]] = {}

    def provider(self, kind: type[TalendProvider[Any]]) -> TalendProvider[Any]:
        if kind not in self._providers:
            provider = kind()
            provider.configure(ConfigureRequest(config=Config(raw_config=self._config, project_name="lab")))
            self._providers[kind] = provider
        return self._providers[kind]

    def check(self, kind: type[TalendProvider[Any]], name: str, **inputs: Any) -> dict[str, Any]:
        """The checked inputs; raises Refused."""
        old = self.states.get(name)
        news = {**inputs, **PROVIDER, DECLARATION: declaration(kind.__name__, name, None)}
        result = self.provider(kind).check(dict(old.inputs) if old else {}, news)
        if result.failures:
            raise Refused(result)
        assert DECLARATION not in result.inputs
        return {name: value for name, value in result.inputs.items() if name != "__provider"}

    def preview(self, kind: type[TalendProvider[Any]], name: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        """What an engine would do (`create`, `same`, `update`, `replace`), and the checked inputs."""
        checked = self.check(kind, name, **inputs)
        old = self.states.get(name)
        if old is None:
            return "create", checked
        diff = self.diff(kind, name, checked)
        if diff.replaces:
            return "replace", checked
        return ("update" if diff.changes else "same"), checked

    def diff(self, kind: type[TalendProvider[Any]], name: str, checked: Mapping[str, Any]) -> DiffResult:
        old = self.states[name]
        return self.provider(kind).diff(old.id, {**old.outputs, **PROVIDER}, {**checked, **PROVIDER})

    def up(self, kind: type[TalendProvider[Any]], name: str, **inputs: Any) -> str:
        """Checks and applies; what was done."""
        what, checked = self.preview(kind, name, **inputs)
        provider = self.provider(kind)
        old = self.states.get(name)
        if what == "same":
            assert old is not None
            self.states[name] = State(kind, old.id, checked, old.outputs)
        elif what == "update":
            assert old is not None
            outs = provider.update(old.id, {**old.outputs, **PROVIDER}, {**checked, **PROVIDER}).outs
            self.states[name] = State(kind, old.id, checked, outs or {})
        else:
            if old is not None:
                del self.states[name]
                checked = self.check(kind, name, **inputs)
            created = provider.create({**checked, **PROVIDER})
            self.states[name] = State(kind, created.id or "", checked, created.outs or {})
            if old is not None:
                provider.delete(old.id, {**old.outputs, **PROVIDER})
        return what

    def refresh(self, name: str) -> dict[str, Any] | None:
        """Reads the resource back into state; its properties, None where it is gone."""
        old = self.states[name]
        result = self.provider(old.kind).read(old.id, {**old.outputs, **PROVIDER})
        if not result.id:
            del self.states[name]
            return None
        outs = dict(result.outs or {})
        inputs = dict(result.inputs) if result.inputs is not None else old.inputs  # left out, they stay as they are
        self.states[name] = State(old.kind, result.id, inputs, outs)
        return outs

    def destroy(self, name: str) -> None:
        old = self.states.pop(name)
        self.provider(old.kind).delete(old.id, {**old.outputs, **PROVIDER})


class State:
    """What an engine keeps of one resource."""

    def __init__(
        self, kind: type[TalendProvider[Any]], id_: str, inputs: dict[str, Any], outputs: dict[str, Any]
    ) -> None:
        self.kind = kind
        self.id = id_
        self.inputs = inputs
        self.outputs = outputs


class Lab:
    """A stack on a tenant; `run()` begins a new run, in which nothing is known that an earlier one has read."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.states: dict[str, State] = {}

    def run(self, **config: str) -> Run:
        self.tenant.calls.clear()
        return Run(self.tenant, self.states, {f"talend:{name}": value for name, value in config.items()})

    def user(self, login: str) -> str:
        """The id of the user whose login begins so."""
        (found,) = [user["id"] for user in self.tenant.users() if user["login"].startswith(login)]
        return found

    def workspace(self, name: str, environment: str) -> str:
        (found,) = [
            workspace["id"]
            for workspace in self.tenant.workspaces()
            if workspace["name"] == name and workspace["environment"]["name"] == environment
        ]
        return found

    def account(self, name: str) -> str:
        (found,) = [account["id"] for account in self.tenant.service_accounts() if account["name"] == name]
        return found


def refusals(act: Callable[[], object]) -> list[tuple[str, str]]:
    """The failures of a check: (property, reason), each a line or two that says what to do."""
    try:
        act()
    except Refused as refused:
        for _, reason in refused.failures:
            assert "\n" not in reason
            assert len(reason) < 400
            assert not re.search(r"\bNone\b|Error\(|<pulumi", reason)
        return refused.failures
    raise AssertionError("nothing was refused")


def paths(tenant: Tenant) -> list[str]:
    """The calls since the run began: method and path."""
    return [f"{call.method} {call.path}" for call in tenant.calls]


__all__ = ["Lab", "Refused", "Run", "State", "paths", "refusals"]
