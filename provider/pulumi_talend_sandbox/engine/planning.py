"""From what the program registers to steps: where it is decided what happens to each resource."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

from google.protobuf.message import Message
from pulumi.runtime.proto import alias_pb2, resource_pb2

from .errors import EngineError, NotModelledError, StoppedError
from .host import Difference
from .session import Session, Step
from .state import Resource, make_urn, urn_name
from .values import Properties, changed_keys, from_struct

_DYNAMIC = "pulumi-python:"
# The fields of a registration that are read here, and then those by which an SDK says what it can take.
_HANDLED = {
    "type", "name", "parent", "custom", "object", "protect", "retainOnDelete", "dependencies", "propertyDependencies",
    "deleteBeforeReplace", "deleteBeforeReplaceDefined", "ignoreChanges", "aliases", "aliasURNs",
    "acceptSecrets", "acceptResources", "accepts_byte_string", "supportsPartialValues", "supportsResultReporting",
    "aliasSpecs", "sourcePosition", "stackTrace", "parentStackTraceHandle",
}  # fmt: skip
_OPTIONS = {"importId": "import_", "remote": "a remote component", "providers": "provider"}


@dataclass(frozen=True)
class Goal:
    """A resource as the program wants it, its id and outputs still missing, and how to get there."""

    resource: Resource
    delete_before_replace: bool | None
    ignore_changes: list[str]
    aliases: list[alias_pb2.Alias]


def check_modelled(request: resource_pb2.RegisterResourceRequest) -> None:
    """Raise `NotModelledError` for everything in a registration that the engine would have to leave out."""
    what = f"{request.type} resource '{request.name}'"
    if request.custom and not request.type.startswith(_DYNAMIC):
        raise NotModelledError(f"{what}: package '{request.type.partition(':')[0]}'")
    for field, value in request.ListFields():
        empty = isinstance(value, Message) and not value.ListFields()
        if field.name not in _HANDLED and not empty:
            option = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.name).lower()
            raise NotModelledError(f"{what}: {_OPTIONS.get(field.name, option)}")
    for path in request.ignoreChanges:
        if not re.fullmatch(r"\w+", path):
            raise NotModelledError(f"{what}: ignore_changes of the path '{path}'")


class Planner:
    """Plans the registrations of one program, one after the other. `registered` are the resources brought to their goal."""

    def __init__(self, session: Session) -> None:
        """Start from the resources that the state holds now."""
        self._session = session
        self._urns: set[str] = set()
        self._renamed: set[str] = set()
        self.registered: dict[str, Resource] = {}

    def read(self, request: resource_pb2.RegisterResourceRequest) -> Goal:
        """Return what a registration asks for; raises `NotModelledError`."""
        check_modelled(request)
        session, parent = self._session, self.registered.get(request.parent)
        urn = make_urn(session.stack, session.project.name, request.parent, request.type, request.name)
        given_protect, given_retain = request.HasField("protect"), request.HasField("retainOnDelete")
        resource = Resource(
            urn=urn,
            type=request.type,
            custom=request.custom,
            inputs=from_struct(request.object, f"resource '{urn}'"),
            parent=request.parent,
            # Where the program does not say, the parent decides.
            protect=request.protect if given_protect else parent is not None and parent.protect,
            retain=request.retainOnDelete if given_retain else parent is not None and parent.retain,
            dependencies=sorted(set(request.dependencies)),
            property_dependencies={key: sorted(set(each.urns)) for key, each in request.propertyDependencies.items()},
        )
        aliases = cast("Iterable[alias_pb2.Alias]", request.aliases)  # pyright: ignore[reportUnknownMemberType]
        return Goal(
            resource,
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            ignore_changes=list(request.ignoreChanges),
            aliases=[*aliases, *(alias_pb2.Alias(urn=each) for each in request.aliasURNs)],
        )

    def plan(self, goal: Goal) -> list[Step]:
        """Return what has to happen to reach a goal, in order.

        Raises:
            EngineError: The goal cannot be reached, or is not modelled.
            StoppedError: The provider's check failed; the reasons have been reported.
        """
        new = goal.resource
        if new.urn in self._urns:
            raise EngineError(f"Duplicate resource URN '{new.urn}'; try giving it a unique name")
        self._urns.add(new.urn)
        old = self._find_old(goal)
        if old is not None and old.custom != new.custom:
            raise NotModelledError(f"resource '{new.urn}', which was a component or has become one")
        if not new.custom:
            return [Step("create" if old is None else "same", old, new)]
        if old is None:
            return [Step("create", None, self._checked(new, {}))]
        kept = {key: old.inputs[key] for key in goal.ignore_changes if key in old.inputs}
        others = {key: value for key, value in new.inputs.items() if key not in goal.ignore_changes}
        wanted = self._checked(replace(new, inputs={**others, **kept}), old.inputs)
        difference = self._difference(old, wanted)
        if not difference.changes:
            return [Step("same", old, wanted)]
        if not difference.replaces:
            return [Step("update", old, wanted, diffs=difference.diffs)]
        if old.protect and new.protect:
            raise EngineError(refused_for_protection(new.urn, "replaced"))
        return self._replacement(goal, old, self._checked(new, {}), difference)

    def _replacement(self, goal: Goal, old: Resource, new: Resource, difference: Difference) -> list[Step]:
        replaces, first = sorted(difference.replaces), goal.delete_before_replace
        if not (difference.delete_before_replace if first is None else first):
            return [Step("create-replacement", old, new, [], replaces), Step("replace", old, new, [], replaces)]
        # The objects of its dependents may have to go before this one does, which takes a plan of its own.
        for each in list(self._session.state.live.values()):
            if each.urn not in self._urns and any(old.urn in urns for urns in each.property_dependencies.values()):
                raise NotModelledError(f"replacing '{old.urn}' by deleting it first, while '{each.urn}' depends on it")
        return [
            Step("delete-replaced", old, None),
            Step("replace", old, new, [], replaces),
            Step("create-replacement", None, new, [], replaces),
        ]

    def _find_old(self, goal: Goal) -> Resource | None:
        state, urn = self._session.state, goal.resource.urn
        if urn in state.live:
            return state.live[urn]
        for alias in goal.aliases:
            earlier = self._alias_urn(alias, goal.resource)
            if earlier in state.live and earlier not in self._urns:
                state.rename(earlier, urn)
                self._renamed.add(urn)
                return state.live[urn]
        if goal.resource.parent in self._renamed:
            raise NotModelledError(f"resource '{urn}' under a parent that an alias has renamed")
        return None

    def _alias_urn(self, alias: alias_pb2.Alias, new: Resource) -> str:
        if alias.WhichOneof("alias") == "urn":
            return alias.urn
        spec, session = alias.spec, self._session
        if spec.noParent or spec.parentUrn or spec.stack or spec.project:
            raise NotModelledError(f"resource '{new.urn}': an alias of another parent, stack or project")
        type_, name = spec.type or new.type, spec.name or urn_name(new.urn)
        return make_urn(session.stack, session.project.name, new.parent, type_, name)

    def _checked(self, new: Resource, old_inputs: Properties) -> Resource:
        inputs, failures = self._session.host.check(new.urn, old_inputs, new.inputs)
        for key, reason in failures:
            self._session.report("error", check_message(new, key, reason, inputs), new.urn)
        if failures:
            raise StoppedError("its inputs are not valid")
        return replace(new, inputs=inputs)

    def _difference(self, old: Resource, new: Resource) -> Difference:
        difference = self._session.host.diff(old, new.inputs)
        if difference.changes is None:
            keys = list(changed_keys(old.inputs, new.inputs))
            return replace(difference, changes=bool(keys), diffs=difference.diffs or keys)
        return difference


def refused_for_protection(urn: str, what: str) -> str:
    """Return the message for a protected resource that would be `what` (deleted, replaced)."""
    return (
        f"resource '{urn}' is protected and would be {what}, so nothing is: remove `protect` from it in the program and run "
        "up, or use the Pulumi CLI"
    )


def check_message(resource: Resource, key: str, reason: str, inputs: Properties) -> str:
    """Return the message for a complaint of check, as the Pulumi CLI words it; `key` is empty for the whole resource."""
    what = f"{resource.type} resource '{urn_name(resource.urn)}'"
    if not key:
        return f"{what} has a problem: {reason}"
    value = inputs.get(key)
    text = "<nil>" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"{what}: property {key} value {{{text}}} has a problem: {reason}"
