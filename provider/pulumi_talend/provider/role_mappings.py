"""The provider of all role mappings of the tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from ..access.names import unknown_roles
from ..api.operations import SSO_RIGHTS
from ..model.grants import permission_list
from ..model.inputs import RoleMappingsInputs
from ..model.planning import NOTHING, Change, Desired, Rights, plan
from ..model.problems import Problem, ProblemsError
from ..model.state import StateValueError, valid_in_state
from ..model.unknown import UNKNOWN
from .advice import set_input
from .base import TalendProvider
from .claims import ALL_MAPPINGS, Claim, Manager
from .lines import change_line, say_changes, with_table_line
from .removal_limit import limit_of, refusal
from .reporting import Program

RESOURCE_ID = "role-mappings"


class RoleMappingsProvider(TalendProvider[RoleMappingsInputs]):
    """Manages all role mappings."""

    type_name = "RoleMappings"
    inputs_type = RoleMappingsInputs

    def _resolve(
        self, olds: Mapping[str, Any], inputs: RoleMappingsInputs, say: Callable[[str], None]
    ) -> RoleMappingsInputs:
        del olds, say
        return inputs.model_copy(update={"removes": None, "restores": None})

    def _claims(self, inputs: RoleMappingsInputs) -> Iterable[Claim]:
        yield Claim("all-mappings", ALL_MAPPINGS)
        for name in inputs.entries:
            yield Claim("mapping", name, within=ALL_MAPPINGS)

    def _clash(self, claim: Claim, other: Manager) -> Problem:
        if claim.scope == "mapping":
            what = f"customer role '{claim.target}'"
        else:
            what = "all role mappings of the tenant" if other.is_whole else "role mappings"
        reason = (
            f"'{other.name}' already manages {what}, but this resource says that there are no others; keep one of them"
        )
        return Problem("mappings", reason)

    def _planned(
        self,
        urn: str,
        olds: Mapping[str, Any],
        inputs: RoleMappingsInputs,
        program: Program,
        say: Callable[[str], None],
    ) -> RoleMappingsInputs:
        del urn
        if isinstance(inputs.mappings, str):
            say("the table is not known before the update, and so neither is which mappings it removes")
            return inputs.model_copy(update={"removes": UNKNOWN, "restores": UNKNOWN})
        live = self.tenant.mappings.listing()
        changes = plan(self._kept(olds), Desired(inputs.wanted, is_complete_for=lambda _name: True), live)
        problems = self._unknown_roles(inputs, changes)
        problems += self._too_many(inputs, changes, live)
        problems += self._last_administrator(inputs, changes, live)
        if problems:
            raise ProblemsError(problems)

        def line_of(change: Change[str]) -> str:
            return with_table_line(change_line(self.directory, change), program.lines.get(change.target))

        say_changes(self.directory, changes, say, line_of, lambda name: f"customer role {name}")
        lost = {change.target: sorted(change.lost) for change in changes if change.writes and change.lost}
        missing = {c.target: sorted(c.gained) for c in changes if c.action == "restore" and c.gained}
        return inputs.model_copy(update={"removes": lost or None, "restores": missing or None})

    def _unknown_roles(self, inputs: RoleMappingsInputs, changes: list[Change[str]]) -> list[Problem]:
        """All roles of the table, not only changed ones: the update writes the whole."""
        if not any(change.writes for change in changes):
            return []
        known = self.directory.roles.get_if_readable() if any(each.rights for each in inputs.wanted.values()) else None
        problems: dict[str, Problem] = {}
        for name, access in inputs.wanted.items():
            for reason in unknown_roles(access.rights or (), known) if known else ():
                problems.setdefault(reason, Problem("mappings", reason, entry=name))
        return list(problems.values())

    def _too_many(
        self, inputs: RoleMappingsInputs, changes: Iterable[Change[str]], live: Mapping[str, Rights]
    ) -> list[Problem]:
        removed = [change.target for change in changes if change.writes and change.after == NOTHING]
        if not removed or not inputs.entries:  # an empty table: allow_empty has said so
            return []
        reason = refusal(
            what="the mapping",
            removed=removed,
            before=sum(bool(roles) for roles in live.values()),
            left=len(inputs.entries),
            limit=limit_of(inputs.max_removals, self.session.limit),
            in_table=bool(inputs.lines),
        )
        return [Problem("mappings", reason)] if reason else []

    def _last_administrator(
        self, inputs: RoleMappingsInputs, changes: Iterable[Change[str]], live: Mapping[str, Rights]
    ) -> list[Problem]:
        """The last mapping by which somebody may write role mappings, as far as the tenant tells what its roles may."""
        if inputs.max_removals is not None or not any(change.lost for change in changes) or not inputs.entries:
            return []
        roles = self.directory.roles.get_if_readable() or ()
        strong = {role.name for role in roles if not SSO_RIGHTS.isdisjoint(role.permissions or ())}
        before = sorted(name for name, held in live.items() if held & strong)
        if not before or any(each.rights is None or each.rights & strong for each in inputs.wanted.values()):
            return []
        reason = (
            f"would leave no customer role that may write role mappings ({permission_list(SSO_RIGHTS)}; now "
            f"{', '.join(before)}). If that is meant, " + set_input("max_removals", "all", in_table=bool(inputs.lines))
        )
        return [Problem("mappings", reason)]

    def _create(self, urn: str, inputs: RoleMappingsInputs) -> str:
        self._write({}, inputs)
        for name in inputs.entries:
            self.session.claims.note_created(urn, name)
        return RESOURCE_ID

    def _update(self, urn: str, olds: Mapping[str, Any], inputs: RoleMappingsInputs) -> None:
        del urn
        self._write(olds, inputs)

    def _write(self, olds: Mapping[str, Any], inputs: RoleMappingsInputs) -> None:
        """Replaces all; what no preview has shown stays, with an error."""
        wanted = {name: access.rights for name, access in inputs.wanted.items() if access.rights is not None}
        self.tenant.mappings.replace_all(wanted, reviewed=inputs.planned_removals | self._kept(olds).keys())

    def _read(self, id_: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        del id_
        mappings: Any = kept.get("mappings")
        if not isinstance(mappings, Mapping):
            raise StateValueError("mappings", "is not a table")
        live = {name: self.tenant.mappings.read(name) for name in cast("Mapping[str, object]", mappings)}
        valid = valid_in_state(self.inputs_type, kept)
        return {
            **{name: value for name, value in valid.items() if name not in self.inputs_type.planned},
            "mappings": {name: sorted(roles) for name, roles in live.items() if roles},
        }

    def _delete(self, urn: str, id_: str, kept: Mapping[str, Any]) -> None:
        del id_
        claims = self.session.claims
        names = [name for name in self._kept(kept) if not claims.keeps(urn, "mapping", name)]
        for error in self.tenant.mappings.apply(Change(name, "revoke", None, NOTHING) for name in names).values():
            raise error
