"""Resources in the real dynamic host of the SDK, called in this process as the engine calls it, one run after the other.

Each run is a host of its own: nothing is known in it that an earlier run has read. State is what an engine keeps.
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from pulumi_talend.loader import PROGRAM, pickled
from pulumi_talend.provider import session as sessions
from pulumi_talend.provider.base import TalendProvider
from pulumi_talend_sandbox.tenant import Tenant

Kind = type[TalendProvider[Any]]


def _host_code() -> types.CodeType:
    """The SDK's host without its last line, which would serve for ever."""
    spec = importlib.util.find_spec("pulumi.dynamic.__main__")
    assert spec is not None
    assert spec.origin is not None
    with open(spec.origin, encoding="utf-8") as file:
        source, _, rest = file.read().rpartition("\nmain()")
    assert source
    assert not rest.strip()
    return compile(source, spec.origin, "exec")


_CODE = _host_code()


class _Context:
    """Lets what a provider raised go on to the test; the host would send its text."""

    def abort(self, _code: object, text: str) -> NoReturn:
        error = sys.exc_info()[1]
        assert error is not None, text
        raise error


class Refused(Exception):
    """A check that failed; `failures` are (property, reason)."""

    def __init__(self, failures: list[tuple[str, str]]) -> None:
        self.failures = failures
        super().__init__("; ".join(f"{where}: {reason}" for where, reason in failures))


@dataclass
class State:
    """What an engine keeps of one resource."""

    kind: Kind
    urn: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


def urn_of(kind: Kind, name: str, parent: str = "") -> str:
    """A resource's URN; `parent` is the type of the component that it is in."""
    chain = f"{parent}$" if parent else ""
    return f"urn:pulumi:dev::lab::{chain}pulumi-python:dynamic/talend:{kind.type_name}::{name}"


