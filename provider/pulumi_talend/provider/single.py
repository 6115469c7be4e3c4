"""The providers of single grants and single role mappings: one target each, on the same plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, Protocol, TypeVar, cast

from ..access.directory import Directory
from ..access.names import unknown_roles
from ..access.rules import already_exists, already_mapped, engine_use_refusal
from ..errors import AlreadyExistsError, TalendError
from ..model.grants import GrantKey, permission_list
from ..model.inputs import RoleMappingInputs, WorkspacePermissionInputs
from ..model.lines import WHOLE
from ..model.planning import NOTHING, Access, Change, Desired, Rights, plan
from ..model.problems import Problem, ProblemsError
from ..model.state import StateValueError, valid_in_state
from .advice import take_over
from .base import TalendProvider
from .claims import ALL_MAPPINGS, Claim, Manager, Scope, whole_of
from .lines import change_line, say_changes, with_table_line
from .naming import SERVICE_ACCOUNT, USER, WORKSPACE, resolve_ids, successor_notes, tenant_spelling
from .reporting import Program

T = TypeVar("T", GrantKey, str)
I = TypeVar("I", WorkspacePermissionInputs, RoleMappingInputs)  # noqa: E741 - inputs


class Writer(Protocol[T]):
    """What `Grants` and `Mappings` have in common."""

    def read(self, key: T, /) -> Rights | None:
        """Returns the rights of a target that state has."""
        ...

    def find_unmanaged(self, key: T, /) -> Rights | None:
        """Returns the rights of a target that no state has."""
        ...

    def is_interrupted(self, key: T, standing: Rights, /) -> bool:
        """Whether an interrupted update of the same resource has created what exists."""
        ...

    def apply(self, changes: Iterable[Change[T]]) -> dict[T, TalendError]:
        """Makes the changes; returns those that failed."""
        ...


class SingleProvider(TalendProvider[I], Generic[I, T]):
    """Manages one target. Subclasses say what it is."""

    scope: Scope

    @property
    def _writer(self) -> Writer[T]:
        """What writes the target."""
        raise NotImplementedError

    def _named(self, id_: str) -> tuple[T, dict[str, str]]:
        """The target of a resource's id, and the properties that name it."""
        raise NotImplementedError

    def _refusals(self, inputs: I, gained: Rights) -> list[Problem]:
        """What the tenant would refuse."""
        raise NotImplementedError

    @staticmethod
    def _target(inputs: I) -> T | None:
        """What the resource manages; None while it is not known."""
        return cast("T | None", inputs.key)

    def _ends(self, inputs: I) -> Mapping[str, str | None]:
        return {WHOLE: inputs.expires_at}

    @staticmethod
    def _desired(inputs: I) -> Desired[T]:
        wanted = {target: access for target, access in inputs.wanted.items() if access.rights != NOTHING}
        return Desired(cast("Mapping[T, Access]", wanted), adopt=inputs.adopt_existing is True)

    def _planned(self, urn: str, olds: Mapping[str, Any], inputs: I, program: Program, say: Callable[[str], None]) -> I:
        target = self._target(inputs)
        if target is None:
            return inputs
        before = self._kept(olds)
        line, ended = program.lines.get(WHOLE), program.ended.get(WHOLE)
        writer = self._writer
        # State is believed for what it has: only something new is looked for in the tenant.
        live = {key: access.rights or NOTHING for key, access in before.items()}
        desired = self._desired(inputs)
        if target not in before and (desired.access or not olds):
            live[target] = writer.find_unmanaged(target) or NOTHING
        if not olds and not desired.access and live[target]:
            before = self._adopted(inputs, target, live[target])
            if not before:
                say(
                    f"{_label(self.directory, target)} has ended, but the tenant has "
                    f"{permission_list(live[target])}, not granted by this resource: set adopt_existing=True to remove it"
                )
        elif not olds and ended:
            say(with_table_line(f"{_label(self.directory, target)} is not made", line, ended))
        changes = self._settled(urn, plan(before, desired, live, managed_elsewhere=self._keeps(urn)), say=True)
        problems = [
            Problem("adopt_existing", _exists(self.directory, change, in_table=line is not None))
            for change in changes
            if change.action == "conflict"
        ]
        gained = frozenset(right for change in changes if change.target == target for right in change.gained)
        if gained:
            problems += self._refusals(inputs, gained)
        if problems:
            raise ProblemsError(problems)
        say_changes(
            self.directory,
            changes,
            say,
            lambda change: with_table_line(
                change_line(self.directory, change),
                line,
                ended if change.target == target and not change.after else None,
            ),
        )
        return inputs

    @staticmethod
    def _adopted(inputs: I, target: T, rights: Rights) -> dict[T, Access]:
        """What a new resource whose access has ended takes over, to remove it."""
        return {target: Access(rights)} if inputs.adopt_existing is True else {}

    def _settled(self, urn: str, changes: list[Change[T]], *, say: bool = False) -> list[Change[T]]:
        """The changes, where a conflict with what is this resource's own is none: an interrupted update, or a replacement."""
        writer = self._writer
        settled: list[Change[T]] = []
        for change in changes:
            if change.action == "conflict" and change.before is not None:
                own = self.session.claims.is_held(urn, change.target)
                if writer.is_interrupted(change.target, change.before):
                    own = True
                    if say:
                        what = _label(self.directory, change.target)
                        self.session.say(
                            f"{what} was created by an interrupted update of this stack; this one finishes it"
                        )
                if own:
                    change = Change(change.target, "change", change.before, change.after, None, change.until)
            settled.append(change)
        return settled

    def _keeps(self, urn: str) -> Callable[[T], bool]:
        return lambda target: self.session.claims.keeps(urn, self.scope, target)

    def _create(self, urn: str, inputs: I) -> str:
        target = self._target(inputs)
        if target is None:
            raise ValueError("a resource whose names are not resolved")
        desired = self._desired(inputs)
        live = {target: self._writer.find_unmanaged(target) or NOTHING}
        before = {} if desired.access else self._adopted(inputs, target, live[target])
        self._apply(self._settled(urn, plan(before, desired, live)))
        if desired.access:
            self.session.claims.note_created(urn, target)
        return target if isinstance(target, str) else target.resource_id

    def _update(self, urn: str, olds: Mapping[str, Any], inputs: I) -> None:
        before = self._kept(olds)
        desired = self._desired(inputs)
        live = {key: access.rights or NOTHING for key, access in before.items()}
        for target in desired.access.keys() - before.keys():  # renewed after its end
            live[target] = self._writer.find_unmanaged(target) or NOTHING
        self._apply(plan(before, desired, live, managed_elsewhere=self._keeps(urn)))

    def _read(self, id_: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        try:
            target, names = self._named(id_)
        except ValueError as error:
            raise StateValueError("id", str(error)) from None
        (access,) = self.inputs_type.access
        valid = valid_in_state(self.inputs_type, kept)
        writer, had = self._writer, valid.get(access) != []  # what is damaged counts as there: it would leave the state
        rights = writer.read(target) if had else writer.find_unmanaged(target)
        if not rights and had:
            self.session.journal.forget([target])
            return None
        return {
            **{name: valid[name] for name in (*self.inputs_type.labels, "adopt_existing") if name in valid},
            **names,
            access: sorted(rights or ()),  # where it has ended: what was given again by hand
        }

    def _delete(self, urn: str, id_: str, kept: Mapping[str, Any]) -> None:
        del id_
        keeps = self._keeps(urn)
        # None where its access had ended.
        self._apply([Change(key, "revoke", None, NOTHING) for key in self._kept(kept) if not keeps(key)])

    def _apply(self, changes: list[Change[T]]) -> None:
        for change in changes:
            if change.action == "conflict":
                # Created by others between preview and update.
                raise AlreadyExistsError(_exists(self.directory, change, in_table=False))
        for error in self._writer.apply(changes).values():
            raise error


def _refuse_ignored(rights: list[str] | str, where: str) -> None:
    """Refuses what `ignore_changes` keeps as it was when the access ended, although it lasts again."""
    if rights == []:
        reason = (
            f"is empty since the access ended, and ignore_changes keeps it so. Take '{where}' out of ignore_changes"
        )
        raise ProblemsError([Problem(where, reason)])


def _label(directory: Directory, target: GrantKey | str) -> str:
    """What people call a target."""
    if isinstance(target, str):
        return f"the mapping of customer role '{target}'"
    return f"the grant of {directory.label(target, look=True)}"


def _exists(directory: Directory, change: Change[T], *, in_table: bool) -> str:
    """The reason where a target exists, and may not be adopted. A table of access declares mappings, and sets of grants."""
    rights = change.before or NOTHING
    if isinstance(change.target, str):
        return already_mapped(change.target, rights, advice=take_over(in_table=True) if in_table else "")
    return already_exists(change.target, rights, directory, look=True)


class WorkspacePermissionProvider(SingleProvider[WorkspacePermissionInputs, GrantKey]):
    """Manages one grant."""

    type_name = "WorkspacePermission"
    inputs_type = WorkspacePermissionInputs
    scope = "grant"

    @property
    def _writer(self) -> Writer[GrantKey]:
        return self.tenant.grants

    def _named(self, id_: str) -> tuple[GrantKey, dict[str, str]]:
        key = GrantKey.from_resource_id(id_)
        principal = "user_id" if key.principal.kind == "users" else "service_account_id"
        return key, {"workspace_id": key.workspace_id, principal: key.principal.id}

    def _resolve(
        self, olds: Mapping[str, Any], inputs: WorkspacePermissionInputs, say: Callable[[str], None]
    ) -> WorkspacePermissionInputs:
        kinds = (WORKSPACE, USER, SERVICE_ACCOUNT)
        resolved = inputs
        if any(getattr(inputs, kind.by_name) is not None for kind in kinds):
            resolved = inputs.model_copy(update=resolve_ids(self.directory, inputs, olds, kinds))
            for note in successor_notes(resolved, olds, kinds):
                say(note)
        if spelled := tenant_spelling(self.directory, resolved, kinds):
            resolved = resolved.model_copy(update=spelled)
        key = resolved.key
        what = f"the access of {self.directory.label(key)}" if key is not None else "the access"
        if self._has_ended(resolved.expires_at, lambda: what, say):
            return resolved.model_copy(update={"permissions": []})
        _refuse_ignored(resolved.permissions, "permissions")
        return resolved

    def _claims(self, inputs: WorkspacePermissionInputs) -> Iterable[Claim]:
        for key, access in inputs.wanted.items():
            whole = whole_of(key.workspace_id, key.principal.kind)
            yield Claim("grant", key, within=whole, has_ended=access.rights == NOTHING)

    def _clash(self, claim: Claim, other: Manager) -> Problem:
        return grant_clash(self.directory, claim, other, "permissions")

    def _refusals(self, inputs: WorkspacePermissionInputs, gained: Rights) -> list[Problem]:
        key = inputs.key
        refusal = engine_use_refusal(self.directory, key.principal, gained) if key is not None else None
        return [Problem("permissions", refusal)] if refusal else []


def grant_clash(directory: Directory, claim: Claim, other: Manager, where: str) -> Problem:
    """The reason where another resource manages the same grant, or the whole workspace."""
    key = claim.target
    if not isinstance(key, GrantKey):
        workspace = directory.workspace_label(str(key).partition("/")[0], look=True)
        return Problem(
            "exclusive",
            f"'{other.name}' also grants access to {workspace}, but this resource says that nobody else has access: move "
            "those grants in here, or set exclusive=False",
        )
    if other.is_whole:
        workspace = directory.workspace_label(key.workspace_id, look=True)
        return Problem(
            where,
            f"'{other.name}' says that nobody else has access to {workspace}, so it would remove this grant: move it in "
            "there, or set exclusive=False there",
        )
    what = directory.label(key, look=True)
    return Problem(where, f"'{other.name}' already manages {what}, and the two would undo each other; keep one of them")


class RoleMappingProvider(SingleProvider[RoleMappingInputs, str]):
    """Manages one role mapping."""

    type_name = "RoleMapping"
    inputs_type = RoleMappingInputs
    scope = "mapping"

    @property
    def _writer(self) -> Writer[str]:
        return self.tenant.mappings

    def _named(self, id_: str) -> tuple[str, dict[str, str]]:
        return id_, {"role_name": id_}

    def _resolve(
        self, olds: Mapping[str, Any], inputs: RoleMappingInputs, say: Callable[[str], None]
    ) -> RoleMappingInputs:
        del olds
        what = f"the mapping of customer role '{inputs.role_name}'"
        has_ended = self._has_ended(inputs.expires_at, lambda: what, say)
        if has_ended:
            return inputs.model_copy(update={"roles": []})
        _refuse_ignored(inputs.roles, "roles")
        return inputs

    def _claims(self, inputs: RoleMappingInputs) -> Iterable[Claim]:
        for name, access in inputs.wanted.items():
            yield Claim("mapping", name, within=ALL_MAPPINGS, has_ended=access.rights == NOTHING)

    def _clash(self, claim: Claim, other: Manager) -> Problem:
        if other.is_whole:
            reason = f"'{other.name}' manages all role mappings of the tenant; move this one in there"
        else:
            reason = (
                f"'{other.name}' already manages customer role '{claim.target}', and the two would undo each other; "
                "keep one of them"
            )
        return Problem("role_name", reason)

    def _refusals(self, inputs: RoleMappingInputs, gained: Rights) -> list[Problem]:
        del inputs
        roles = self.directory.roles.get_if_readable()
        return [Problem("roles", reason) for reason in unknown_roles(gained, roles)] if roles else []
