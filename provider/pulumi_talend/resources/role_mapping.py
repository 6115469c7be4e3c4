"""One SSO role mapping: the Talend roles of one customer role."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from .program import TalendResource, short_stack_trace
from .recorded import forget_when_recorded


class RoleMapping(TalendResource, talend="RoleMapping"):
    """The Talend roles of everybody who signs in with one customer role.

    Its id is the customer role's name. Other mappings of the tenant are never touched.

    Attributes:
        role_name: The customer role.
        roles: Sorted; empty once the mapping has ended.
        expires_at: End of the mapping.
        adopt_existing: As given.
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
        """Declares the mapping. Inputs that are not valid fail the preview.

        Args:
            name: The resource's name in the program.
            role_name: One value of the SAML attribute `CustomerRoles`; no comma in it.
            roles: Names of Talend roles, in any order.
            expires_at: End of the mapping, ISO 8601 with a zone, like 2027-01-31T18:00:00+01:00. From then on the preview shows
                it as ending, and the update removes it.
            adopt_existing: Whether to take over a customer role that is mapped already; otherwise that is an error.
            opts: Pulumi's resource options.
        """
        inputs = {"role_name": role_name, "roles": roles, "expires_at": expires_at, "adopt_existing": adopt_existing}
        with short_stack_trace():
            super().__init__(*self._declaration(name, inputs, opts))
        forget_when_recorded(self)
