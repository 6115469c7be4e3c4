"""The kinds of values that inputs are made of, each with its reasons for a refusal.

A value that is not known yet (an output of a resource to be created, while previewing) passes every check.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any

from pulumi.runtime.rpc import UNKNOWN
from pydantic import BeforeValidator, ValidationInfo, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler

from ..api import PERMISSIONS
from .expiry import moment


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


def text(value: Any) -> str:
    """`value` where it is printable text that is not blank. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {kind(value)}")  # noqa: TRY004 - pydantic collects ValueErrors
    if not value.strip():
        raise ValueError("is blank; write a name or an id, or leave it out")
    if not value.isprintable():
        raise ValueError("holds control characters; copy it again")
    return value


def name(value: Any) -> str:
    """`value` where it can be the name of something: no blanks around it. Raises ValueError."""
    if text(value) != value.strip():
        raise ValueError("has blanks around it; take them away")
    return value


def identifier(value: Any) -> str:
    """`value` where it can be an id. Raises ValueError."""
    checked = text(value)
    if checked != checked.strip() or "/" in checked or any(character.isspace() for character in checked):
        raise ValueError("is not an id: an id has no blanks and no '/'; copy it again")
    if not any(character.isalnum() for character in checked):
        raise ValueError("is not an id: an id has letters or digits; copy it again")
    return checked


def customer_role(value: Any) -> str:
    """`value` where it can be the name of a customer role. Raises ValueError."""
    checked = text(value)
    if "," in checked:
        raise ValueError(
            "has a comma: the identity provider separates roles with commas, so this name can never match; "
            "write one RoleMapping for each role"
        )
    if not any(character.isalnum() for character in checked):
        raise ValueError("has no letter or digit; write the role's name as the identity provider sends it")
    if any(step in {"", ".", ".."} for step in checked.split("/")):
        raise ValueError(
            "has an empty, '.' or '..' step between slashes, which could call another address of the API; rename it"
        )
    return checked


def kind(value: Any) -> str:
    """What `value` is, in words."""
    names = {"bool": "true or false", "int": "a number", "float": "a number", "list": "a list", "dict": "an object"}
    type_name = type(value).__name__
    return names.get(type_name, type_name)


def names(value: Any) -> list[str]:
    """A non-empty list of non-blank texts, sorted and each once: their order and repetition mean nothing."""
    if isinstance(value, str):
        raise ValueError(f'must be a list: write ["{value}"]')  # noqa: TRY004 - pydantic collects ValueErrors
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"must be a list of texts, not {kind(value)}")  # noqa: TRY004 - as above
    items: list[Any] = list(value)  # pyright: ignore[reportUnknownArgumentType]
    if not items:
        raise ValueError("is empty: name at least one, or remove the resource")
    wrong = [item for item in items if not isinstance(item, str) or not item.strip() or not item.isprintable()]
    if wrong:
        raise ValueError(f"holds {wrong[0]!r}, which is no name")
    return sorted(set(items))


def names_or_ended(value: Any, info: ValidationInfo) -> list[str]:
    """As `names`; empty where a check has found the access ended."""
    context: dict[str, Any] = info.context or {}
    return [] if value == [] and context.get("checked") else names(value)


def permission_names(value: Any, info: ValidationInfo) -> list[str]:
    """As `names_or_ended`, of workspace permissions only. Raises ValueError."""
    given = names_or_ended(value, info)
    context: dict[str, Any] = info.context or {}
    allowed: tuple[str, ...] = (*PERMISSIONS, *context.get("extra_permissions", ()))
    wrong = [name for name in given if name not in allowed]
    if wrong:
        raise ValueError("; ".join(_no_permission(name, allowed) for name in wrong))
    return given


def _no_permission(name: str, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name.upper(), allowed, n=1, cutoff=0.6)
    guess = f", did you mean {near[0]}?" if near else ":"
    return f"no permission '{name}'{guess} permissions are {', '.join(allowed)} (more: talend:extraPermissions)"


def moment_text(value: Any) -> str:
    """`value` where it says a moment, with its zone. Raises ValueError."""
    moment(value)
    return str(value)


Unknowable = WrapValidator(_unknown_passes)
Name = Annotated[str, BeforeValidator(name), Unknowable]
Identifier = Annotated[str, BeforeValidator(identifier), Unknowable]
CustomerRole = Annotated[str, BeforeValidator(customer_role), Unknowable]
PermissionNames = Annotated[list[str], BeforeValidator(permission_names), Unknowable]
RoleNames = Annotated[list[str], BeforeValidator(names_or_ended), Unknowable]
Moment = Annotated[str, BeforeValidator(moment_text), Unknowable]
Flag = Annotated[bool, Unknowable]
