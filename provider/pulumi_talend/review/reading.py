"""From the steps of a preview to what each resource has and wants, in the planner's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar, cast

from ..api.text import clean
from ..loader import TABLE, TYPE_PREFIX
from ..model.grants import GrantKey, PrincipalKind
from ..model.inputs import (
    MODELS,
    Inputs,
    PlannedAccess,
    RoleMappingInputs,
    RoleMappingsInputs,
    WorkspaceAccessInputs,
    WorkspacePermissionInputs,
)
from ..model.lines import WHOLE, TableLine, lines_of
from ..model.named import Place, Who
from ..model.planning import Access, Rights
from ..model.state import StateValueError, parse_state
from ..model.unknown import is_unknown
from .model import Cause, ForeignCode, Target
from .names import Names
from .steps import DYNAMIC, Preview, State, Step

_HARMLESS = {"refresh", "read", "discard", "remove-pending-replace"}
"""Operations that only look, or change the stack's state alone."""

_STAYS = {"same", "import"}
"""Operations that write nothing to a resource that the program has."""

_NOT_ACCESS = {"workspace", "environment", "user", "service_account", "max_removals", "allow_empty"}
"""Inputs that a review can do without: names whose ids stand beside them, and limits that the check has applied."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, the same in every stack
"""The key that marks an object as a special value in states and plans, and its value for a secret (pulumi's
`sdk/go/common/resource/sig`)."""

Op = Literal["stays", "create", "update", "replace", "delete"]
M = TypeVar("M", bound=Inputs)


class Unreadable(Exception):
    """A value that does not tell what the update does. `what` is the property, `reason` why."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} {reason}")
        self.what = what
        self.reason = reason


def why_hidden(value: object) -> str | None:
    """Why `value`, or something in it, does not tell anything; None where nothing is hidden."""
    if is_unknown(value):
        return "is not known before the update"
    if value == "[secret]":
        return "is secret"
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        if _SIGNATURE in table:
            return "is secret" if table[_SIGNATURE] == _SECRET else "is not known before the update"
        return next((reason for item in table.values() if (reason := why_hidden(item))), None)
    if isinstance(value, list):
        return next((reason for item in cast("list[Any]", value) if (reason := why_hidden(item))), None)
    return None


@dataclass(frozen=True)
class Table:
    """What one resource has, or wants.

    Attributes:
        access: Its grants or mappings.
        whole: What it is complete for: (workspace id, kind of principal) pairs, or "mappings".
        adopt: Whether it may take over what exists.
        removes: What its check planned to take, by target.
        restores: What its check planned to give back.
        lines: The lines of a table of access that it comes from.
        line: The line that declares the resource itself.
    """

    access: Mapping[Target, Access] = field(default_factory=dict[Target, Access])
    whole: frozenset[tuple[str, PrincipalKind] | str] = frozenset()
    adopt: bool = False
    removes: Mapping[Target, Rights] = field(default_factory=dict[Target, Rights])
    restores: Mapping[Target, Rights] = field(default_factory=dict[Target, Rights])
    lines: Mapping[Target, TableLine] = field(default_factory=dict[Target, TableLine])
    line: TableLine | None = None

    def is_complete_for(self, target: Target) -> bool:
        """Whether the resource says that there are no others of this sort."""
        if isinstance(target, str):
            return "mappings" in self.whole
        return (target.workspace_id, target.principal.kind) in self.whole

    def may_adopt(self, target: Target) -> bool:
        """Whether the resource may take over a target that exists."""
        return self.adopt or bool(self.whole) or self.is_complete_for(target)


@dataclass(frozen=True)
class Resource:
    """A resource of this provider in a preview: what the update does to it, what it has and what it wants."""

    op: Op
    step: Step
    old: Table = Table()
    new: Table = Table()
    is_retained: bool = False
    goes_first: bool = False
    changes_access: bool = True

    @property
    def cause(self) -> Cause:
        """The resource as the cause of a change."""
        return self.step.cause


@dataclass(frozen=True)
class Unread:
    """A step that does not tell what it does, and what it is about as far as that is known."""

    step: Step
    reason: str
    targets: tuple[Target, ...] = ()


@dataclass
class Reading:
    """All resources of this provider in a preview, and what else is in it."""

    resources: list[Resource] = field(default_factory=list[Resource])
    unread: list[Unread] = field(default_factory=list[Unread])
    foreign: list[ForeignCode] = field(default_factory=list[ForeignCode])
    others: int = 0
    names: Names = field(default_factory=Names)


