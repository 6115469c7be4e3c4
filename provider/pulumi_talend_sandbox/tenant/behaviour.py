"""Every choice the vendor's documentation leaves open, in one place, so that a test can turn each of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ALL_PERMISSIONS = ("AUTHOR", "EXECUTE", "MANAGE", "PUBLISH", "VIEW")
"""The workspace permission names that occur in the vendor's documentation."""

OnExisting = Literal["400", "merge", "replace"]
OnNone = Literal["404", "done"]


class Behaviour(BaseModel):
    """How the offline tenant answers where the API's documentation is silent.

    Immutable: `Tenant.set_behaviour(**changes)` puts a changed copy in its place. Raises pydantic's
    `ValidationError` for an unknown name or a value that is none of the choices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    post_on_existing: OnExisting = "400"
    """POST for a principal who has permissions on the workspace already: refused, added to, or replaced."""
    put_on_none: OnNone = "404"
    """PUT for a principal who has none there: 404, or done as if it were a POST."""
    delete_on_none: OnNone = "404"
    """DELETE for a principal who has none there: 404, or 204."""
    get_of_none: Literal["404", "empty"] = "404"
    """GET for a principal who has none there: 404, or 200 with an empty list of permissions."""
    write_status: Literal["200", "201", "204"] = "200"
    """What a successful POST or PUT of permissions answers: the permission (200, 201), or nothing (204)."""
    empty_permissions: Literal["400", "done"] = "400"
    """POST or PUT of `[]`: refused, or taken as "has no permissions there"."""
    accept_object_bodies: bool = False
    """POST or PUT of `{"permissions": [...]}` counts as the bare list. Not the API's: for generic REST clients that can
    send objects only, so that they can be compared."""
    permission_names: tuple[str, ...] = ALL_PERMISSIONS
    """The workspace permission names the tenant knows; any other is answered 400."""
    engine_use_rule: Literal["has", "only"] = "has"
    """Whom the TMC_ENGINE_USE rule (EXECUTE and VIEW only) binds: whoever has that permission, or whoever
    has no other permission beside it."""

    batch_post_on_existing: OnExisting = "400"
    """Batch POST for a member who has permissions already."""
    batch_put_on_none: OnNone = "404"
    """Batch PUT for a member who has none."""
    batch_delete_on_none: OnNone = "done"
    """Batch DELETE where one pair of the cross product has none."""
    batch_partial: Literal["all-or-nothing", "partial"] = "all-or-nothing"
    """One bad member of a batch: nothing is done and its error is the answer, or the others are done and the
    answer is 207 with a status for each member."""
    batch_limit: Annotated[int, Field(ge=1)] | None = None
    """The most members one batch may have (pairs, for DELETE); more are answered 400. None: no limit."""

    include_service_accounts_in_listing: bool = False
    """Whether `GET /security/permissions` lists service accounts (with `serviceAccountId`) beside users."""
    unknown_filter: Literal["empty", "404"] = "empty"
    """`GET /security/permissions` and `/account/users` filtered by an id that does not exist."""

    empty_roles: Literal["400", "done"] = "400"
    """A role mapping whose `roles` is `[]`."""
    duplicate_mapping_names: Literal["400", "last"] = "400"
    """Two mappings of the same name in one POST: refused, or the last one wins."""
    mappings_when_disabled: Literal["empty", "404"] = "empty"
    """`GET /security/role-mappings` after the collection DELETE has switched the feature off."""

    user_roles_as: Literal["names", "objects"] = "names"
    """How a user's roles are listed: `["Operator"]`, or `[{"id": ..., "name": "Operator"}]`."""
    account_permissions_told: Literal["roles", "users", "nowhere"] = "roles"
    """Where the answer tells which TMC permissions a user has: on the roles, on the user, or not at all."""
    lookup_rights: Literal["signed-in", "documented"] = "signed-in"
    """Who may look up users, roles and groups: whoever has a valid token, or (as the API user guide says
    of a service account that lists users) only who has TMC_USER_MANAGEMENT; service accounts then need
    TMC_SERVICE_ACCOUNT_MANAGEMENT."""
    default_page_size: Annotated[int, Field(ge=1, le=100)] = 50
    """The page size where a paged call names none."""
    page_headers: Literal["flags", "numbers", "none"] = "flags"
    """`page-first` and `page-last` as `true`/`false`, as numbers of the first and last page, or no page
    headers at all."""
    page_total: Literal["pages", "items"] = "pages"
    """What the header `page-total` counts."""

    rate_limit: tuple[Annotated[int, Field(ge=1)], Annotated[float, Field(gt=0)]] | None = None
    """(calls, seconds): how many calls the tenant takes in a window of so many seconds. None: no limit."""
    reset_as: Literal["seconds", "epoch"] = "seconds"
    """`X-RateLimit-Reset`: seconds from now, or seconds since 1970."""
    retry_after: bool = False
    """Whether a 429 carries `Retry-After` (seconds)."""

    latency: Annotated[float, Field(ge=0)] = 0.0
    """Seconds each call waits before its work is done."""
    token_lifetime: Annotated[float, Field(gt=0)] = 1800.0
    """Seconds a service account's token is good for (documented: 30 minutes)."""
    token_response_has_expires_in: bool = True
    """Whether the token answer carries `expires_in`."""
    expected_audience: str | None = None
    """The `audience` the token call must name: None takes any, "url" wants the tenant's own URL, anything
    else is compared as it is."""

    def changed(self, **changes: Any) -> Behaviour:
        """A copy with these choices changed, validated. Raises `ValidationError` as the class does."""
        return Behaviour.model_validate({**self.model_dump(), **changes})