class Run:
    """One run of an engine on one stack: what is declared in it is checked, and applied as an update would."""

    def __init__(self, tenant: Tenant, states: dict[str, State], config: Mapping[str, str]) -> None:
        sessions.SESSIONS.close()
        self.tenant = tenant
        self.states = states
        host: Any = types.ModuleType("dynamic_host_of_a_test")
        exec(_CODE, host.__dict__)
        self._servicer: Any = host.DynamicResourceProviderServicer()
        settings = {"talend:endpoint": tenant.url, "talend:token": tenant.token, **config}
        self._servicer.Configure(provider_pb2.ConfigureRequest(args=_struct(settings)), _Context())

    def check(
        self,
        kind: Kind,
        name: str,
        *,
        parent: str = "",
        preview: bool = False,
        computed: bool = False,
        elsewhere: Sequence[Mapping[str, str]] = (),
        organization: str = "acme",
        olds: Mapping[str, Any] | None = None,
        **inputs: Any,
    ) -> dict[str, Any]:
        """The checked inputs; raises Refused.

        `computed`: whether the workspace is another resource's output; `elsewhere`: what others of the program grant there."""
        old = self.states.get(name)
        before = olds if olds is not None else old.inputs if old else {}
        facts: dict[str, Any] = {
            "preview": preview,
            "organization": organization,
            "computed": {"workspace_id": computed},
        }
        facts["elsewhere"] = list(elsewhere)
        answer = self._servicer.Check(
            provider_pb2.CheckRequest(
                urn=urn_of(kind, name, parent),
                olds=_struct(_with(kind, before)) if before else _struct({}),
                news=_struct(_with(kind, {**inputs, PROGRAM: facts})),
            ),
            _Context(),
        )
        if answer.failures:
            raise Refused([(failure.property, failure.reason) for failure in answer.failures])
        checked = _plain(answer.inputs)
        assert PROGRAM not in checked
        return checked

    def preview(self, kind: Kind, name: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        """What an engine would do (`create`, `same`, `update`, `replace`), and the checked inputs."""
        return self._planned(kind, name, preview=True, **inputs)

    def _planned(self, kind: Kind, name: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        checked = self.check(kind, name, **inputs)
        if name not in self.states:
            return "create", checked
        answer = self.diff(kind, name, checked)
        if answer.replaces:
            return "replace", checked
        return ("update" if answer.changes == provider_pb2.DiffResponse.DIFF_SOME else "same"), checked

    def diff(self, kind: Kind, name: str, checked: Mapping[str, Any]) -> Any:
        old = self.states[name]
        return self._servicer.Diff(
            provider_pb2.DiffRequest(
                urn=old.urn, id=old.id, olds=_struct(_with(kind, old.outputs)), news=_struct(_with(kind, checked))
            ),
            _Context(),
        )

    def up(self, kind: Kind, name: str, *, replace: bool = False, parent: str = "", **inputs: Any) -> str:
        """Checks and applies; what was done. `replace` is an engine's `--replace`."""
        old = self.states.get(name)
        what, checked = self._planned(kind, name, parent=parent, **inputs)
        if replace and old is not None:
            what = "replace"
        if what == "same":
            assert old is not None
            self.states[name] = State(kind, old.urn, old.id, checked, old.outputs)
        elif what == "update":
            assert old is not None
            self.update(name, checked)
        else:
            if old is not None:
                checked = self.check(kind, name, parent=parent, olds={}, **inputs)
            self.create(kind, name, checked, parent=parent)
            if old is not None:
                self.delete(old)
        return what

    def create(self, kind: Kind, name: str, checked: Mapping[str, Any], *, parent: str = "") -> None:
        urn = urn_of(kind, name, parent)
        answer = self._servicer.Create(
            provider_pb2.CreateRequest(urn=urn, properties=_struct(_with(kind, checked))), _Context()
        )
        self.states[name] = State(kind, urn, answer.id, dict(checked), _plain(answer.properties))

    def update(self, name: str, checked: Mapping[str, Any]) -> None:
        old = self.states[name]
        news = _struct(_with(old.kind, checked))
        answer = self._servicer.Update(
            provider_pb2.UpdateRequest(urn=old.urn, id=old.id, olds=_struct(_with(old.kind, old.outputs)), news=news),
            _Context(),
        )
        self.states[name] = State(old.kind, old.urn, old.id, dict(checked), _plain(answer.properties))

    def refresh(self, name: str) -> dict[str, Any] | None:
        """Reads the resource back into state; its properties, None where it is gone."""
        old = self.states[name]
        answer = self._servicer.Read(
            provider_pb2.ReadRequest(
                urn=old.urn,
                id=old.id,
                properties=_struct(_with(old.kind, old.outputs)),
                inputs=_struct(_with(old.kind, old.inputs)),
            ),
            _Context(),
        )
        if not answer.id:
            del self.states[name]
            return None
        inputs = _plain(answer.inputs) if answer.HasField("inputs") else old.inputs  # left out, they stay as they are
        self.states[name] = State(old.kind, old.urn, answer.id, inputs, _plain(answer.properties))
        return self.states[name].outputs

    def destroy(self, name: str) -> None:
        self.delete(self.states[name])
        del self.states[name]

    def delete(self, old: State) -> None:
        self._servicer.Delete(
            provider_pb2.DeleteRequest(urn=old.urn, id=old.id, properties=_struct(_with(old.kind, old.outputs))),
            _Context(),
        )


def _with(kind: Kind, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "__provider": pickled(kind.type_name)}


def _struct(properties: Mapping[str, Any]) -> Any:
    return asyncio.run(rpc.serialize_properties(dict(properties), {}))


def _plain(struct: Any) -> dict[str, Any]:
    found: dict[str, Any] = rpc.deserialize_properties(struct, True)
    return {name: _known(value) for name, value in found.items() if name != "__provider"}


def _known(value: Any) -> Any:
    """`value` with the engine's mark where the SDK reads it as an object that it cannot write."""
    if isinstance(value, dict):
        return {name: _known(item) for name, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_known(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return rpc.UNKNOWN if type(value).__name__ == "Unknown" else value


@dataclass
class Lab:
    """A stack on a tenant; `run()` begins a new run, in which nothing is known that an earlier one has read."""

    tenant: Tenant
    states: dict[str, State] = field(default_factory=dict[str, State])

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


__all__ = ["Lab", "Refused", "Run", "State", "paths", "refusals", "urn_of"]
