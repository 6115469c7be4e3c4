"""How the offline tenant answers: by the vendor's documents, unless a switch says otherwise.

Each field is one switch. Its default is what the OpenAPI documents say, or, where they are silent, the plainest reading.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ALL_PERMISSIONS = ("AUTHOR", "EXECUTE", "MANAGE", "PUBLISH", "VIEW")
"""The enumeration of workspace permissions in the documents."""

Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Behaviour(BaseModel):
    """The switches of an offline tenant.

    Immutable: `Tenant.set_behaviour(**changes)` puts a changed copy in its place.

    Raises:
        pydantic.ValidationError: for an unknown name or a value that is not one of the choices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    # --- workspace permissions

    write_status: Literal["documented", "200", "201", "204"] = "documented"
    """What a successful write of permissions answers: POST 201, PUT and batches 204, all without a body (documented);
    or this status always (200 and 201 with the permissions as the body)."""
    post_on_existing: Literal["409", "400", "merge", "replace"] = "409"
    """POST, also in a batch, for a principal who has permissions on the workspace already."""
    put_on_none: Literal["404", "done"] = "404"
    """PUT, also in a batch, for a principal who has none there: refused, or done as if it were a POST."""
    delete_on_none: Literal["404", "done"] = "404"
    """DELETE for a principal who has none there."""
    get_of_none: Literal["404", "empty"] = "404"
    """GET for a principal who has none there: 404, or 200 with an empty list of permissions."""
    empty_permissions: Literal["400", "done", "stays"] = "400"
    """POST or PUT of `[]`: refused; taken as "has none there"; or an empty record stays, which reads show with no
    permissions, POST answers as existing, PUT can fill, and DELETE does not find."""
    accept_object_bodies: bool = False
    """POST or PUT of `{"permissions": [...]}` counts as the bare list. Not the API's: for generic REST clients that
    send objects only."""
    permission_names: tuple[str, ...] = ALL_PERMISSIONS
    """The workspace permissions that the tenant knows; any other is answered 400."""
    manage: Literal["accepted", "refused", "dropped"] = "accepted"
    """What happens to MANAGE in a write: stored, answered 400, or left out without a word."""
    adds_view: bool = False
    """Whether the tenant adds VIEW to any other permission by itself."""
    engine_use_rule: Literal["documented", "has", "off"] = "documented"
    """Who may have EXECUTE and VIEW only: an account with TMC_ENGINE_USE and neither TMC_OPERATOR nor
    TMC_CONNECTION_RESOURCE_EDIT (documented); any account with TMC_ENGINE_USE; or nobody."""
    owner_rows: Literal["removable", "fixed"] = "removable"
    """Whether the permissions of a workspace's owner can be removed; fixed: 403."""
    gone_workspace: Literal["404", "403"] = "404"
    """What a call that names a workspace which does not exist is answered."""

    # --- batches

    batch_refusals: Literal["each", "all-rows", "whole"] = "each"
    """Members that are refused: the others are done, and the 207 lists the refused ones; or lists all members, each with a
    status; or nothing is done and the first refusal is the answer."""
    batch_unknown_id: Literal["404", "each"] = "404"
    """A member of an unknown workspace or principal: 404 for the whole batch, or a refused member."""
    batch_delete_on_none: Literal["done", "404"] = "done"
    """Batch DELETE for a pair of workspace and principal that has no permissions."""
    batch_delete_empty_list: Literal["all", "400"] = "all"
    """Batch DELETE without ids of principals (or of workspaces): means all of them (documented), or is refused."""
    batch_limit: Count | None = None
    """The most members of a batch (pairs, for DELETE); more are answered 400. None: no limit."""
    batch_only_first: Annotated[int, Field(ge=0)] | None = None
    """A lying batch: does only its first members, so many, and answers 204 as if all were done. None: an honest one."""
    query_arrays: Literal["repeated", "commas"] = "repeated"
    """Arrays in a query: repeated keys, so that `a,b` is one unknown id; or commas are split as well."""

    # --- role mappings

    empty_roles: Literal["400", "done"] = "400"
    """A role mapping whose `roles` is `[]`."""
    duplicate_mapping_names: Literal["400", "last"] = "400"
    """Two mappings of the same name in one POST: refused, or the last one wins."""
    mapping_names: Literal["kept", "lowercased"] = "kept"
    """Whether names of role mappings are stored as written, or in lower case and found in any case."""
    replace_mappings_answer: Literal["list", "one"] = "list"
    """What POST of all role mappings answers: all of them (the document's example) or one (the document's schema)."""

    # --- look-ups

    unknown_filter: Literal["404", "empty"] = "404"
    """A listing of permissions filtered by an id that does not exist."""
    fiql_comma: Literal["or", "and"] = "or"
    """What `,` between two clauses of a query means: FIQL says or; the document's example reads like and."""
    user_roles_as: Literal["objects", "names", "ids"] = "objects"
    """How a user's roles are listed: `roles` with id, name and permissions (as real answers do), `roles` with names only,
    or `roleIds` only (the document's schema)."""
    role_permissions: bool = True
    """Whether roles are listed with their TMC permissions."""
    lookup_rights: Literal["documented", "signed-in"] = "documented"
    """Who may look up workspaces, users, roles and groups: who has the right for it, or everybody with a valid token."""
    default_page_size: Annotated[int, Field(ge=1, le=100)] = 50
    """The page size where a paged call names none."""
    page_size_at_most: Count | None = None
    """The largest page that the tenant gives, whatever is asked for. None: as asked for."""
    page_headers: Literal["documented", "none"] = "documented"
    """Whether pages come with the documented headers."""

    # --- reads that lag behind writes

    listing_lag: Seconds = 0.0
    """Seconds by which listings of permissions lag behind writes."""
    read_lag: Seconds = 0.0
    """Seconds by which reads of one principal's permissions lag behind writes."""
    mapping_lag: Seconds = 0.0
    """Seconds by which reads of role mappings lag behind writes."""

    # --- limits and gateways

    rate_limit: tuple[Count, Annotated[float, Field(gt=0)]] | None = None
    """(calls, seconds): how many calls the tenant takes in a window of so many seconds. None: no limit."""
    rate_limited: Literal["documented", "all"] = "documented"
    """Which calls count and get 429: those for which it is documented (not those on permissions), or all."""
    reset_as: Literal["seconds", "epoch"] = "seconds"
    """`X-RateLimit-Reset`: seconds from now, or seconds since 1970."""
    retry_after: bool = False
    """Whether a 429 carries `Retry-After` (seconds)."""
    gateway_body_limit: Count | None = None
    """A gateway answers 413 with an HTML page where the body has more bytes. None: no limit."""
    gateway_url_limit: Count | None = None
    """A gateway answers 414 (or 431) with an HTML page where path and query have more bytes. None: no limit."""
    gateway_url_status: Literal["414", "431"] = "414"
    """What that gateway answers."""
    latency: Seconds = 0.0
    """Seconds each call waits before its work is done."""

    # --- tokens

    token_lifetime: Annotated[float, Field(gt=0)] = 1800.0
    """Seconds a service account's token is valid (help pages: 30 minutes)."""
    expires_in: Literal["text", "number", "none"] = "text"
    """How the token answer gives its lifetime: a text of seconds (documented), a number, or not at all."""
    oauth_rights: Literal["documented", "none"] = "documented"
    """What a service account needs to get a token: TMC_SERVICE_ACCOUNT_MANAGEMENT (documented), or nothing."""
    expected_audience: str | None = None
    """The `audience` the token call must name: None takes any, "url" wants the tenant's own URL, anything
    else is compared as it is."""

    def changed(self, **changes: Any) -> Behaviour:
        """A copy with these switches changed, validated. Raises `ValidationError` as the class does."""
        return Behaviour.model_validate({**self.model_dump(), **changes})
