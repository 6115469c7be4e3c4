"""SSO role mappings: the documented calls, one method each.

API reference, "SSO Role Mapping"; user guide, "Mapping roles between SSO and Talend Cloud". There is no call that changes one
mapping and no version: how that is made safe is the business of `pulumi_talend.access`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from .errors import NotFoundError, UnexpectedAnswerError
from .models import RoleMapping
from .transport import Action, path_segment

if TYPE_CHECKING:
    from .client import TalendClient

_ONE = TypeAdapter(RoleMapping)
_MANY = TypeAdapter(list[RoleMapping])
_PATH = "/security/role-mappings"
_NEEDS = "TMC_SSO_MANAGEMENT"


class RoleMappingsApi:
    """The calls on role mappings. Every method raises ApiError, TransportError or CancelledError."""

    def __init__(self, client: TalendClient) -> None:
        self._client = client

    def list(self) -> list[RoleMapping]:
        """All role mappings of the tenant.

        Raises UnexpectedAnswerError where a name stands twice: such a list can be neither trusted nor written back.
        """
        action = Action("GET", _PATH, "read the tenant's role mappings", needs=_NEEDS)
        mappings = self._client.call_for(action, _MANY)
        names = [mapping.name for mapping in mappings]
        twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        if twice:
            raise UnexpectedAnswerError(
                f"Could not {action.doing}: the API lists '{self._client.quoted(twice[0])}' twice. Nothing was changed; "
                "remove one of the two in the console, then run again."
            )
        return mappings

    def get(self, name: str) -> RoleMapping | None:
        """One role mapping; None where there is none of that name (404)."""
        action = Action("GET", _path(name), f"read the role mapping '{name}'", needs=_NEEDS)
        try:
            return self._client.call_for(action, _ONE)
        except NotFoundError:
            return None

    def replace_all(self, mappings: Sequence[RoleMapping], *, at_once: bool = False) -> None:
        """Makes `mappings` the tenant's only ones: **every other is lost**. Not repeated where the answer is lost.

        Repeating it blindly could undo what somebody else wrote in between. So could sending it late: with `at_once` it does
        not wait for the rate limit or for a connection; then NotSentError or RateLimitedError say that nothing was done.
        """
        action = Action(
            "POST",
            _PATH,
            f"write the tenant's {len(mappings)} role mappings",
            needs=_NEEDS,
            hint="Check the names of the Talend roles and that no customer role has a comma in it.",
            repeatable=False,
            at_once=at_once,
            body=[mapping.as_json() for mapping in mappings],
        )
        self._client.call(action)

    def remove(self, name: str) -> None:
        """Removes one mapping. NotFoundError where there is none of that name."""
        self._client.call(Action("DELETE", _path(name), f"remove the role mapping '{name}'", needs=_NEEDS))

    def remove_all_and_disable(self) -> None:
        """Removes every mapping and **switches the role mapping feature off** for the whole tenant."""
        self._client.call(Action("DELETE", _PATH, "disable role mapping for the tenant", needs=_NEEDS))


def _path(name: str) -> str:
    return f"{_PATH}/{path_segment(name)}"
