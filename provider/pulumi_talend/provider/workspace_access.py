"""The provider of all access to one workspace, or of a set of grants on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, cast

from ..access.directory import Directory
from ..access.rules import already_exists, engine_use_refusal
from ..api import ClientCredential
from ..errors import AccessError, AlreadyExistsError, ForbiddenError, TalendError
from ..model.expiry import has_ended
from ..model.grants import GrantKey, Principal, PrincipalKind, permission_list
from ..model.inputs import PlannedAccess, PlannedGrants, WorkspaceAccessInputs
from ..model.planning import NOTHING, Access, Change, Desired, Rights, plan
from ..model.problems import Problem, ProblemsError
from ..model.state import StateValueError, entries_in_state, valid_in_state
from ..model.unknown import UNKNOWN
from .advice import set_input, take_over
from .base import TalendProvider
from .claims import Claim, Manager, whole_of
from .failures import raise_together
from .lines import change_line, principal_text, say_changes, who_and_where, with_table_line
from .naming import (
    WORKSPACE,
    keys_of_announced,
    keys_of_ended,
    resolve_ids,
    resolve_principals,
    successor_notes,
    tenant_spelling,
)
from .removal_limit import limit_of, refusal
from .reporting import Program
from .single import grant_clash


class WorkspaceAccessProvider(TalendProvider[WorkspaceAccessInputs]):
    """Manages all grants, or a set of them, on one workspace."""

    type_name = "WorkspaceAccess"
    inputs_type = WorkspaceAccessInputs

    def _resolve(
        self, olds: Mapping[str, Any], inputs: WorkspaceAccessInputs, say: Callable[[str], None]
    ) -> WorkspaceAccessInputs:
        cleared = {"removes": None, "restores": None, "principals": None}
        resolved = inputs.model_copy(update=cleared)
        if inputs.workspace is not None:
            resolved = resolved.model_copy(update=resolve_ids(self.directory, inputs, olds, [WORKSPACE]))
            for note in successor_notes(resolved, olds, [WORKSPACE]):
                say(note)
        if spelled := tenant_spelling(self.directory, resolved, [WORKSPACE]):
            resolved = resolved.model_copy(update=spelled)
        if isinstance(resolved.grants, str):
            return resolved
        where = self.directory.workspace_label(str(resolved.workspace_id))
        lasting = {
            who: entry
            for who, entry in resolved.grants.items()
            if not self._has_ended(entry.expires_at, lambda who=who: f"the access of {who} on {where}", say)
        }
        found, notes = resolve_principals(self.directory, lasting, olds.get("principals") or {})
        for note in notes:
            say(note)
        paths = {who: principal.path for who, principal in found.items()}
        return resolved.model_copy(update={"grants": lasting, "principals": paths})

    def _ends(self, inputs: WorkspaceAccessInputs) -> Mapping[str, str | None]:
        return {who: entry.expires_at for who, entry in inputs.entries.items()}

    def _claims(self, inputs: WorkspaceAccessInputs) -> Iterable[Claim]:
        if not inputs.has_known_principals:
            return
        for kind in inputs.kinds:
            yield Claim("exclusive", whole_of(str(inputs.workspace_id), kind))
        for key in inputs.wanted:
            yield Claim("grant", key, within=whole_of(key.workspace_id, key.principal.kind))

    def _clash(self, claim: Claim, other: Manager) -> Problem:
        return grant_clash(self.directory, claim, other, "grants")

    def _planned(
        self,
        urn: str,
        olds: Mapping[str, Any],
        inputs: WorkspaceAccessInputs,
        program: Program,
        say: Callable[[str], None],
    ) -> WorkspaceAccessInputs:
        if not inputs.has_known_principals:
            return self._planned_later(inputs, say)
        new_place = olds.get("workspace_id") != inputs.workspace_id
        if not inputs.kinds and not new_place and not self._access_changes(olds, inputs.as_properties()):
            return inputs  # it only adds to what is there, and nothing is added: no call is made
        before = self._kept(olds) if not new_place else {}
        inputs, live = self._live(inputs, before)
        for key in self._left_over(live, before.keys() | inputs.wanted.keys()):
            who, where = who_and_where(self.directory, key)
            say(f"{who} no longer exists, but the API still lists {permission_list(live.pop(key))} on {where}; ignored")
        kinds: tuple[PrincipalKind, ...] = inputs.kinds
        if kinds and new_place and "workspace_id" in program.computed:
            kinds = ()
            say(
                "the workspace comes from another resource, so a preview may not know it: this update removes nobody else's "
                "access there; the next preview shows whose it would remove"
            )
        changes = self._changes(urn, inputs, before, live, kinds)
        if program.elsewhere and any(change.action == "revoke" for change in changes):
            lasting = [one for one in program.elsewhere if not self._is_over(one.get("expires_at"))]
            self.session.claims.announce(keys_of_announced(self.directory, str(inputs.workspace_id), lasting))
            changes = self._changes(urn, inputs, before, live, kinds)
        written = {inputs.key_of(who): who for who in inputs.entries}
        self._refuse(inputs, before, live, changes, written)

        ended: dict[GrantKey, str] = {}
        if program.ended and any(change.writes and not change.after for change in changes):
            held: Mapping[str, str] = olds.get("principals") or {}
            found = keys_of_ended(self.directory, str(inputs.workspace_id), program.ended, {} if new_place else held)
            ended = {key: who for key, who in found.items() if key not in written}

        def line_of(change: Change[GrantKey]) -> str:
            who = written.get(change.target) or ended.get(change.target)
            text = change_line(self.directory, change, has_ended=change.target in ended)
            return with_table_line(
                text, program.lines.get(who) if who else None, program.ended.get(who) if who else None
            )

        held_before = self._kept(olds) if new_place and olds else {}
        left = [Change(key, "revoke", has.rights, NOTHING, has.until) for key, has in held_before.items()]
        say_changes(
            self.directory, [*left, *changes], say, line_of, lambda key: principal_text(self.directory, key.principal)
        )
        if not inputs.kinds:
            return inputs
        lost = {change.target: change.lost for change in changes if change.writes and change.lost}
        missing = {change.target: change.gained for change in changes if change.action == "restore" and change.gained}
        return inputs.model_copy(
            update={
                "removes": _planned_table(self.directory, lost) or None,
                "restores": _planned_table(self.directory, missing) or None,
            }
        )

    def _planned_later(self, inputs: WorkspaceAccessInputs, say: Callable[[str], None]) -> WorkspaceAccessInputs:
        if isinstance(inputs.grants, str) and inputs.kinds:
            say("the table is not known before the update, and so neither is who loses access by it")
            return inputs.model_copy(update={"removes": UNKNOWN, "restores": UNKNOWN})
        if inputs.kinds:
            say("the workspace is not known before the update: this update removes nobody else's access there")
        return inputs

    def _live(
        self, inputs: WorkspaceAccessInputs, before: Mapping[GrantKey, Access]
    ) -> tuple[WorkspaceAccessInputs, dict[GrantKey, Rights]]:
        """What the tenant has: all that is listed, and what state has or the program wants beside it.

        Returns the inputs too, with ids in the tenant's spelling."""
        workspace_id = str(inputs.workspace_id)
        try:
            live = dict(self.tenant.grants.snapshot.on_workspace(workspace_id, inputs.kinds))
        except ForbiddenError as error:
            raise AccessError(
                f"the credential may not list all of it ({error.reason})",
                subject=f"read the access to {self.directory.workspace_label(workspace_id)}",
                advice='Set exclusive="users" to leave service accounts alone, or give the credential the right.',
            ) from None
        spelled = {key.resource_id.lower(): key for key in live}
        paths = {
            who: spelled.get(f"{workspace_id}/{path}".lower(), inputs.key_of(who)).principal.path
            for who, path in (inputs.principals or {}).items()
        }
        if paths != inputs.principals:
            inputs = inputs.model_copy(update={"principals": paths})
        for key in before.keys() - live.keys():
            if (found := self.tenant.grants.read(key)) is not None:
                live[key] = found
        for key in inputs.wanted.keys() - live.keys() - before.keys():
            if key.principal.kind not in inputs.kinds and (found := self.tenant.grants.find_unmanaged(key)) is not None:
                live[key] = found
        return inputs, live

    def _left_over(self, live: Iterable[GrantKey], ours: Collection[GrantKey]) -> list[GrantKey]:
        """Rows of principals who no longer exist, which no call can remove: listed, and not there when read by themselves."""
        gone = [key for key in live if key not in ours and self.directory.is_principal_gone(key.principal)]
        found = self.tenant.grants.snapshot.read_each(gone) if gone else {}
        return [key for key in gone if not found[key]]

    def _changes(
        self,
        urn: str,
        inputs: WorkspaceAccessInputs,
        before: Mapping[GrantKey, Access],
        live: Mapping[GrantKey, Rights],
        kinds: Collection[PrincipalKind],
    ) -> list[Change[GrantKey]]:
        access = inputs.wanted
        claims, grants = self.session.claims, self.tenant.grants
        own = {
            key
            for key in access.keys() & live.keys() - before.keys()
            if claims.is_held(urn, key) or grants.is_interrupted(key, live[key])
        }
        desired = Desired(
            access,
            is_complete_for=lambda key: key.principal.kind in kinds,
            adopt=inputs.adopt_existing is True or bool(inputs.kinds),
        )
        # What is this resource's own by its journal or by a forced replacement counts as state's.
        known = {**before, **{key: Access(live[key]) for key in own}}
        return plan(known, desired, live, managed_elsewhere=lambda key: claims.keeps(urn, "grant", key))

    def _refuse(
        self,
        inputs: WorkspaceAccessInputs,
        before: Mapping[GrantKey, Access],
        live: Mapping[GrantKey, Rights],
        changes: list[Change[GrantKey]],
        written: Mapping[GrantKey, str],
    ) -> None:
        """Raises ProblemsError where the change is refused."""
        problems: list[Problem] = []
        for change in changes:
            entry = written.get(change.target, "")
            if change.action == "conflict":
                reason = already_exists(
                    change.target,
                    change.before or NOTHING,
                    self.directory,
                    look=True,
                    advice=take_over(in_table=bool(inputs.lines)),
                )
                problems.append(Problem("adopt_existing", reason, entry=entry))
            if change.gained and (
                refused := engine_use_refusal(self.directory, change.target.principal, change.gained)
            ):
                problems.append(Problem("grants", refused, entry=entry))
        problems += self._gone(changes, written)
        ended = {key for key, access in before.items() if self._is_over(access.until)}
        problems += self._too_many(inputs, changes, live, ended)
        problems += self._own_access(inputs, changes)
        if problems:
            raise ProblemsError(problems)

    def _is_over(self, expires_at: str | None) -> bool:
        return expires_at is not None and has_ended(expires_at, self.session.time_for(expires_at))

    def _gone(self, changes: Iterable[Change[GrantKey]], written: Mapping[GrantKey, str]) -> list[Problem]:
        """What would be restored, of a workspace or principal that no longer exists."""
        restored = [change.target for change in changes if change.action == "restore" and not change.before]
        problems: list[Problem] = []
        if restored and self.directory.is_workspace_gone(restored[0].workspace_id):
            reason = "is gone since the last update; remove the resource from the program, or name another workspace"
            return [Problem("workspace_id", f"workspace {restored[0].workspace_id} {reason}")]
        for key in restored:
            if self.directory.is_principal_gone(key.principal):
                reason = f"{key.principal} is gone since the last update; remove the entry"
                problems.append(Problem("grants", reason, entry=written.get(key, "")))
        return problems

    def _too_many(
        self,
        inputs: WorkspaceAccessInputs,
        changes: Iterable[Change[GrantKey]],
        live: Mapping[GrantKey, Rights],
        ended: Collection[GrantKey],
    ) -> list[Problem]:
        removed = [c.target for c in changes if c.writes and c.after == NOTHING and c.target not in ended]
        if not removed:
            return []
        reason = refusal(
            what=f"all access to {self.directory.workspace_label(str(inputs.workspace_id), look=True)}",
            removed=[_written(self.directory, key.principal) for key in removed],
            before=len(live.keys() - set(ended)),
            left=len(inputs.entries),
            limit=limit_of(inputs.max_removals, self.session.limit),
            in_table=bool(inputs.lines),
        )
        return [Problem("grants", reason)] if reason else []

    def _own_access(self, inputs: WorkspaceAccessInputs, changes: Iterable[Change[GrantKey]]) -> list[Problem]:
        """What the credential itself works with. Of a token nobody knows here whose it is."""
        credential = self.session.settings.credential if self.session.settings else None
        if not isinstance(credential, ClientCredential) or inputs.max_removals is not None:
            return []
        own = GrantKey(str(inputs.workspace_id), Principal("service-accounts", credential.client_id))
        lost = next((change.lost for change in changes if change.target == own and change.writes), NOTHING)
        if not lost:
            return []
        who = self.directory.label(own, look=True)
        reason = f"would take {permission_list(lost)} from {who}, which this program works with. If that is meant, "
        reason += set_input("max_removals", "all", in_table=bool(inputs.lines))
        return [Problem("grants", reason)]

    def _create(self, urn: str, inputs: WorkspaceAccessInputs) -> str:
        self._apply(urn, {}, inputs)
        for key in inputs.wanted:
            self.session.claims.note_created(urn, key)
        return str(inputs.workspace_id)

    def _update(self, urn: str, olds: Mapping[str, Any], inputs: WorkspaceAccessInputs) -> None:
        self._apply(urn, self._kept(olds), inputs)

    def _apply(self, urn: str, before: Mapping[GrantKey, Access], inputs: WorkspaceAccessInputs) -> None:
        """Writes all that differs, and removes nobody whom no preview has shown."""
        inputs, live = self._live(inputs, before)
        changes = self._changes(urn, inputs, before, live, inputs.kinds)
        if any(c.action == "revoke" and c.target.principal.kind not in inputs.kinds for c in changes):
            # Another resource of the program may manage it from now on, and not have been checked yet.
            self.session.claims.wait_until_quiet()
            changes = self._changes(urn, inputs, before, live, inputs.kinds)
        shown = inputs.planned_removals
        changes = [c for c in changes if c.action != "remove" or c.target.principal.path in shown]
        failed: dict[GrantKey, TalendError] = {
            change.target: AlreadyExistsError(
                already_exists(
                    change.target,
                    change.before or NOTHING,
                    self.directory,
                    advice=take_over(in_table=bool(inputs.lines)),
                )
            )
            for change in changes
            if change.action == "conflict"
        }
        failed.update(self.tenant.grants.apply(changes))
        lines = {inputs.key_of(who): line.at for who, line in inputs.lines.items() if who in inputs.entries}
        adopt = take_over(in_table=bool(inputs.lines))
        writes = sum(c.writes for c in changes)
        raise_together(self.directory, str(inputs.workspace_id), writes, failed, lines, how_to_adopt=adopt)

    def _read(self, id_: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        valid = valid_in_state(self.inputs_type, kept)
        held: Mapping[str, str] = valid.get("principals") or {}
        grants: Any = kept.get("grants")
        # Whom a damaged table lacks, the ids still name.
        table: Mapping[str, Any] = cast("Mapping[str, Any]", grants) if isinstance(grants, Mapping) else {}
        entries = entries_in_state({**dict.fromkeys(held), **table})
        if valid.get("workspace_id", id_) != id_:
            raise StateValueError("workspace_id", f"is not the id {id_}")
        if missing := sorted(entries.keys() - held.keys()):
            raise StateValueError("principals", f"has no id of '{missing[0]}'")
        found: dict[str, Any] = {}
        for who in sorted(entries):  # the engine passes entries in any order
            key, entry = _key_in_state(id_, held[who]), entries[who]
            if entry.rights != NOTHING and (permissions := self.tenant.grants.read(key)) is not None:
                names = sorted(permissions)
                found[who] = names if entry.until is None else {"permissions": names, "expires_at": entry.until}
        return {
            **{name: value for name, value in valid.items() if name not in self.inputs_type.planned},
            "workspace_id": id_,
            "grants": found,
            "principals": {who: held[who] for who in found},
        }

    def _delete(self, urn: str, id_: str, kept: Mapping[str, Any]) -> None:
        claims = self.session.claims
        keys = [key for key in self._kept(kept) if not claims.keeps(urn, "grant", key)]
        failed = self.tenant.grants.apply(Change(key, "revoke", None, NOTHING) for key in keys)
        raise_together(self.directory, id_, len(keys), failed, {})


def _key_in_state(workspace_id: str, path: str) -> GrantKey:
    try:
        return GrantKey.on(workspace_id, path)
    except ValueError as error:
        raise StateValueError("principals", str(error)) from None


def _written(directory: Directory, principal: Principal) -> str:
    """How a principal is written in a table: by name where it is known, else by id."""
    name = directory.principal_name(principal, look=True)
    if principal.kind == "users":
        return name or f"user-id:{principal.id}"
    return f"service-account:{name}" if name else f"service-account-id:{principal.id}"


def _planned_table(directory: Directory, grants: Mapping[GrantKey, Rights]) -> PlannedGrants:
    return {
        key.principal.path: PlannedAccess(name=_written(directory, key.principal), permissions=sorted(grants[key]))
        for key in sorted(grants)
    }
