"""Import: take objects that exist already into the stack, from a file as `pulumi import --file` reads it.

The Pulumi CLI hands a dynamic provider nothing to read an unknown object with, so each resource brings its
`inputs` and `outputs`, both with the `__provider` key; the same file works with both engines.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from .context import RunContext
from .errors import EngineError
from .registration import check_message, register_provider
from .state import ResourceState, now_text
from .steps import Step, run_step
from .urn import DYNAMIC_PACKAGE, DYNAMIC_PROVIDER_TYPE, PROVIDER_PREFIX, ROOT_TYPE, make_urn, package_of
from .values import Properties, Value, from_json

_PROVIDER_KEY = "__provider"


@dataclass(frozen=True)
class ImportItem:
    """One resource of an import file, its URN worked out."""

    urn: str
    type: str
    parent: str
    id: str
    component: bool
    inputs: Properties = field(default_factory=dict[str, Value])
    outputs: Properties = field(default_factory=dict[str, Value])


def read_import_file(path: Path, stack: str, project: str) -> list[ImportItem]:
    """Read an import file, parents before their children; raises `EngineError` that lists all its faults."""
    try:
        data: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EngineError(f"could not read import file {path}: {error.strerror}") from None
    except ValueError as error:
        raise EngineError(f"could not parse import file {path}: {error}") from None
    document = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    specs = document.get("resources")
    if not isinstance(specs, list) or not specs:
        raise EngineError(f"{path}: no resources to import")
    return _Resolver(stack, project, document.get("nameTable") or {}).resolve(cast("list[dict[str, Any]]", specs))


class _Resolver:
    """Turns the entries of an import file into items, and collects what is wrong with them."""

    def __init__(self, stack: str, project: str, name_table: dict[str, str]) -> None:
        self._stack = stack
        self._project = project
        self._names = dict(name_table)
        self._root = make_urn(stack, project, "", ROOT_TYPE, f"{project}-{stack}")
        self._problems: list[str] = []

    def resolve(self, specs: list[dict[str, Any]]) -> list[ImportItem]:
        """Give the items in an order in which parents come first."""
        for i, spec in enumerate(specs):
            self._check(i, spec)
        self._raise()
        items: list[ImportItem] = []
        waiting = specs
        while waiting:
            ready = [spec for spec in waiting if not spec.get("parent") or spec["parent"] in self._names]
            if not ready:
                for spec in waiting:
                    self._problems.append(
                        f"the parent {spec['parent']!r} for resource {_name(spec)!r} has no entry in 'nameTable'"
                    )
                self._raise()
            for spec in ready:
                item = self._item(spec)
                if any(other.urn == item.urn for other in items):
                    self._problems.append(f"resource {_name(spec)!r} has an ambiguous URN, set name to be unique")
                items.append(item)
                self._names[str(spec.get("name") or _name(spec))] = item.urn
            waiting = [spec for spec in waiting if spec not in ready]
        self._raise()
        return items

    def _raise(self) -> None:
        if self._problems:
            raise EngineError("the import file cannot be used:\n" + "\n".join(f"  * {p}" for p in self._problems))

    def _check(self, position: int, spec: dict[str, Any]) -> None:
        what = f"resource {_name(spec) or position!r}"
        type_ = str(spec.get("type") or "")
        component = bool(spec.get("component"))
        if not type_:
            self._problems.append(f"{what} has no type")
        if not _name(spec):
            self._problems.append(f"{what} has no name")
        if component and spec.get("id"):
            self._problems.append(f"{what} has an ID, but is marked as a component")
        if component or not type_:
            return
        if not spec.get("id"):
            self._problems.append(f"{what} has no ID")
        if type_.startswith(PROVIDER_PREFIX) or spec.get("provider") or package_of(type_) != DYNAMIC_PACKAGE:
            self._problems.append(f"{what}: the offline engine imports dynamic resources only, use the Pulumi CLI")
            return
        for key in ("inputs", "outputs"):
            values = spec.get(key)
            if not isinstance(values, dict) or _PROVIDER_KEY not in values:
                self._problems.append(f"{what} needs {key!r} with {_PROVIDER_KEY!r}: a dynamic resource is not read")

    def _item(self, spec: dict[str, Any]) -> ImportItem:
        parent = self._names[spec["parent"]] if spec.get("parent") else self._root
        type_ = str(spec["type"])
        inputs = cast("Properties", from_json(spec.get("inputs") or {}))
        properties = cast("list[str]", spec.get("properties") or [])
        if properties:
            inputs = {key: value for key, value in inputs.items() if key in properties or key == _PROVIDER_KEY}
        return ImportItem(
            urn=make_urn(self._stack, self._project, parent, type_, str(spec.get("logicalName") or _name(spec))),
            type=type_,
            parent=parent,
            id=str(spec.get("id") or ""),
            component=bool(spec.get("component")),
            inputs=inputs,
            outputs=cast("Properties", from_json(spec.get("outputs") or {})),
        )


def _name(spec: dict[str, Any]) -> str:
    return str(spec.get("name") or spec.get("logicalName") or "")


def import_resources(context: RunContext, items: list[ImportItem], *, protect: bool) -> None:
    """Record the items in the state; what the stack holds already under the same URN and id stays as it is.

    Raises `EngineError` for an item whose URN the stack holds with another id.
    """
    present = {state.urn: state for state in context.snapshot.leftover if not state.delete}
    needs_provider = any(item.urn not in present and not item.component for item in items)
    reference = ""
    for state in present.values():
        if needs_provider and state.type == DYNAMIC_PROVIDER_TYPE:
            # In its own place in the state: before the resources that it serves.
            reference = register_provider(context, present)
        else:
            run_step(context, Step("same", state, state.evolve()))
    if context.root_urn not in present:
        root = ResourceState(urn=context.root_urn, type=ROOT_TYPE, custom=False)
        run_step(context, Step("create", None, root))
    known = {*present, context.root_urn, *(item.urn for item in items)}
    for item in items:
        old = present.get(item.urn)
        if old is not None:
            if old.id != item.id:
                raise EngineError(f"resource '{item.urn}' already exists, with the ID {old.id!r}")
            continue
        if item.parent not in known:
            raise EngineError(f"unknown parent '{item.parent}' for resource '{item.urn}'")
        if not item.component and not reference:
            reference = register_provider(context, present)
        run_step(context, Step("import", None, _imported(context, item, reference, protect=protect)))


def _imported(context: RunContext, item: ImportItem, reference: str, *, protect: bool) -> ResourceState:
    state = ResourceState(
        urn=item.urn,
        type=item.type,
        custom=not item.component,
        id=item.id,
        inputs=item.inputs,
        outputs=item.outputs,
        parent=item.parent,
        protect=protect,
        provider="" if item.component else reference,
        created=now_text(),
    )
    state.modified = state.created
    if state.custom:
        _, failures = context.providers.check(state.urn, state.inputs, state.inputs)
        for failure in failures:
            context.report("warning", check_message(state, failure, state.inputs), state.urn)
    return state
