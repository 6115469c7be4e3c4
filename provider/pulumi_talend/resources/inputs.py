"""The inputs of the resources, checked by pydantic: every reason at once, each with its property.

A value that is not known yet (an output of a resource to be created, while previewing) passes every check.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from pulumi.runtime.rpc import UNKNOWN
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler

from ..api import PERMISSIONS, GrantKey, Permissions, Principal, Problem

M = TypeVar("M", bound="Inputs")


def is_unknown(value: Any) -> bool:
    """Whether `value`, or something in it, is not known yet."""
    if isinstance(value, str):
        return value == UNKNOWN
    if isinstance(value, (list, tuple)):
        return any(is_unknown(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, Mapping):
        return any(is_unknown(item) for item in value.values())  # pyright: ignore[reportUnknownVariableType]
    return False


def _unknown_passes(value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
    return value if is_unknown(value) else handler(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {_kind(value)}")  # noqa: TRY004 - pydantic collects ValueErrors
    if not value.strip():
        raise ValueError("is blank")
    if not value.isprintable():
        raise ValueError("holds control characters; copy it again")
    return value


def _identifier(value: Any) -> str:
    text = _text(value)
    if text != text.strip() or "/" in text or any(character.isspace() for character in text):
        raise ValueError("is not an id: an id has no blanks and no '/'")
    if not any(character.isalnum() for character in text):
        raise ValueError("is not an id: an id has letters or digits")
    return text


def _customer_role(value: Any) -> str:
    text = _text(value)
    if "," in text:
        raise ValueError(
            "has a comma: the identity provider separates roles with commas, so this name can never match; "
            "write one RoleMapping for each role"
        )
    if not any(character.isalnum() for character in text):
        raise ValueError("has no letter or digit; write the role's name as the identity provider sends it")
    return text


def _kind(value: Any) -> str:
    names = {"bool": "true or false", "int": "a number", "float": "a number", "list": "a list", "dict": "an object"}
    name = type(value).__name__
    return names.get(name, name)


def _names(value: Any) -> list[str]:
    """A non-empty list of non-blank texts, sorted and each once: their order and repetition mean nothing."""
    if isinstance(value, str):
        raise ValueError(f'must be a list: write ["{value}"]')  # noqa: TRY004 - pydantic collects ValueErrors
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"must be a list of texts, not {_kind(value)}")  # noqa: TRY004 - as above
    items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
    if not items:
        raise ValueError("is empty: name at least one, or remove the resource")
    wrong = [item for item in items if not isinstance(item, str) or not item.strip() or not item.isprintable()]
    if wrong:
        raise ValueError(f"holds {wrong[0]!r}, which is no name")
    return sorted(set(items))


def _permissions(value: Any, info: ValidationInfo) -> list[str]:
    names = _names(value)
    context: dict[str, tuple[str, ...]] = info.context or {}
    allowed: tuple[str, ...] = (*PERMISSIONS, *context.get("extra_permissions", ()))
    wrong = [name for name in names if name not in allowed]
    if wrong:
        raise ValueError("; ".join(_no_permission(name, allowed) for name in wrong))
    return names


def _no_permission(name: str, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name.upper(), allowed, n=1, cutoff=0.6)
    guess = f", did you mean {near[0]}?" if near else ":"
    return f"no permission '{name}'{guess} permissions are {', '.join(allowed)} (more: talend:extraPermissions)"


Unknowable = WrapValidator(_unknown_passes)
Identifier = Annotated[str, BeforeValidator(_identifier), Unknowable]
CustomerRole = Annotated[str, BeforeValidator(_customer_role), Unknowable]
PermissionNames = Annotated[list[str], BeforeValidator(_permissions), Unknowable]
RoleNames = Annotated[list[str], BeforeValidator(_names), Unknowable]
Flag = Annotated[bool, Unknowable]


class Inputs(BaseModel):
    """Inputs of one resource. `identity` are the properties that make it another object when they change."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    identity: ClassVar[tuple[str, ...]] = ()
    sets: ClassVar[tuple[str, ...]] = ()

    def problems(self) -> list[Problem]:
        """What is wrong with the properties together."""
        return []

    def as_properties(self) -> dict[str, Any]:
        """As the engine keeps them: what is not set is left out, sets are sorted lists."""
        return {name: value for name, value in self if value is not None}


class WorkspacePermissionInputs(Inputs):
    """Who may do what on a workspace."""

    identity: ClassVar[tuple[str, ...]] = ("workspace_id", "user_id", "service_account_id")
    sets: ClassVar[tuple[str, ...]] = ("permissions",)

    workspace_id: Identifier
    user_id: Identifier | None = None
    service_account_id: Identifier | None = None
    permissions: PermissionNames
    adopt_existing: Flag = False

    def problems(self) -> list[Problem]:
        """Exactly one principal."""
        if self.user_id is not None and self.service_account_id is not None:
            reason = "set together with user_id; a grant is for one principal, so write two resources"
            return [Problem("service_account_id", reason)]
        if self.user_id is None and self.service_account_id is None:
            return [Problem("user_id", "not set: say who gets the permissions, with user_id or service_account_id")]
        return []

    @property
    def key(self) -> GrantKey:
        """What the grant is about. Only where nothing in it is unknown."""
        if self.user_id is not None:
            return GrantKey(self.workspace_id, Principal("users", self.user_id))
        if self.service_account_id is None:
            raise ValueError("a grant without a principal")
        return GrantKey(self.workspace_id, Principal("service-accounts", self.service_account_id))

    @property
    def permission_set(self) -> Permissions:
        """The permissions, order and duplicates gone."""
        return frozenset(self.permissions)


class RoleMappingInputs(Inputs):
    """What Talend roles a customer role stands for."""

    identity: ClassVar[tuple[str, ...]] = ("role_name",)
    sets: ClassVar[tuple[str, ...]] = ("roles",)

    role_name: CustomerRole
    roles: RoleNames
    adopt_existing: Flag = Field(default=False)

    @property
    def role_set(self) -> frozenset[str]:
        """The Talend roles, order and duplicates gone."""
        return frozenset(self.roles)


def parse(model: type[M], properties: Mapping[str, Any], *, extra_permissions: Iterable[str] = ()) -> M | list[Problem]:
    """`properties` as `model`, or everything that is wrong with them."""
    given = {name: value for name, value in properties.items() if value is not None}
    try:
        inputs = model.model_validate(given, context={"extra_permissions": tuple(extra_permissions)})
    except ValidationError as error:
        return [_problem(detail) for detail in error.errors(include_url=False)]
    return inputs.problems() or inputs


def _problem(detail: Any) -> Problem:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "missing":
        return Problem(name, "not set; it is required")
    return Problem(name, str(detail["msg"]).removeprefix("Value error, "))
