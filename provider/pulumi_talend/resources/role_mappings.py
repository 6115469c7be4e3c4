"""All SSO role mappings of the tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from .program import TalendResource, short_stack_trace
from .recorded import forget_when_recorded


class RoleMappings(TalendResource, talend="RoleMappings"):
    """All role mappings of the tenant: those in `mappings`, and no others. One resource for a tenant.

    Mappings that the next update removes show in the preview as `removes`, what it restores as `restores`; neither is part of
    the outputs. Every update is one call that replaces all mappings. Destroying the resource removes the mappings in it, and
    no others.

    Attributes:
        mappings: Customer role → Talend roles.
        allow_empty: As given.
        max_removals: As given.
    """

    mappings: pulumi.Output[Mapping[str, Sequence[str]]]
    allow_empty: pulumi.Output[bool]
    max_removals: pulumi.Output[int | str | None]

    def __init__(
        self,
        name: str,
        *,
        mappings: pulumi.Input[Mapping[str, pulumi.Input[Sequence[pulumi.Input[str]]]]],
        allow_empty: pulumi.Input[bool] = False,
        max_removals: pulumi.Input[int | str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declares all role mappings. Inputs that are not valid fail the preview.

        Args:
            name: The resource's name in the program.
            mappings: Customer role (no comma in it) → names of Talend roles.
            allow_empty: Whether an empty table is meant, after which nobody who signs in by SSO has a role.
            max_removals: How many customer roles may lose their mapping in one update: a number, a share like "30%", or "all".
                Without it one, or the limit of the stack (`talend:maxRemovals`, 30 %).
            opts: Pulumi's resource options.
        """
        inputs = {"mappings": mappings, "allow_empty": allow_empty, "max_removals": max_removals}
        with short_stack_trace():
            super().__init__(*self._declaration(name, inputs, opts))
        forget_when_recorded(self)
