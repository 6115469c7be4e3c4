"""The table as typed models, and its JSON Schema.

What can be written short (a bundle's name in place of an entry, a login in place of a member) is brought to one form here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, cast, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from ..model import fields, principals
from ..model.grants import PERMISSIONS

TEAM = "team:"
"""Before the name of a team where a principal could stand."""

_LOG_COMMAND = re.compile(r"##\w*\[")
_TEXT = {"type": "string", "minLength": 1}
_PERMISSIONS = {
    "anyOf": [_TEXT, {"type": "array", "items": _TEXT}],
    "examples": ["operator", list(PERMISSIONS)],
}


def _text(value: Any) -> str:
    if isinstance(value, (bool, int)):
        raise ValueError(f"must be text; write '{str(value).lower()}' in quotes")  # noqa: TRY004 - pydantic collects ValueErrors
    return _without_log_command(fields.name(value))


def _without_log_command(text: str) -> str:
    """Refuses what the log of a build obeys: resources are named by the table, and Pulumi prints them. Raises ValueError."""
    if _LOG_COMMAND.search(text):
        raise ValueError("has '##' before a bracket, which the logs of builds take for a command; rename it")
    return text


def _who(value: Any) -> str:
    written = _text(value)
    if not written.startswith(TEAM):
        principals.read(written)
    elif not written.removeprefix(TEAM).strip():
        raise ValueError(f"'{written}' names no team; write {TEAM}NAME")
    return written


def _principal(value: Any) -> str:
    written = _text(value)
    if written.startswith(TEAM):
        raise ValueError(f"a team cannot be in a team; write the people of '{written.removeprefix(TEAM)}' here")
    principals.read(written)
    return written


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _exclusive(value: Any) -> Any:
    if isinstance(value, bool) or value == "users":
        return value
    raise ValueError("must be true (nobody else has access), false (others may) or users (no other person has)")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("must be true or false")


def _bundle(value: Any) -> Any:
    return cast("object", value) if isinstance(value, dict) else {ANYWHERE: value}


Text = Annotated[str, BeforeValidator(_text), WithJsonSchema(_TEXT)]
Who = Annotated[str, BeforeValidator(_who), WithJsonSchema(_TEXT)]
PrincipalText = Annotated[str, BeforeValidator(_principal), WithJsonSchema(_TEXT)]
CustomerRole = Annotated[
    str, BeforeValidator(lambda value: _without_log_command(fields.customer_role(value))), WithJsonSchema(_TEXT)
]
Names = Annotated[list[Text], BeforeValidator(_as_list), WithJsonSchema(_PERMISSIONS)]
Exclusive = Annotated[bool | Literal["users"], BeforeValidator(_exclusive)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Removals = Annotated[int | str, BeforeValidator(fields.removal_allowance)]
Time = Annotated[
    str,
    BeforeValidator(fields.time_text),
    WithJsonSchema({"type": "string", "examples": ["2035-06-30T18:00:00+02:00"]}),
]


class Block(BaseModel):
    """A mapping in the table."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Notes(Block):
    """What is said about access for whoever reads it. It changes nobody's access."""

    reason: Text | None = Field(None, description="Why.")
    ticket: Text | None = Field(None, description="Where it was asked for.")
    owner: Text | None = Field(None, description="Who answers for it.")

    @property
    def notes(self) -> dict[str, str]:
        """What is said: reason, ticket, owner."""
        return {name: value for name in ("reason", "ticket", "owner") if (value := getattr(self, name)) is not None}


