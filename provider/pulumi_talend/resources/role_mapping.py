"""What Talend roles one customer role stands for when people sign in by SSO."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import Resource

from .base import TalendProvider
from .claims import DECLARATION, Claim, declaration

if TYPE_CHECKING:
    from ..access import TenantAccess
    from ..api import Problem
    from .inputs import RoleMappingInputs


class RoleMappingProvider(TalendProvider["RoleMappingInputs"]):
    """Manages one role mapping."""

    def _inputs_type(self) -> type[RoleMappingInputs]:
        from .inputs import RoleMappingInputs

        return RoleMappingInputs

    def _claims(self, inputs: RoleMappingInputs) -> Iterable[Claim]:
        from .inputs import is_unknown

        if not is_unknown(inputs.role_name):
            yield Claim("mapping", inputs.role_name)

    def _clash(self, claim: Claim, other: str) -> Problem:
        from ..api import Problem

        reason = f"'{other}' speaks for customer role '{claim.target}' too, and the two would undo each other: keep one of them"
        return Problem("role_name", reason)

    def _conflict(self, tenant: TenantAccess, inputs: RoleMappingInputs) -> Problem | None:
        from ..access.mappings import already_there
        from ..api import Problem

        existing = tenant.mappings.in_the_way(inputs.role_name)
        if existing is None or inputs.adopt_existing:
            return None
        return Problem("adopt_existing", already_there(inputs.role_name, existing))

    def _refusals(self, tenant: TenantAccess, inputs: RoleMappingInputs) -> list[Problem]:
        from ..access.names import unknown_roles
        from ..api import Problem
        from .inputs import is_unknown

        roles = None if is_unknown(inputs.roles) else tenant.directory.roles.get_if_readable()
        return [Problem("roles", reason) for reason in unknown_roles(inputs.roles, roles)] if roles else []

    def _create(self, tenant: TenantAccess, inputs: RoleMappingInputs) -> str:
        tenant.mappings.create(inputs.role_name, inputs.role_set, adopt=inputs.adopt_existing)
        return inputs.role_name

    def _read(self, tenant: TenantAccess, id_: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        roles = tenant.mappings.read(id_)
        if roles is None:
            return None
        return {"role_name": id_, "roles": sorted(roles), "adopt_existing": kept.get("adopt_existing", False)}

    def _update(self, tenant: TenantAccess, inputs: RoleMappingInputs) -> None:
        tenant.mappings.update(inputs.role_name, inputs.role_set)

    def _delete(self, tenant: TenantAccess, id_: str) -> None:
        tenant.mappings.delete(id_)

    def _announce(self, tenant: TenantAccess) -> None:
        tenant.mappings.announce()


class RoleMapping(Resource, module="access", name="RoleMapping"):
    """The Talend roles that everybody gets whom the identity provider sends with one customer role.

    Its id is the customer role's name. Other mappings of the tenant are never touched.
    """

    role_name: pulumi.Output[str]
    roles: pulumi.Output[Sequence[str]]
    adopt_existing: pulumi.Output[bool]

    def __init__(
        self,
        name: str,
        *,
        role_name: pulumi.Input[str],
        roles: pulumi.Input[Sequence[pulumi.Input[str]]],
        adopt_existing: pulumi.Input[bool] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares the mapping.

        `role_name` is one value of the SAML attribute `CustomerRoles` (no comma in it); `roles` are names of Talend roles, in
        any order. A customer role that is mapped already is an error, unless `adopt_existing` says to take it over: it is then
        mapped to `roles`. Wrong inputs fail the preview.
        """
        super().__init__(
            RoleMappingProvider(),
            name,
            {
                "role_name": role_name,
                "roles": roles,
                "adopt_existing": adopt_existing,
                DECLARATION: declaration("RoleMapping", name, opts),
            },
            opts,
        )