def read_steps(preview: Preview, names: Names | None = None) -> Reading:
    """Reads all steps. Nothing of this provider is passed over; `names` are those known already."""
    reading = Reading(names=names or Names())
    deleted = {step.urn for step in preview.steps if step.op in {"delete", "delete-replaced", "replace"}}
    for step in _whole_replacements(preview.steps):
        if step.runs_foreign_code:
            dynamic = next(name for name in step.types if name.startswith(DYNAMIC))
            reading.foreign.append(ForeignCode(step.cause, dynamic))
        if step.op in _HARMLESS:
            continue
        if step.is_ours:
            _read_ours(step, deleted, reading)
        elif step.op not in _STAYS and not step.runs_foreign_code:
            reading.others += not (step.is_table or step.type.startswith(("pulumi:pulumi:Stack", "pulumi:providers:")))
    return reading


def _whole_replacements(steps: Iterable[Step]) -> list[Step]:
    """The steps, where a replacement is one step: some documents show its parts, alone or beside it."""
    given = list(steps)
    whole = {step.urn for step in given if step.op == "replace"}
    made = {step.urn: number for number, step in enumerate(given) if step.op == "create-replacement"}
    gone = {step.urn: number for number, step in enumerate(given) if step.op == "delete-replaced"}
    found: list[Step] = []
    for number, step in enumerate(given):
        urn = step.urn
        if step.op in {"create-replacement", "delete-replaced"} and urn in whole:
            continue  # `replace` has all of it, and the order too
        if step.op == "delete-replaced" and urn in made:
            continue
        if step.op == "create-replacement" and urn in gone:
            old = given[gone[urn]].old
            first = old and replace(old, goes_first=gone[urn] < number)
            found.append(Step("replace", urn, first, step.new))
        else:
            found.append(step)
    return found


def _read_ours(step: Step, deleted: set[str], reading: Reading) -> None:
    name = step.type.removeprefix(TYPE_PREFIX)
    if step.provider:
        # A review reads one tenant. In another one, the same ids and names are other access.
        if step.op not in _STAYS:
            reason = f"the program's provider '{clean(step.provider)}' has settings of its own, maybe of another tenant"
            reading.unread.append(Unread(step, reason))
        return
    if name not in _READERS:
        reason = f"resources of type {name} are not known to this version of talend-access"
        reading.unread.append(Unread(step, reason))
        return
    try:
        resource = _resource(name, step, deleted, reading.names)
    except Unreadable as error:
        if step.op not in _STAYS:
            reading.unread.append(Unread(step, f"{error.what} {error.reason}", tuple(_targets_told(name, step))))
    else:
        reading.resources.append(resource)


def _resource(name: str, step: Step, deleted: set[str], names: Names) -> Resource:
    def read(state: State | None) -> Table:
        if state is None:
            raise Unreadable("the resource", "is not shown in the preview")
        return table_of(name, state, names)

    retained = step.old is not None and (step.old.retained or step.old.deleted_with in deleted)
    if step.op in _STAYS:
        return Resource("stays", step, read(step.old) if step.old else Table(), read(step.new or step.old))
    if step.op in {"create", "create-replacement"}:
        return Resource("create", step, Table(), read(step.new))
    if step.op in {"delete", "delete-replaced"}:
        return Resource("delete", step, read(step.old), is_retained=retained)
    if step.op == "update":
        changes = _changes_access(name, step)
        return Resource("update", step, read(step.old), read(step.new), changes_access=changes)
    if step.op == "replace":
        first = step.old is not None and step.old.goes_first
        return Resource("replace", step, read(step.old), read(step.new), is_retained=retained, goes_first=first)
    raise Unreadable("the operation", f"'{step.op}' is not known to this version of talend-access")


def _changes_access(name: str, step: Step) -> bool:
    """Whether the provider's update writes: it does for other access or a plan, not where the same is said in other words."""
    model = MODELS[name]
    nothing: Mapping[str, Any] = {}
    old = step.old.values if step.old is not None else nothing
    new = step.new.values if step.new is not None else nothing
    return model.differ(old, new) or any(new.get(each) for each in model.planned)


def table_of(name: str, state: State, names: Names) -> Table:
    """What a state of a resource of type `name` says; its names are noted in `names`. Raises Unreadable."""
    return _READERS[name](state, names)


def _parsed(model: type[M], state: State) -> M:
    given = {key: value for key, value in state.values.items() if key in model.model_fields and value is not None}
    for key, value in given.items():
        if key not in _NOT_ACCESS and (reason := why_hidden(value)):
            raise Unreadable(f"property {key}", reason)
    try:
        return parse_state(model, given)
    except StateValueError as error:
        what = f"property {error.where or 'the inputs'}"
        raise Unreadable(what, error.reason[:200]) from None


def _same(id_: str, told: str | None, what: str) -> str:
    """The id of a state, which its properties must not contradict."""
    if not id_ and not told:
        raise Unreadable(what, "is not set")
    if id_ and told and id_ != told:
        raise Unreadable("the id", "is not that of its properties")
    return id_ or str(told)


