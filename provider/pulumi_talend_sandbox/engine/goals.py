"""What a program asks for: one goal for each resource it registers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from pulumi.runtime.proto import alias_pb2, resource_pb2

from .errors import UnsupportedFeatureError
from .urn import DYNAMIC_PACKAGE, PROVIDER_PREFIX, Urn, make_urn, package_of, urn_name, urn_type
from .values import Properties, Value, from_struct


@dataclass
class Goal:
    """A resource as the program wants it; flags are None where the program leaves them to the parent."""

    type: str
    name: str
    custom: bool
    parent: str = ""
    inputs: Properties = field(default_factory=dict[str, Value])
    dependencies: list[str] = field(default_factory=list[str])
    property_dependencies: dict[str, list[str]] = field(default_factory=dict[str, "list[str]"])
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    ignore_changes: list[str] = field(default_factory=list[str])
    replace_on_changes: list[str] = field(default_factory=list[str])
    additional_secret_outputs: list[str] = field(default_factory=list[str])
    aliases: list[alias_pb2.Alias] = field(default_factory=list[alias_pb2.Alias])
    deleted_with: str = ""
    custom_timeouts: dict[str, str] = field(default_factory=dict[str, str])


def goal_from_request(request: resource_pb2.RegisterResourceRequest) -> Goal:
    """Read a registration; raises `UnsupportedFeatureError` for what only the Pulumi CLI can do."""
    _refuse_unsupported(request)
    timeouts = {
        key: value for key in ("create", "update", "delete") if (value := str(getattr(request.customTimeouts, key)))
    }
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        inputs=from_struct(request.object),
        dependencies=sorted(set(request.dependencies)),
        property_dependencies={key: sorted(set(value.urns)) for key, value in request.propertyDependencies.items()},
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        ignore_changes=list(request.ignoreChanges),
        replace_on_changes=list(request.replaceOnChanges),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        aliases=[
            *cast("Sequence[alias_pb2.Alias]", request.aliases),  # pyright: ignore[reportUnknownMemberType]
            *(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs),
        ],
        deleted_with=request.deletedWith,
        custom_timeouts=timeouts,
    )


def _refuse_unsupported(request: resource_pb2.RegisterResourceRequest) -> None:
    what = f"{request.type} resource {request.name!r}"
    if request.remote:
        raise UnsupportedFeatureError(f"{what}: remote components")
    if request.type.startswith(PROVIDER_PREFIX):
        raise UnsupportedFeatureError(f"{what}: explicit providers")
    if request.custom and package_of(request.type) != DYNAMIC_PACKAGE:
        raise UnsupportedFeatureError(f"{what}: resources of package {package_of(request.type)!r}")
    if request.provider:
        raise UnsupportedFeatureError(f"{what}: the provider option")
    if request.importId:
        raise UnsupportedFeatureError(f"{what}: the import option")
    if len(cast("Sequence[object]", request.transforms)):  # pyright: ignore[reportUnknownMemberType]
        raise UnsupportedFeatureError(f"{what}: resource transforms")
    if request.HasField("hooks") and request.hooks.ListFields():
        raise UnsupportedFeatureError(f"{what}: resource hooks")


def alias_urns(goal: Goal, stack: str, project: str, renamed: dict[str, str]) -> list[str]:
    """Give the URNs under which the resource may stand in the state from earlier, the program's own first.

    `renamed` maps the URNs of resources that this run found under another URN to that one: a child of such a
    parent is found under the parent's earlier name too. Where the child's name begins with the parent's, that
    part is taken to have changed with it, as Pulumi does.
    """
    own = [_collapse(alias, goal, stack, project, renamed) for alias in goal.aliases]
    inherited: list[str] = []
    parent_alias = renamed.get(goal.parent)
    if parent_alias is not None:
        parent_name = urn_name(goal.parent)
        inherited = [
            _under(parent_alias, parent_name, urn_name(each), urn_type(each))
            for each in (make_urn(stack, project, "", goal.type, goal.name), *own)
        ]
    return list(dict.fromkeys([*own, *inherited]))


def _collapse(alias: alias_pb2.Alias, goal: Goal, stack: str, project: str, renamed: dict[str, str]) -> str:
    if alias.WhichOneof("alias") == "urn":
        return alias.urn
    spec = alias.spec
    parent = goal.parent
    if spec.noParent:
        parent = ""
    elif spec.parentUrn:
        parent = renamed.get(spec.parentUrn, spec.parentUrn)
    return make_urn(
        spec.stack or stack, spec.project or project, parent, spec.type or goal.type, spec.name or goal.name
    )


def _under(parent_alias: str, parent_name: str, child_name: str, child_type: str) -> str:
    parent = Urn.parse(parent_alias)
    name = child_name
    if child_name.startswith(parent_name):
        name = parent.name + child_name[len(parent_name) :]
    return make_urn(parent.stack, parent.project, parent_alias, child_type, name)
