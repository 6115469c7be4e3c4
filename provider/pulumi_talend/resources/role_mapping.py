"""What Talend roles one customer role stands for when people sign in by SSO."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import Resource

from .base import TalendProvider, finished_note
from .claims import ALL_MAPPINGS, Claim
from .declaring import declared
from .reporting import say

if TYPE_CHECKING:
    from ..access import TenantAccess
    from ..access.journal import Target
    from ..api import Problem
    from .claims import Holder
    from .inputs import RoleMappingInputs


class RoleMappingProvider(TalendProvider["RoleMappingInputs"]):
    """Manages one role mapping."""

    def _inputs_type(self) -> type[RoleMappingInputs]:
        from .inputs import RoleMappingInputs

        return RoleMappingInputs

    def _resolve(self, _olds: Mapping[str, Any], inputs: RoleMappingInputs) -> RoleMappingInputs:
        ended = self._has_ended(inputs.expires_at, lambda: f"the mapping of customer role '{inputs.role_name}'")
        return inputs.model_copy(update={"roles": []}) if ended else inputs

    def _claims(self, inputs: RoleMappingInputs) -> Iterable[Claim]:
        from .inputs import is_unknown

        if not is_unknown(inputs.role_name):
            yield Claim("mapping", inputs.role_name, within=ALL_MAPPINGS)

    def _clash(self, claim: Claim, other: Holder) -> Problem:
        from ..api import Problem

        if other.whole:
            reason = f"'{other.name}' speaks for all role mappings of the tenant: put this one in there"
        else:
            reason = (
                f"'{other.name}' speaks for customer role '{claim.target}' too, and the two would undo each other: "
                "keep one of them"
            )
        return Problem("role_name", reason)

    def _conflict(self, _tenant: TenantAccess, _inputs: RoleMappingInputs) -> Problem | None:
        from ..access.mapping_words import already_there
        from ..api import Problem

        if not _inputs.roles:
            return None
        existing = _tenant.mappings.in_the_way(_inputs.role_name)
        if existing is None or _inputs.adopt_existing:
            return None
        if _tenant.mappings.is_half_done(_inputs.role_name, existing):
            say(finished_note(f"the mapping of customer role '{_inputs.role_name}'"))
            return None
        return Problem("adopt_existing", already_there(_inputs.role_name, existing))

    def _refusals(self, tenant: TenantAccess, inputs: RoleMappingInputs) -> list[Problem]:
        from ..access.names import unknown_roles
        from ..api import Problem
        from .inputs import is_unknown

        if is_unknown(inputs.roles) or not inputs.roles:
            return []
        roles = tenant.directory.roles.get_if_readable()
        return [Problem("roles", reason) for reason in unknown_roles(inputs.roles, roles)] if roles else []

    def _create(self, tenant: TenantAccess, inputs: RoleMappingInputs) -> str:
        from .naming import naming_role

        if inputs.roles:
            with naming_role(inputs.role_name):
                tenant.mappings.create(inputs.role_name, inputs.role_set, adopt=inputs.adopt_existing)
            if self._is_declared("mapping", inputs.role_name):
                tenant.mappings.keep([inputs.role_name])
        return inputs.role_name

    def _read(self, tenant: TenantAccess, _id: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        from .naming import naming_role

        with naming_role(_id):
            roles = tenant.mappings.read(_id)
        if roles is None and kept.get("roles"):
            return None
        return {
            **self._kept_notes(kept),
            "role_name": _id,
            "roles": sorted(roles or ()),  # none, where it has ended
            "adopt_existing": kept.get("adopt_existing", False),
        }

    def _update(self, tenant: TenantAccess, _olds: Mapping[str, Any], inputs: RoleMappingInputs) -> None:
        from .naming import naming_role

        with naming_role(inputs.role_name):
            if inputs.roles:
                tenant.mappings.update(inputs.role_name, inputs.role_set)
            else:
                tenant.mappings.delete(inputs.role_name)

    def _delete(self, tenant: TenantAccess, _id: str, _kept: Mapping[str, Any]) -> None:
        from .naming import naming_role

        with naming_role(_id):
            tenant.mappings.delete(_id)

    def _held(self, kept: Mapping[str, Any]) -> Iterable[Target]:
        if kept.get("role_name"):
            yield kept["role_name"]

    def _announce(self, tenant: TenantAccess) -> None:
        tenant.mappings.announce()


class RoleMapping(Resource, module="access", name="RoleMapping"):
    """The Talend roles that everybody gets whom the identity provider sends with one customer role.

    Its id is the customer role's name. Other mappings of the tenant are never touched.
    """

    role_name: pulumi.Output[str]
    roles: pulumi.Output[Sequence[str]]
    expires_at: pulumi.Output[str | None]
    adopt_existing: pulumi.Output[bool]

    def __init__(
        self,
        name: str,
        *,
        role_name: pulumi.Input[str],
        roles: pulumi.Input[Sequence[pulumi.Input[str]]],
        expires_at: pulumi.Input[str] | None = None,
        adopt_existing: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the mapping.

        `role_name` is one value of the SAML attribute `CustomerRoles` (no comma in it); `roles` are names of Talend roles, in
        any order. A customer role that is mapped already is an error, unless `adopt_existing` says to take it over: it is then
        mapped to `roles`. From `expires_at` on (date, time and zone, like 2027-01-31T18:00:00+01:00) the preview shows the
        mapping as ending, and the update removes it. Wrong inputs fail the preview.
        """
        super().__init__(
            RoleMappingProvider(),
            name,
            declared(
                "RoleMapping",
                name,
                opts,
                {
                    "role_name": role_name,
                    "roles": roles,
                    "expires_at": expires_at,
                    "adopt_existing": adopt_existing,
                },
            ),
            opts,
        )