class Short(Notes):
    """A mapping that can be written short: as the value of its first field."""

    @classmethod
    def _short(cls) -> str:
        return next(name for name in cls.model_fields if name not in Notes.model_fields)

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, value: Any) -> Any:
        return cast("object", value) if isinstance(value, dict) else {cls._short(): value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The mapping, or its first field alone."""
        long = handler(core_schema)
        target = handler.resolve_ref_schema(long)
        short: Any = cast("dict[str, Any]", target["properties"])[cls._short()]
        alone = {
            key: part for key, part in cast("dict[str, Any]", short).items() if key not in {"title", "description"}
        }
        return {"anyOf": [alone, long]}


class Entry(Short):
    """What somebody may do. Short: the name of a bundle, or a list of bundles and permissions."""

    permissions: Names = Field(description="Bundles and permissions. An empty list in an override: no access there.")
    expires: Time | None = Field(None, description="End of the access, ISO 8601 with a zone.")


class Member(Short):
    """Who is in a team. Short: how the person or service account is written."""

    who: PrincipalText = Field(
        description="A login or e-mail address, service-account:NAME, user-id:ID or service-account-id:ID."
    )
    expires: Time | None = Field(None, description="End of the membership, ISO 8601 with a zone.")


class Team(Short):
    """People under a name. Short: the list of members."""

    members: list[Member] = Field(description="Who is in the team.")


class Part(Notes):
    """What a workspace and its overrides share."""

    id: Text | None = Field(None, description="Id of the workspace, where its name does not lead to it.")
    exclusive: Exclusive | None = Field(
        None, description="true: nobody else has access; false: others may; users: no other person has."
    )
    adopt_existing: Flag | None = Field(
        None, description="Where others may have access: take over what those in the table have already."
    )
    max_removals: Removals | None = Field(
        None, description='How many may lose all access in one update: a number, a share like "30%", or all.'
    )
    access: dict[Who, Entry] = Field(
        default_factory=dict[str, Entry], description="Who may do what: a principal or team:NAME → permissions."
    )


class Workspace(Part):
    """A workspace, in some or all environments."""

    environments: Names | None = Field(None, description="Where it exists; all environments where this is left out.")
    overrides: dict[Text, Part] = Field(
        default_factory=dict[str, Part], description="Environment → what is different there."
    )


class Mapping(Short):
    """The Talend roles of one customer role. Short: the list of roles."""

    roles: Names = Field(description="Names of Talend roles.")
    expires: Time | None = Field(None, description="End of the mapping, ISO 8601 with a zone.")


class RoleMappings(Block):
    """The SSO role mappings. They exist once in a tenant, so one environment's stack manages them."""

    environment: Text | None = Field(None, description="The environment whose stack manages them.")
    exclusive: Flag = Field(description="true: no other customer role is mapped; false: others may be.")
    adopt_existing: Flag | None = Field(None, description="Where others may be: take over what is mapped already.")
    allow_empty: Flag | None = Field(None, description="Whether no mapping at all is meant.")
    max_removals: Removals | None = Field(
        None, description='How many may lose their mapping in one update: a number, a share like "30%", or all.'
    )
    mappings: dict[CustomerRole, Mapping] = Field(
        default_factory=dict[str, Mapping], description="Customer role → Talend roles."
    )


ANYWHERE = ""
"""The environment of a bundle that means the same in all of them."""

_BundleKey = Annotated[str, BeforeValidator(lambda value: value if value == ANYWHERE else _text(value))]

Bundle = Annotated[
    dict[_BundleKey, Names],
    BeforeValidator(_bundle),
    WithJsonSchema(
        {
            "anyOf": [_PERMISSIONS, {"type": "object", "additionalProperties": _PERMISSIONS}],
            "description": "Permissions under a name; or, by environment, what it means there. Not named: nothing there.",
        }
    ),
]


class Table(Block):
    """Who may do what in Talend Cloud."""

    environments: Names = Field(
        default_factory=list[str], description="The environments that the table is about, by name."
    )
    exclusive: Exclusive | None = Field(None, description="What holds for workspaces that do not say it themselves.")
    adopt_existing: Flag | None = Field(None, description="Likewise, where others may have access.")
    max_removals: Removals | None = Field(None, description="Likewise.")
    extra_permissions: Names = Field(
        default_factory=list[str], description="Permissions beside Talend's five, as in talend:extraPermissions."
    )
    bundles: dict[Text, Bundle] = Field(
        default_factory=dict[str, "dict[str, list[str]]"], description="Permissions under a name."
    )
    teams: dict[Text, Team] = Field(default_factory=dict[str, Team], description="People under a name.")
    workspaces: dict[Text, Workspace] = Field(
        default_factory=dict[str, Workspace], description="Who has access to which workspace."
    )
    role_mappings: RoleMappings | None = Field(None, description="Talend roles of customer roles, for SSO.")


def table_schema() -> dict[str, Any]:
    """The JSON Schema of a table, for editors."""
    schema = _without_null(Table.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Talend access table"}


def _without_null(part: Any) -> Any:
    """A schema without what a model has beyond the file: null where something is left out, and titles that repeat names."""
    if isinstance(part, list):
        return [_without_null(item) for item in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return cast("object", part)
    entries = cast("dict[str, Any]", part)
    kept = {
        name: _without_null(value)
        for name, value in entries.items()
        if not (name == "title" and isinstance(value, str)) and not (name == "default" and not value)
    }
    choices: Any = kept.get("anyOf")
    if isinstance(choices, list):
        rest = [each for each in cast("list[Any]", choices) if each != {"type": "null"}]
        if len(rest) == 1:
            del kept["anyOf"]
            return {**cast("dict[str, Any]", rest[0]), **kept}
        kept["anyOf"] = rest
    return kept


def field_names(parts: Iterable[str | int]) -> list[str]:
    """The fields of the mapping at a path; empty where the path leads to none."""
    kind: Any = Table
    for part in parts:
        kind = _inside(kind, part)
    found = _block(kind)
    return list(found.model_fields) if found is not None else []


def _block(kind: Any) -> type[Block] | None:
    """The model in an annotation like `Block | None`."""
    if isinstance(kind, type) and get_origin(kind) is None:  # for Python 3.10, `dict[str, int]` is a type too
        return kind if issubclass(kind, Block) else None
    return next((found for each in _arguments(kind) if (found := _block(each)) is not None), None)


def _inside(kind: Any, part: str | int) -> Any:
    found = None if get_origin(kind) in (dict, list) else _block(kind)
    if found is not None:
        return found.model_fields[part].annotation if part in found.model_fields else None
    return (_arguments(kind) or (None,))[-1]


def _arguments(kind: Any) -> tuple[Any, ...]:
    return get_args(get_args(kind)[0]) if get_origin(kind) is Annotated else get_args(kind)