def _permission(state: State, names: Names) -> Table:
    inputs = _parsed(WorkspacePermissionInputs, state)
    told = inputs.key
    try:
        key = GrantKey.from_resource_id(_same(state.id, told.resource_id if told else None, "the grant"))
    except ValueError:
        raise Unreadable("the id", "is not that of a grant") from None
    names.note_workspace(Place(inputs.environment or "", inputs.workspace or "", key.workspace_id))
    name = inputs.user if key.principal.kind == "users" else inputs.service_account
    names.note(Who(key.principal, name or ""))
    line = lines_of(state.values.get(TABLE)).get(WHOLE)
    return Table({key: inputs.given}, adopt=inputs.adopt_existing is True, line=line)


def _mapping(state: State, names: Names) -> Table:
    del names
    inputs = _parsed(RoleMappingInputs, state)
    name = _same(state.id, inputs.key, "the customer role")
    line = lines_of(state.values.get(TABLE)).get(WHOLE)
    return Table({name: inputs.given}, adopt=inputs.adopt_existing is True, line=line)


def _workspace(state: State, names: Names) -> Table:
    inputs = _parsed(WorkspaceAccessInputs, state)
    id_ = _same(state.id, inputs.workspace_id, "the workspace")
    names.note_workspace(Place(inputs.environment or "", inputs.workspace or "", id_))
    paths = inputs.principals or {}

    def key_of(path: str | None, who: str) -> GrantKey:
        try:
            return GrantKey.on(id_, path or "")
        except ValueError:
            raise Unreadable(f"the principal {who}", "has no id") from None

    written = lines_of(state.values.get(TABLE))
    access: dict[Target, Access] = {}
    lines: dict[Target, TableLine] = {}
    for who, entry in inputs.entries.items():
        key = key_of(paths.get(who), who)
        names.note_written(key.principal, who)
        access[key] = entry.given
        if who in written:
            lines[key] = written[who]
    planned: list[dict[Target, Rights]] = []
    for table in (inputs.removes, inputs.restores):
        entries: Mapping[str, PlannedAccess] = {} if table is None or isinstance(table, str) else table
        rights: dict[Target, Rights] = {}
        for path, entry in entries.items():
            key = key_of(path, entry.name)
            names.note_written(key.principal, entry.name)
            rights[key] = frozenset(entry.permissions)
        planned.append(rights)
    whole: frozenset[tuple[str, PrincipalKind] | str] = frozenset((id_, kind) for kind in inputs.kinds)
    return Table(access, whole, inputs.adopt_existing is True, *planned, lines=lines, line=written.get(WHOLE))


def _mappings(state: State, names: Names) -> Table:
    del names
    inputs = _parsed(RoleMappingsInputs, state)
    planned: list[dict[Target, Rights]] = []
    for table in (inputs.removes, inputs.restores):
        entries: Mapping[str, list[str]] = {} if table is None or isinstance(table, str) else table
        planned.append({name: frozenset(roles) for name, roles in entries.items()})
    written = lines_of(state.values.get(TABLE))
    lines: dict[Target, TableLine] = {name: written[name] for name in inputs.entries if name in written}
    return Table({**inputs.wanted}, frozenset({"mappings"}), True, *planned, lines=lines, line=written.get(WHOLE))


def _targets_told(name: str, step: Step) -> list[Target]:
    """What a step that cannot be read is about, as far as it tells."""
    found: list[Target] = []
    for state in (step.old, step.new):
        if state is None:
            continue
        if name == "RoleMapping":
            role = state.id or state.values.get("role_name")
            found += [role] if isinstance(role, str) and role and not why_hidden(role) else []
        elif name == "RoleMappings":
            table: object = state.values.get("mappings")
            entries = cast("dict[str, Any]", table) if isinstance(table, dict) else {}
            found += [role for role in entries if why_hidden({role: None}) is None]
        else:
            found += _grants_told(state)
    return list(dict.fromkeys(found))


def _grants_told(state: State) -> Iterable[Target]:
    values = state.values
    paths: list[object] = [f"users/{values.get('user_id')}", f"service-accounts/{values.get('service_account_id')}"]
    principals: object = values.get("principals")
    if isinstance(principals, dict):
        paths = list(cast("dict[str, object]", principals).values())
    workspace = values.get("workspace_id") or state.id
    for text in (state.id, *(f"{workspace}/{path}" for path in paths)):
        if why_hidden(workspace) or any(why_hidden(part) or part == "None" for part in text.split("/")):
            continue
        try:
            yield GrantKey.from_resource_id(text)
        except ValueError:
            continue


_READERS = {
    "WorkspacePermission": _permission,
    "RoleMapping": _mapping,
    "WorkspaceAccess": _workspace,
    "RoleMappings": _mappings,
}
