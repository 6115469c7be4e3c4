"""SSO role mappings: one method for each documented operation.

API document "sso-role-mapping". No operation changes a single mapping, and mappings have no version: `pulumi_talend.access`
makes changes safe. The operation that removes all mappings switches the feature off; the client does not have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from ..errors import NotFoundError, UnexpectedResponseError
from .models import RoleMapping
from .operations import OPERATIONS
from .requests import Request

if TYPE_CHECKING:
    from .client import TalendClient

_ONE = TypeAdapter(RoleMapping)
_MANY = TypeAdapter(list[RoleMapping])


class RoleMappingsApi:
    """The calls on role mappings. Every method raises ApiError, TransportError or CancelledError."""

    def __init__(self, client: TalendClient) -> None:
        self._client = client

    def list(self) -> list[RoleMapping]:
        """Returns all role mappings of the tenant.

        Raises UnexpectedResponseError where a name is listed twice: such a list can neither be trusted nor written back.
        """
        request = Request(OPERATIONS["list_role_mappings"], "read the tenant's role mappings")
        mappings = self._client.call_for(request, _MANY)
        names: set[str] = set()
        for mapping in mappings:
            if mapping.name in names:
                raise UnexpectedResponseError(
                    f"the API lists '{self._client.quoted(mapping.name)}' twice",
                    subject=request.subject,
                    advice="Remove one of the two in the console, then run again.",
                )
            names.add(mapping.name)
        return mappings

    def get(self, name: str) -> RoleMapping | None:
        """Returns one role mapping; None where the name is not mapped (404)."""
        request = Request(OPERATIONS["get_role_mapping"], f"read the role mapping '{name}'", path_values=(name,))
        try:
            return self._client.call_for(request, _ONE)
        except NotFoundError:
            return None

    def replace_all(self, mappings: Sequence[RoleMapping], *, at_once: bool = False) -> None:
        """Makes `mappings` the tenant's only role mappings: **every other is lost**. Not repeated where the response is lost.

        Repeating it could undo what others have written since, and so could sending it late: with `at_once` it does not wait
        for the rate limit or for a connection; then NotSentError or RateLimitedError report that nothing was done.
        """
        request = Request(
            OPERATIONS["replace_role_mappings"],
            f"write the tenant's {len(mappings)} role mappings",
            body=[mapping.as_json() for mapping in mappings],
            advice="Check the names of the Talend roles, and that no customer role contains a comma.",
            at_once=at_once,
        )
        self._client.call(request)

    def remove(self, name: str) -> None:
        """Removes one mapping. Raises NotFoundError where the name is not mapped."""
        request = Request(OPERATIONS["delete_role_mapping"], f"remove the role mapping '{name}'", path_values=(name,))
        self._client.call(request)
