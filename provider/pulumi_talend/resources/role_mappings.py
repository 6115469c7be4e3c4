"""All role mappings of the tenant, as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import Resource

from .base import TalendProvider
from .claims import ALL_MAPPINGS, Claim
from .declaring import declared
from .reporting import say

if TYPE_CHECKING:
    from ..access import TenantAccess
    from ..access.journal import Target
    from ..api import Problem
    from .claims import Holder
    from .set_inputs import RoleMappingsInputs

RESOURCE_ID = "role-mappings"


class RoleMappingsProvider(TalendProvider["RoleMappingsInputs"]):
    """Manages all role mappings."""

    def _inputs_type(self) -> type[RoleMappingsInputs]:
        from .set_inputs import RoleMappingsInputs

        return RoleMappingsInputs

    def _resolve(self, _olds: Mapping[str, Any], inputs: RoleMappingsInputs) -> RoleMappingsInputs:
        return inputs.model_copy(update={"removes": None, "restores": None})

    def _claims(self, inputs: RoleMappingsInputs) -> Iterable[Claim]:
        yield Claim("all-mappings", ALL_MAPPINGS)
        for name in inputs.table:
            yield Claim("mapping", name, within=ALL_MAPPINGS)

    def _clash(self, claim: Claim, other: Holder) -> Problem:
        from ..api import Problem

        if claim.scope == "mapping":
            what = f"customer role '{claim.target}'"
        else:
            what = "all role mappings of the tenant" if other.whole else "role mappings"
        reason = (
            f"'{other.name}' speaks for {what} too, while this resource says that there are no others: keep one of them"
        )
        return Problem("mappings", reason)

    def _access_changed(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        return olds.get("mappings") != news.get("mappings") or self._is_foretold(news)

    def _refusals(self, tenant: TenantAccess, inputs: RoleMappingsInputs) -> list[Problem]:
        from ..access.names import unknown_roles
        from ..api import Problem
        from .fields import is_unknown

        wanted = {role for roles in inputs.table.values() if not is_unknown(roles) for role in roles}
        known = tenant.directory.roles.get_if_readable() if wanted else None
        return [Problem("mappings", reason) for reason in unknown_roles(wanted, known)] if known else []

    def _foretell(self, olds: Mapping[str, Any], inputs: RoleMappingsInputs) -> RoleMappingsInputs:
        from .fields import is_unknown
        from .foretelling import foretold_mappings

        if is_unknown(inputs.mappings):
            return inputs
        return foretold_mappings(self._tenant(), olds, inputs, most=self._most_removals, say=say)

    def _create(self, tenant: TenantAccess, inputs: RoleMappingsInputs) -> str:
        tenant.mappings.replace_all(inputs.wanted, seen=_shown({}, inputs))
        return RESOURCE_ID

    def _update(self, tenant: TenantAccess, _olds: Mapping[str, Any], inputs: RoleMappingsInputs) -> None:
        tenant.mappings.replace_all(inputs.wanted, seen=_shown(_olds, inputs))

    def _read(self, tenant: TenantAccess, _id: str, kept: Mapping[str, Any]) -> dict[str, Any] | None:
        held: Mapping[str, Any] = kept.get("mappings") or {}
        live = {name: tenant.mappings.read(name) for name in held}
        found = {name: sorted(roles) for name, roles in live.items() if roles is not None}
        return {
            **{name: value for name, value in kept.items() if name not in {"removes", "restores"}},
            "mappings": found,
        }

    def _delete(self, tenant: TenantAccess, _id: str, _kept: Mapping[str, Any]) -> None:
        held: Mapping[str, Any] = _kept.get("mappings") or {}
        tenant.mappings.delete_all(held)

    def _held(self, kept: Mapping[str, Any]) -> Iterable[Target]:
        yield from kept.get("mappings") or ()

    def _announce(self, tenant: TenantAccess) -> None:
        tenant.mappings.announce()


def _shown(olds: Mapping[str, Any], inputs: RoleMappingsInputs) -> dict[str, frozenset[str]]:
    """The mappings that whoever runs the update has been shown: those in state, and those to be removed."""
    shown: dict[str, Sequence[str]] = {**(olds.get("mappings") or {}), **(inputs.removes or {})}
    return {name: frozenset(roles) for name, roles in shown.items()}


class RoleMappings(Resource, module="access", name="RoleMappings"):
    """All role mappings of the tenant: those in `mappings`, and no others. One resource for a tenant.

    Mappings that the next update removes show in the preview as `removes`, what it gives back that was taken away by hand as
    `restores`; neither is part of the outputs. Every update is one call that replaces all mappings. Destroying the resource
    removes the mappings in it, and no others.
    """

    mappings: pulumi.Output[Mapping[str, Sequence[str]]]
    allow_disable: pulumi.Output[bool]
    allow_removals: pulumi.Output[bool | int]

    def __init__(
        self,
        name: str,
        *,
        mappings: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]],
        allow_disable: pulumi.Input[bool] = False,
        allow_removals: pulumi.Input[bool | int] = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares all role mappings: customer role (no comma in it) → names of Talend roles.

        An empty table, after which nobody who signs in by SSO has a role, is refused unless `allow_disable`.
        `allow_removals`: True, or how many customer roles may lose their mapping in one update; without it, one, or 30 % of
        those there are (`talend:maxRemovals` sets another limit for the stack).
        """
        super().__init__(
            RoleMappingsProvider(),
            name,
            declared(
                "RoleMappings",
                name,
                opts,
                {
                    "mappings": mappings,
                    "allow_disable": allow_disable,
                    "allow_removals": allow_removals,
                },
            ),
            opts,
        )
